"""Put together how ions move in several glasses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from amorph_flows.analysis import combine_samples
from amorph_flows.errors import CalculationError
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.combined import CombinedDoc
from amorph_flows.schemas.glass import RingSurroundingsDoc
from amorph_flows.schemas.ion_dynamics import (
    HeatedActivation,
    HeatedDiffusivity,
    Heating,
    IonDynamicsDoc,
)
from amorph_flows.schemas.transport import TransportAtTemperatureDoc, TransportDoc

_TWO_SIDED_95 = 1.959964

Key = tuple[Heating, str, int]
"""How a glass was heated, the species, and the number of the glass."""


@stage_job(IonDynamicsDoc)
def combine_ion_dynamics(
    keys: Sequence[Key],
    transports: Sequence[TransportDoc | None],
    rings: Sequence[RingSurroundingsDoc | None] = (),
) -> IonDynamicsDoc:
    """Return diffusivities and activation energies of several glasses.

    Parameters
    ----------
    keys
        Of each transport.
    transports
        None stands for one that failed.
    rings
        Surroundings of fast and slow ions; None for one that failed.

    Raises
    ------
    CalculationError
        If nothing diffused or all failed.
    """
    found = [(key, doc) for key, doc in zip(keys, transports, strict=True) if doc is not None]
    runs: dict[tuple[Heating, str, float], list[tuple[int, TransportAtTemperatureDoc]]]
    runs = defaultdict(list)
    energies: dict[tuple[Heating, str], list[tuple[int, float]]] = defaultdict(list)
    for (heating, species, glass), doc in found:
        for one in doc.temperatures:
            if one.tracer_diffusivity_cm2_s > 0:
                runs[heating, species, one.temperature_k].append((glass, one))
        if doc.activation_energy_ev is not None:
            energies[heating, species].append((glass, doc.activation_energy_ev))
    if not runs:
        raise CalculationError(
            f"none of {len(keys)} analyses has a diffusivity above zero; see their jobs"
        )
    return IonDynamicsDoc(
        species=list(dict.fromkeys(species for _, species, _ in keys)),
        n_glasses=len({glass for (_, _, glass), _ in found}),
        transport_uuids=[doc.job_uuid for _, doc in found],
        ring_uuids=[doc.job_uuid for doc in rings if doc is not None],
        tracer_diffusivities=[
            HeatedDiffusivity(
                heating=heating,
                species=species,
                temperature_k=temperature,
                cm2_s=_diffusivity(group),
                n_believed=sum(one.believable for _, one in group),
                doubts=list(
                    {
                        verdict.question: verdict
                        for _, one in reversed(group)
                        for verdict in one.verdicts
                        if not verdict.passed
                    }.values()
                ),
            )
            for (heating, species, temperature), group in runs.items()
        ],
        activation_energies=[
            HeatedActivation(
                heating=heating,
                species=species,
                ev=CombinedDoc.from_result(
                    combine_samples([e for _, e in group], None, [glass for glass, _ in group])
                ),
            )
            for (heating, species), group in energies.items()
        ],
    )


def _diffusivity(group: Sequence[tuple[int, TransportAtTemperatureDoc]]) -> CombinedDoc:
    """Return the geometric mean of glasses, cm²/s."""
    errors = [_error(*one.tracer_diffusivity_interval_cm2_s) for _, one in group]
    values = [one.tracer_diffusivity_cm2_s for _, one in group]
    return CombinedDoc.from_result(
        combine_samples(values, errors, [glass for glass, _ in group], log=True)
    )


def _error(low: float, high: float) -> float | None:
    """Return the standard error that an interval stands for; None where it has no end."""
    error = (high - low) / 2 / _TWO_SIDED_95
    return error if 0 < error < float("inf") else None
