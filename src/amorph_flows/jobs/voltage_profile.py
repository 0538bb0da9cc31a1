"""Voltages against the content of ions, from the energies of MD at each content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from ase import units
from pymatgen.core import Composition, Species, Structure
from scipy.special import stdtrit

from amorph_flows.analysis.steadiness import block_means, judge_energy
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.analysis.voltage import VoltageStep, voltage_profile
from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.binary import decode_array
from amorph_flows.errors import CalculationError
from amorph_flows.jobs.required import required
from amorph_flows.runtime.cpu_time import total_seconds
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.structure import StructureDoc
from amorph_flows.schemas.voltage import VoltageDoc
from amorph_flows.schemas.voltage_profile import (
    ContentEnergy,
    ProfileAtTemperature,
    VoltageProfileDoc,
    VoltageProfileVerdict,
)

_BLOCKS = 8
"""Blocks of time whose means give the error of an energy."""
MAX_HALF_WIDTH_V = 0.1
"""Half-width of the 95 % interval of a voltage, at most, to count as precise."""

_Run = LabelDoc | TrajectoryDoc


@stage_job(VoltageProfileDoc)
def collect_voltage_profile(
    ion: str,
    voltage: VoltageDoc,
    contents: Sequence[float],
    runs: Sequence[tuple[float, LabelDoc | TrajectoryDoc | None]],
    structure: StructureDoc | None = None,
) -> VoltageProfileDoc:
    """Return the voltages against the content of ions.

    The energy at a content is the mean over the second half of MD, less the ``3 (N - 1) k_B T / 2``
    that harmonic vibration has by equipartition, since the metal is at rest.

    Parameters
    ----------
    ion
        Such as ``"Mg2+"``.
    voltage
        The average voltages, whose metal is the reference.
    contents
        Ions per formula that there should be a run at.
    runs
        Temperature, K, and document of MD at each content, by the engine and with the potential;
        None stands for a run that failed.
    structure
        The comparison of the runs' structures, which says whether each is amorphous; None where
        it failed.

    Raises
    ------
    CalculationError
        If the metal has no energy, or every run failed.
    """
    if voltage.reference_energy_ev is None:
        raise CalculationError(
            f"the metal of {ion} has no energy; see the relaxation of the metal, which failed"
        )
    done = [(_source(run), temperature, run) for temperature, run in runs if run is not None]
    required(next(iter(done), None), "every run of MD")
    doubts = voltage.engine.verdicts("energies")
    amorphous = {
        document: sample.amorphous
        for sample in (structure.samples if structure else ())
        for document in sample.documents
        if sample.amorphous is not None
    }
    profiles = [
        _profile(
            *(ion, source, temperature),
            [run for *_, run in group],
            *(contents, voltage.reference_energy_ev, amorphous),
        )
        for (_, source, temperature), group in groupby(sorted(done, key=_place), key=_place)
    ]
    return VoltageProfileDoc(
        ion=ion,
        host=_host(done[0][-1], ion).reduced_formula,
        engine=voltage.engine,
        reference_energy_ev=voltage.reference_energy_ev,
        inputs_cpu_seconds=_cpu_seconds([run for *_, run in done], ion, max(contents)),
        profiles=[p.model_copy(update={"verdicts": [*doubts, *p.verdicts]}) for p in profiles],
    )


def _cpu_seconds(runs: Sequence[_Run], ion: str, highest: float) -> float | None:
    """Return the CPU time of the runs between the ends, which are runs of the study itself."""
    between = (run for run in runs if 0 < _n_per_formula(run, ion) < highest - 1e-6)
    return total_seconds(run.cpu_seconds for run in between)


def _n_per_formula(run: _Run, ion: str) -> float:
    """Return the ions for each formula of the host."""
    formulas = _host(run, ion).get_reduced_composition_and_factor()[1]
    return float(_structure(run).composition[Species.from_str(ion).symbol] / formulas)


def _source(run: _Run) -> str:
    return "MTP MD" if isinstance(run, TrajectoryDoc) else "engine MD"


def _place(run: tuple[str, float, _Run]) -> tuple[bool, str, float]:
    """Return source and temperature, which a profile has one of each of; the engine's first."""
    return run[0] == "MTP MD", *run[:2]


def _structure(run: _Run) -> Structure:
    return required(run.structure, "the last structure of engine MD")


def _host(run: _Run, ion: str) -> Composition:
    """Return the composition of a cell without its ions."""
    whole = _structure(run).composition
    return Composition({e: n for e, n in whole.items() if e.symbol != Species.from_str(ion).symbol})


def _energies(run: _Run) -> FloatArray:
    """Return the potential energy per atom of the frames of a run, eV."""
    if isinstance(run, TrajectoryDoc):
        return decode_array(run.curves["potential_energy_ev_atom"])
    return np.array([frame.energy_ev_atom for frame in run.frames])


def _content(run: _Run, ion: str, temperature_k: float) -> ContentEnergy:
    """Return the energy at the content of a run."""
    energies, structure = _energies(run), _structure(run)
    late = energies[len(energies) // 2 :]
    n_atoms = len(structure)
    formulas = _host(run, ion).get_reduced_composition_and_factor()[1]
    vibration = 1.5 * (n_atoms - 1) * units.kB * temperature_k
    half = None
    if len(late) >= 2 * _BLOCKS:
        error = float(np.std(block_means(late, _BLOCKS), ddof=1)) / _BLOCKS**0.5
        half = float(stdtrit(_BLOCKS - 1, 0.975)) * error * n_atoms / formulas
    return ContentEnergy(
        ions_per_formula=_n_per_formula(run, ion),
        energy_ev_formula=(float(late.mean()) * n_atoms - vibration) / formulas,
        half_width_ev_formula=half,
        n_frames=len(late),
        document=run.job_uuid,
    )


def _profile(
    ion: str,
    source: str,
    temperature_k: float,
    runs: list[_Run],
    contents: Sequence[float],
    metal_ev: float,
    amorphous: Mapping[str, Verdict],
) -> ProfileAtTemperature:
    runs = sorted(runs, key=lambda run: _n_per_formula(run, ion))
    found = [_content(run, ion, temperature_k) for run in runs]
    steps: Sequence[VoltageStep] = ()
    if len(found) > 1:
        profile = voltage_profile(
            [one.ions_per_formula for one in found],
            [one.energy_ev_formula for one in found],
            [
                np.nan if one.half_width_ev_formula is None else one.half_width_ev_formula
                for one in found
            ],
            metal_ev,
            Species.from_str(ion).oxi_state,
        )
        found = [
            one.model_copy(update={"above_hull_ev_formula": above})
            for one, above in zip(found, profile.above_hull_ev, strict=True)
        ]
        steps = profile.steps
    return ProfileAtTemperature.model_validate(
        {
            "structure_source": source,
            "temperature_k": temperature_k,
            "contents": found,
            "steps": list(steps),
            "verdicts": [
                _complete([one.ions_per_formula for one in found], contents),
                _precise(steps),
                *(
                    verdict
                    for run, one in zip(runs, found, strict=True)
                    for verdict in _of_run(run, one, temperature_k, amorphous.get(run.job_uuid))
                ),
            ],
        }
    )


def _complete(found: Sequence[float], asked: Sequence[float]) -> Verdict:
    """Return whether there is a run at each content."""
    missing = [x for x in asked if not np.any(np.isclose(found, x, atol=1e-6))]
    reason = f"MD ran at each of {len(asked)} contents"
    if missing:
        reason = f"MD failed at {', '.join(f'{x:g}' for x in missing)} ions per formula"
    answer = (
        VoltageProfileVerdict.CONTENTS_MISSING if missing else VoltageProfileVerdict.ALL_CONTENTS
    )
    return Verdict(
        question="every content there?",
        answer=answer,
        passed=not missing,
        scope="numerical",
        reason=reason,
    )


def _precise(steps: Sequence[VoltageStep]) -> Verdict:
    """Return whether the interval of every voltage is narrow and known."""
    widths = [(s.interval_v[1] - s.interval_v[0]) / 2 if s.interval_v else np.inf for s in steps]
    widest = max(widths, default=np.inf)
    precise = widest <= MAX_HALF_WIDTH_V
    reason = f"the widest 95 % interval is ± {widest:.3f} V (at most {MAX_HALF_WIDTH_V:g} V)"
    if not np.isfinite(widest):
        reason = f"an energy has no error: a run needs {4 * _BLOCKS} frames for one"
    answer = VoltageProfileVerdict.PRECISE if precise else VoltageProfileVerdict.IMPRECISE
    return Verdict(
        question="voltages precise?",
        answer=answer,
        passed=precise,
        scope="numerical",
        reason=reason,
        numbers={"half_width_v": widest} if np.isfinite(widest) else {},
        thresholds={"half_width_v": MAX_HALF_WIDTH_V},
    )


def _of_run(
    run: _Run, content: ContentEnergy, temperature_k: float, amorphous: Verdict | None
) -> list[Verdict]:
    """Return the verdicts on a run, each with the content that it is at."""
    place = f"{content.ions_per_formula:g} ions per formula"
    return [
        replace(verdict, reason=f"{place}: {verdict.reason}")
        for verdict in [
            judge_energy(_energies(run), temperature_k),
            *([amorphous] if amorphous else []),
            *run.verdicts,
        ]
    ]
