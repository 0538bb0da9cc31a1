"""The glass transition from the energy of a cooling run."""

from __future__ import annotations

import numpy as np
from jobflow import Job, Response
from pymatgen.core import Structure

from amorph_flows.analysis import fit_glass_transition
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.jobs.production_verdicts import judge_grades
from amorph_flows.lammps import NPT, LammpsMD, LammpsResult, run_lammps_md
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures.bare import bare_structure


@stage_job(GlassTransitionDoc)
def collect_glass_transition(
    temperatures_k: list[float],
    runs: list[LabelDoc | None],
    equilibration_share: float = 0.5,
) -> GlassTransitionDoc:
    """Return where the energy of a cooling run bends.

    Parameters
    ----------
    temperatures_k
        Of each run, K.
    runs
        Engine MD at each temperature; None stands for a job that failed, whose temperature is
        left out.
    equilibration_share
        First part of each that is not averaged over.

    Raises
    ------
    InputError
        If fewer than six temperatures are left.
    """
    left = [(t, run) for t, run in zip(temperatures_k, runs, strict=True) if run is not None]
    energies = [_mean_energy(run, equilibration_share) for _, run in left]
    lengths_fs = [run.n_steps * run.stage.time_step_fs for _, run in left if run.stage is not None]
    return _document([t for t, _ in left], energies, sum(lengths_fs[:-1]))


@stage_job(GlassTransitionDoc, kind="md")
def cool_with_potential(
    potential: PotentialDoc,
    structure: Structure,
    temperatures_k: list[float],
    md: LammpsMD,
    supercell: tuple[int, int, int],
    equilibration_fs: float = 0.0,
    grade: GradeSettings | None = None,
    prev_dir: str | None = None,
) -> GlassTransitionDoc | Response[Job]:
    """Cool a structure in one run of LAMMPS and return where its energy bends.

    Parameters
    ----------
    potential
        The potential, with its active set where the grade is to be watched.
    structure
        The cell to repeat.
    temperatures_k
        Of each stage, K.
    md
        The stages.
    supercell
        Repetitions along a, b and c.
    equilibration_fs
        First part of each stage that is not averaged over, fs.
    grade
        How often to grade and what counts as extrapolation; None does not grade, and the grade of
        a classical potential is not watched.
    prev_dir
        Folder of an earlier job whose run this one goes on with.
    """
    home = run_home(prev_dir)
    if potential.is_classical:
        grade = None
    cell = bare_structure(structure) * supercell
    result = run_lammps_md(cell, potential, md, home, grade, goes_on=prev_dir is not None)
    if not result.is_complete:
        rest = cool_with_potential(
            potential,
            structure,
            temperatures_k,
            md,
            supercell,
            equilibration_fs,
            grade,
            prev_dir=str(home),
        )
        return continued(rest)
    has_barostat = isinstance(md.stages[0], NPT)
    energies, volumes = [], []
    for index in range(len(md.stages)):
        thermo = result.thermo_of(index)
        values = thermo["potential_energy_ev"]
        if has_barostat:
            values = thermo["enthalpy_ev"] - thermo["kinetic_energy_ev"]
        late = thermo["time_fs"] - thermo["time_fs"][0] >= equilibration_fs
        energies.append(float(values[late].mean() / len(cell)))
        volumes.append(float(thermo["volume_a3"][late].mean() / len(cell)))
    document = _document(temperatures_k, energies, md.begins_fs(len(md.stages) - 1))
    watched = {
        **(_of_volume(temperatures_k, volumes) if has_barostat else {}),
        "directory": str(home),
        "max_grade": result.max_grade,
        "fraction_above_select": result.fraction_above_select,
        "inside": None if potential.is_classical else _inside(result, temperatures_k),
    }
    return document.model_copy(update=watched)


def _inside(result: LammpsResult, temperatures_k: list[float]) -> Verdict:
    where = f"from {temperatures_k[0]:g} to {temperatures_k[-1]:g} K"
    return judge_grades(result.fraction_above_select, result.max_grade, where)


def _of_volume(temperatures_k: list[float], volumes_a3_atom: list[float]) -> dict[str, object]:
    """Return what a document has of the volume: its transition and expansion coefficients."""
    found = fit_glass_transition(temperatures_k, volumes_a3_atom)
    return {
        "ensemble": "npt",
        "volumes_a3_atom": volumes_a3_atom,
        "volume_temperature_k": found.temperature_k,
        "volume_interval_k": found.interval_k,
        "volume_transition": found.transition,
        "glass_expansion_per_k": found.glass_slope / found.value,
        "liquid_expansion_per_k": found.liquid_slope / found.value,
    }


def _document(
    temperatures_k: list[float], energies_ev_atom: list[float], cooling_fs: float
) -> GlassTransitionDoc:
    document = GlassTransitionDoc.from_result(
        fit_glass_transition(temperatures_k, energies_ev_atom)
    )
    rate = (temperatures_k[0] - temperatures_k[-1]) / cooling_fs * 1e3 if cooling_fs else None
    return document.model_copy(
        update={
            "temperatures_k": temperatures_k,
            "energies_ev_atom": energies_ev_atom,
            "rate_k_per_ps": rate,
        }
    )


def _mean_energy(run: LabelDoc, equilibration_share: float) -> float:
    """Return the mean potential energy, eV/atom."""
    energies = [frame.energy_ev_atom for frame in run.frames]
    return float(np.mean(energies[int(equilibration_share * len(energies)) :]))
