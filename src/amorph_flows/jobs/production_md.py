"""Run MD with a potential, long and large."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from math import isfinite
from typing import Literal

import numpy as np
from ase import units
from jobflow import Job, Maker, Response
from pymatgen.core import Structure

from amorph_flows.analysis.pressure import MeanPressure, mean_pressure
from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.binary import encode_array
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.jobs.fields import (
    require_at_least_one,
    require_not_negative,
    require_positive,
    valid_settings,
)
from amorph_flows.jobs.goal import extension_of, goal_in_words, judge_goal
from amorph_flows.jobs.production_extension import SpentInFolder
from amorph_flows.jobs.production_goal import check_ion, check_until, standing
from amorph_flows.jobs.production_verdicts import judge_production
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.jobs.trajectories import judge_held
from amorph_flows.lammps import (
    NPT,
    NVE,
    NVT,
    Deform,
    LammpsMD,
    Minimise,
    check_lammps,
    load_trajectory,
    partial_result,
    run_lammps_md,
)
from amorph_flows.lammps.stages import Dynamics
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.progress import report_goal
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import ProductionUntil, TrajectoryDoc
from amorph_flows.structures.bare import bare_structure


@dataclass
class ProductionMDMaker(Maker):
    """Run LAMMPS: NVE with Langevin to equilibrate, then NVT or NPT by Nosé-Hoover chains.

    Before NPT the second half of the equilibration is NPT too, so that the volume has settled.

    Parameters
    ----------
    name
        Name of the jobs.
    supercell
        Repetitions of the cell along a, b and c.
    glass
        What a study runs it in: ``"copy"``, that many copies of the cell that the engine quenched,
        or ``"quenched"``, a cell as large that is molten and quenched with the potential
        (`amorph_flows.flows.LargeGlassMaker`).
    time_step_fs
        Time step, fs.
    equilibration_fs, production_fs
        Lengths of the two parts, fs; of the second at first, where ``until`` makes it longer.
    until
        What a run is to reach, and its budget: it is made longer, in the same folder, until it
        does or the budget is used up. By default it is as long as asked and no longer.
    damping_fs
        Damping time of both thermostats, fs.
    ensemble
        Of the second part: ``"nvt"``, or ``"npt"`` where the volume is not known.
    pressure_gpa
        Of ``"npt"``, GPa.
    frame_stride
        Steps between frames of the trajectory.
    thermo_stride
        Steps between energies, pressures and stresses; None: `frame_stride`. A viscosity
        (`amorph_flows.jobs.viscosity.find_viscosity`) needs some 5 to 20 fs.
    grade_every
        Steps between extrapolation grades; 0 does not watch them. A classical potential has
        none.
    grade_select
        Grade above which a step counts as extrapolating.
    seed
        Seed that the velocities of each run derive from.
    """

    name: str = "production MD"
    supercell: tuple[int, int, int] = (2, 2, 2)
    glass: Literal["copy", "quenched"] = "copy"
    time_step_fs: float = 2.0
    equilibration_fs: float = 50_000.0
    production_fs: float = 4_000_000.0
    damping_fs: float = 200.0
    ensemble: Literal["nvt", "npt"] = "nvt"
    pressure_gpa: float = 0.0
    frame_stride: int = 500
    thermo_stride: int | None = None
    grade_every: int = 100
    grade_select: float = 2.0
    seed: int = 0
    until: ProductionUntil = field(default_factory=ProductionUntil)

    def check(self, structure: Structure) -> None:
        """Refuse settings with which no run could be made.

        Parameters
        ----------
        structure
            The cell to repeat, or one as large.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or LAMMPS cannot be run.
        """
        if len(self.supercell) != 3 or min(self.supercell) < 1:
            raise InputError(f"supercell is {self.supercell}; give three numbers of at least 1")
        require_positive(
            time_step_fs=self.time_step_fs,
            production_fs=self.production_fs,
            damping_fs=self.damping_fs,
        )
        require_not_negative(equilibration_fs=self.equilibration_fs, grade_every=self.grade_every)
        require_at_least_one(frame_stride=self.frame_stride)
        if not self.grade_select > 0:
            raise InputError(f"grade_select is {self.grade_select:g}; give more than 0")
        if self.glass not in ("copy", "quenched"):
            raise InputError(f"glass is {self.glass!r}; give 'copy' or 'quenched'")
        if self.ensemble not in ("nvt", "npt"):
            raise InputError(f"ensemble is {self.ensemble!r}; give 'nvt' or 'npt'")
        if not isfinite(self.pressure_gpa):
            raise InputError(f"pressure_gpa is {self.pressure_gpa}; give a finite number")
        if self.pressure_gpa and self.ensemble == "nvt":
            raise InputError(
                f"pressure_gpa is {self.pressure_gpa:g}, but ensemble is 'nvt', which has no "
                "barostat; set ensemble to 'npt'"
            )
        check_until(self.until, self.production_fs)
        with valid_settings():
            self.md(300.0, "")
        check_lammps()

    def make(
        self,
        potential: PotentialDoc,
        structure: Structure,
        temperature_k: float,
        label: str = "",
        start: str = "given",
    ) -> Job:
        """Return the job; its output is a `TrajectoryDoc`.

        Parameters
        ----------
        potential
            The potential, or a reference to it.
        structure
            The cell to repeat, or a reference to it.
        temperature_k
            Temperature, K.
        label
            What is run, such as ``"MgV2O5"``.
        start
            Where the structure came from, for the record.
        """
        return self.of_glass(potential, structure, temperature_k, label, start, None)

    def of_glass(
        self,
        potential: PotentialDoc,
        structure: Structure,
        temperature_k: float,
        label: str,
        start: str,
        crystal: Structure | None,
    ) -> Job:
        """Return the job in a glass whose crystal is known; its output is a `TrajectoryDoc`.

        Parameters
        ----------
        potential
            The potential, or a reference to it.
        structure
            The cell to repeat, or a reference to it.
        temperature_k
            Temperature, K.
        label
            What is run, such as ``"MgV2O5"``.
        start
            Where the structure came from, for the record.
        crystal
            What the structure is a glass of, or a reference to it, for the verdict *amorphous?*;
            None does not judge it.
        """
        job = run_production(
            potential,
            structure,
            temperature_k,
            self.md(temperature_k, label),
            self.supercell,
            start,
            grade=self.grade(),
            until=self.until if self.until.is_set else None,
            crystal=crystal,
        )
        job.name = f"{self.name} {label} {temperature_k:g} K"
        return job

    def md(self, temperature_k: float, label: str) -> LammpsMD:
        """Return the settings of the LAMMPS run at a temperature.

        Parameters
        ----------
        temperature_k
            Temperature, K.
        label
            What is run; enters the seed.
        """
        return LammpsMD.held(
            temperature_k,
            self.production_fs,
            equilibration_fs=self.equilibration_fs,
            ensemble=self.ensemble,
            pressure_gpa=self.pressure_gpa,
            time_step_fs=self.time_step_fs,
            damping_fs=self.damping_fs,
            frame_stride=self.frame_stride,
            thermo_stride=self.frame_stride if self.thermo_stride is None else self.thermo_stride,
            seed=seed_of(self.seed, self.name, label, temperature_k),
        )

    def grade(self) -> GradeSettings | None:
        """Return how the grade is watched; it never stops a production run."""
        return GradeSettings.watched(self.grade_every, self.grade_select)


@stage_job(TrajectoryDoc)
def run_production(
    potential: PotentialDoc,
    structure: Structure,
    temperature_k: float,
    md: LammpsMD,
    supercell: tuple[int, int, int],
    start: str,
    grade: GradeSettings | None = None,
    until: ProductionUntil | None = None,
    prev_dir: str | None = None,
    crystal: Structure | None = None,
) -> TrajectoryDoc | Response[Job]:
    """Run MD in a supercell; the grade is watched and never stops the run.

    A run that its queue job is too short for goes on in a new job, and so does one that ended
    without having reached its goal; the pieces are one trajectory in one folder.

    A run that fails on the way, such as one whose atoms fly apart, is documented up to there and
    never complete.

    Parameters
    ----------
    potential
        The potential, with its active set where the grade is to be watched; the grade of a
        classical one is not.
    structure
        The cell to repeat.
    temperature_k
        Temperature, K.
    md
        Stages of the run; the last one is production, those before it equilibrate.
    supercell
        Repetitions along a, b and c.
    start
        Where the structure came from, for the record.
    grade
        How often to grade and what counts as extrapolation; None does not grade.
    until
        What the run is to reach, and its budget; None: it is as long as asked.
    prev_dir
        Folder of an earlier job whose run this one goes on with.
    crystal
        What it is a glass of, for the verdict *amorphous?*; None does not judge it.
    """
    home = run_home(prev_dir)
    if potential.is_classical:
        grade = None
    cell = bare_structure(structure) * supercell
    rest = partial(
        run_production,
        *(potential, structure, temperature_k, md, supercell, start, grade, until),
        crystal=crystal,
    )
    production, spent, failure = _dynamics(md), SpentInFolder(), ""
    if until is not None:
        check_ion(until, {site.specie.symbol for site in cell})
        spent = SpentInFolder.read(home)
        md = md.lasting(spent.length_fs(production.duration_fs))
        production = _dynamics(md)
    try:
        with nullcontext() if until is None else spent.counted(home, until):
            result = run_lammps_md(cell, potential, md, home, grade, goes_on=prev_dir is not None)
    except CalculationError as error:
        so_far = partial_result(cell, potential, md, home, grade)
        if so_far is None:
            raise
        result, failure = so_far, str(error)
    if not result.is_complete:
        return continued(rest(prev_dir=str(home)))
    formula = structure.composition.reduced_formula
    begins_fs = md.begins_fs(len(md.stages) - 1)
    thermo = result.thermo_of(len(md.stages) - 1)
    pressure = _mean_pressure(thermo)
    doc = TrajectoryDoc(
        run=f"{formula} {temperature_k:g} K {potential.method} MD",
        formula=formula,
        temperature_k=temperature_k,
        potential_uuid=potential.job_uuid,
        start=start,
        n_atoms=len(cell),
        time_step_fs=production.time_step_fs,
        equilibration_fs=begins_fs,
        production_fs=max(0.0, result.reached_fs - begins_fs),
        asked_fs=production.duration_fs,
        ensemble=production.kind,
        asked_pressure_gpa=_asked_gpa(production),
        seed=md.seed,
        pieces=list(result.pieces),
        directory=str(home),
        cpu_seconds=None if until is None else spent.core_hours * 3600,
        extensions=spent.extensions,
        failure=failure,
        trajectory=result.trajectory,
        structure=result.structure,
        mean_temperature_k=float(thermo["temperature_k"].mean()),
        mean_energy_ev_atom=float(thermo["potential_energy_ev"].mean() / len(cell)),
        mean_pressure_gpa=pressure.gpa,
        pressure_standard_error_gpa=pressure.standard_error_gpa,
        mean_density_g_cm3=float(thermo["density_g_cm3"].mean()),
        mean_volume_a3=float(thermo["volume_a3"].mean()),
        max_grade=result.max_grade,
        fraction_above_select=result.fraction_above_select,
        curves=_curves(thermo, begins_fs, len(cell)),
    )
    doc = doc.model_copy(update={"verdicts": judge_production(doc, cell, potential)})
    if until is None:
        return _with_glass_judged(doc, crystal)
    now, took, failed = standing(until, doc), spent.spent(doc), bool(doc.failure)
    longer = None
    if not (now.passed or failed):
        longer = extension_of(until, now, took, _unit_fs(production))
    if longer is not None:
        spent.extended(longer).write(home)
        return continued(rest(prev_dir=str(home)))
    verdict = judge_goal(until, now, took, doc.temperature_k, failed=failed)
    report_goal(f"{goal_in_words(until)}: {verdict.reason}", verdict.passed)
    doc = _with_glass_judged(doc, crystal)
    return doc.model_copy(update={"verdicts": [*doc.verdicts, verdict]})


def _with_glass_judged(doc: TrajectoryDoc, crystal: Structure | None) -> TrajectoryDoc:
    """Return a run with *amorphous?* among its verdicts, where it is a glass of a crystal."""
    if crystal is None or doc.failure or not doc.trajectory.n_frames:
        return doc
    verdict = judge_held(load_trajectory(doc.trajectory, doc.temperature_k), crystal)
    return doc.model_copy(update={"verdicts": [*doc.verdicts, verdict]})


def _dynamics(md: LammpsMD) -> NVE | NVT | NPT | Deform:
    """Return the last stage, which is production."""
    production = md.stages[-1]
    if isinstance(production, Minimise):
        raise InputError("the last stage is a minimisation; production ends with MD")
    return production


def _unit_fs(production: Dynamics) -> float:
    """Return the time between two frames, fs."""
    return (production.frame_stride or 1) * production.time_step_fs


def _mean_pressure(thermo: dict[str, FloatArray]) -> MeanPressure:
    """Return the mean pressure, not known where it holds the motion of the atoms alone."""
    measured = thermo["pressure_gpa"]
    motion = 2 * thermo["kinetic_energy_ev"] / (3 * thermo["volume_a3"]) / units.GPa
    if np.allclose(measured, motion, rtol=1e-4, atol=0):  # a calculator without stress
        return MeanPressure(None, None)
    return mean_pressure(measured)


def _asked_gpa(production: Dynamics) -> float:
    """Return the mean pressure that a stage asks for, GPa; without a barostat it should be 0."""
    if isinstance(production, NPT):
        return (production.pressure_gpa + production.last_pressure_gpa) / 2
    return 0.0


def _curves(thermo: dict[str, FloatArray], begins_fs: float, n_atoms: int) -> dict[str, object]:
    kept = ("temperature_k", "pressure_gpa", "volume_a3", "density_g_cm3")
    curves = {name: thermo[name] for name in (*kept, "pressure_tensor_gpa", "cells_a")}
    curves |= {
        "time_fs": thermo["time_fs"] - begins_fs,
        "potential_energy_ev_atom": thermo["potential_energy_ev"] / n_atoms,
        "enthalpy_ev_atom": thermo["enthalpy_ev"] / n_atoms,
    }
    return {name: encode_array(values) for name, values in curves.items()}
