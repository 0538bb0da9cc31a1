"""Production MD with a potential."""

from __future__ import annotations

from dataclasses import dataclass

from jobflow import Job, Maker
from pymatgen.core import Structure

from amorph_flows.flows.seeds import seed_of
from amorph_flows.jobs.production_md import run_production
from amorph_flows.lammps import LammpsMD
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.potential import PotentialDoc


@dataclass
class ProductionMDMaker(Maker):
    """Run LAMMPS: NVE with Langevin to equilibrate, then NVT Nosé-Hoover.

    Parameters
    ----------
    name
        Name of the jobs.
    supercell
        Repetitions of the cell along a, b and c.
    time_step_fs
        Time step, fs.
    equilibration_fs, production_fs
        Lengths of the two parts, fs.
    damping_fs
        Damping time of both thermostats, fs.
    frame_stride
        Steps between frames of the trajectory.
    grade_every
        Steps between extrapolation grades; 0 does not watch them.
    grade_select
        Grade above which a step counts as extrapolating.
    seed
        Seed that the velocities of each run derive from.
    """

    name: str = "production MD"
    supercell: tuple[int, int, int] = (2, 2, 2)
    time_step_fs: float = 2.0
    equilibration_fs: float = 50_000.0
    production_fs: float = 4_000_000.0
    damping_fs: float = 200.0
    frame_stride: int = 500
    grade_every: int = 100
    grade_select: float = 2.0
    seed: int = 0

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
        job = run_production(
            potential,
            structure,
            temperature_k,
            self.md(temperature_k, label),
            self.supercell,
            start,
            grade=self.grade(),
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
        return LammpsMD(
            temperature_k=temperature_k,
            time_step_fs=self.time_step_fs,
            equilibration_fs=self.equilibration_fs,
            production_fs=self.production_fs,
            damping_fs=self.damping_fs,
            frame_stride=self.frame_stride,
            thermo_stride=self.frame_stride,
            seed=seed_of(self.seed, self.name, label, temperature_k),
        )

    def grade(self) -> GradeSettings | None:
        """Return how the grade is watched; it never stops a production run."""
        if not self.grade_every:
            return None
        return GradeSettings(
            every=self.grade_every, select=self.grade_select, stop=None, save=False
        )
