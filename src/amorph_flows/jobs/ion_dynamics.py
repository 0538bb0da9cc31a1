"""Fast and slow ions of a run, and how ions move in several glasses together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from amorph_flows.analysis import (
    combine_samples,
    mobility_groups,
    ranked_paths,
    ring_surroundings,
)
from amorph_flows.analysis.verdict import Verdict, first_failed
from amorph_flows.errors import CalculationError
from amorph_flows.jobs.md_goal import VOLUME
from amorph_flows.jobs.required import required
from amorph_flows.lammps import load_trajectory
from amorph_flows.runtime.cpu_time import cpu_seconds_of
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.combined import CombinedDoc
from amorph_flows.schemas.glass import RingSurroundingsDoc
from amorph_flows.schemas.ion_dynamics import (
    HeatedActivation,
    HeatedDiffusivity,
    Heating,
    IonDynamicsDoc,
)
from amorph_flows.schemas.ion_mobility import IonMobilityDoc, RankedPathDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.transport import TransportAtTemperatureDoc, TransportDoc
from amorph_flows.structures.ions import anion_among, parse_ion

_TWO_SIDED_95 = 1.959964
_N_BINS = 60
"""Of g(r) around the quarter of the ions, which are few."""

Key = tuple[Heating, str, int]
"""How a glass was heated, the species, and the number of the glass."""


@stage_job(IonMobilityDoc)
def describe_mobility(
    run: TrajectoryDoc | None, ion: str, lag_fs: float, backbone: Sequence[str] = ()
) -> IonMobilityDoc:
    """Return the fast and the slow ions of a production run, and what surrounds them.

    Parameters
    ----------
    run
        Production MD.
    ion
        Such as ``"Na+"``.
    lag_fs
        Time of the displacement that ions are ranked by, fs; a quarter of the run at most.
    backbone
        The cations of the network, such as P and Fe, among whose rings they are looked for; none:
        they are not.

    Raises
    ------
    CalculationError
        If the run failed.
    InputError
        If there are fewer than four ions, or the network has no ring.
    """
    run = required(run, "the production run")
    trajectory = load_trajectory(run.trajectory, run.temperature_k)
    symbol = parse_ion(ion).symbol
    lag_fs = min(lag_fs, (trajectory.n_frames - 1) * trajectory.frame_spacing_fs / 4)
    groups = mobility_groups(trajectory, symbol, lag_fs, n_bins=_N_BINS)
    rings = None
    if backbone:
        anion = anion_among(run.trajectory.species)
        found = ring_surroundings(trajectory, symbol, lag_fs, backbone, anion, n_bins=_N_BINS)
        rings = RingSurroundingsDoc.from_result(found)
    return IonMobilityDoc(
        temperature_k=run.temperature_k,
        ion=symbol,
        lag_fs=groups.lag_fs,
        origin_fs=groups.origin_fs,
        squared_displacement_a2=groups.squared_displacement_a2,
        distances_a=groups.distances_a,
        partial={"-".join(pair): curve for pair, curve in groups.partial.items()},
        neighbours={"-".join(pair): number for pair, number in groups.neighbours.items()},
        cutoff_a=groups.cutoff_a,
        n_frames=groups.n_frames,
        fast_time_fs=groups.persistence.fast_time_fs,
        paths=[RankedPathDoc.from_result(p) for p in ranked_paths(trajectory, symbol, lag_fs)],
        rings=rings,
    )


@stage_job(IonDynamicsDoc)
def combine_ion_dynamics(
    keys: Sequence[Key],
    transports: Sequence[TransportDoc | None],
    mobility: Sequence[IonMobilityDoc | None],
    runs: Sequence[Sequence[TrajectoryDoc | None]],
) -> IonDynamicsDoc:
    """Return diffusivities and activation energies of several glasses.

    Parameters
    ----------
    keys
        Of each transport.
    transports
        None stands for one that failed.
    mobility
        Fast and slow ions of each heating and glass, in the order of the keys; None for a job that
        failed.
    runs
        What each transport was analysed from.

    Raises
    ------
    CalculationError
        If nothing diffused or all failed.
    """
    found = [(key, doc) for key, doc in zip(keys, transports, strict=True) if doc is not None]
    of_glasses = dict.fromkeys((heating, glass) for heating, _, glass in keys)
    ranked = [
        (key, doc.job_uuid)
        for key, doc in zip(of_glasses, mobility, strict=True)
        if doc is not None
    ]
    points: dict[tuple[Heating, str, float], list[tuple[int, TransportAtTemperatureDoc]]]
    points = defaultdict(list)
    energies: dict[tuple[Heating, str], list[tuple[int, float]]] = defaultdict(list)
    for (heating, species, glass), doc in found:
        for one in doc.temperatures:
            if one.tracer_diffusivity_cm2_s > 0:
                points[heating, species, one.temperature_k].append((glass, one))
        if doc.activation_energy_ev is not None:
            energies[heating, species].append((glass, doc.activation_energy_ev))
    if not points:
        raise CalculationError(
            f"none of {len(keys)} analyses has a diffusivity above zero; see their jobs"
        )
    return IonDynamicsDoc(
        species=list(dict.fromkeys(species for _, species, _ in keys)),
        n_glasses=len({glass for (_, _, glass), _ in found}),
        transport_uuids=[doc.job_uuid for _, doc in found],
        transport_keys=[key for key, _ in found],
        mobility_uuids=[uuid for _, uuid in ranked],
        mobility_keys=[key for key, _ in ranked],
        inputs_cpu_seconds=cpu_seconds_of(
            {run.job_uuid: run for of_key in runs for run in of_key if run is not None}.values()
        ),
        tracer_diffusivities=[
            HeatedDiffusivity(
                heating=heating,
                species=species,
                temperature_k=temperature,
                cm2_s=_diffusivity(group),
                n_believed=sum(one.believable for _, one in group),
                doubts=[
                    verdict
                    for verdict in first_failed(
                        [
                            *(verdict for _, one in group for verdict in one.verdicts),
                            *_of_runs(keys, runs, heating, species, temperature),
                        ]
                    )
                    if not verdict.passed
                ],
            )
            for (heating, species, temperature), group in points.items()
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


def _of_runs(
    keys: Sequence[Key],
    runs: Sequence[Sequence[TrajectoryDoc | None]],
    heating: Heating,
    species: str,
    temperature_k: float,
) -> list[Verdict]:
    """Return the verdicts on the runs behind a diffusivity.

    A glass that is heated at its volume has the pressure that its heat gives it.
    """
    return [
        verdict
        for key, of_key in zip(keys, runs, strict=True)
        if key[:2] == (heating, species)
        for run in of_key
        if run is not None and run.temperature_k == temperature_k
        for verdict in run.verdicts
        if heating == "npt" or verdict.question != VOLUME
    ]


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
