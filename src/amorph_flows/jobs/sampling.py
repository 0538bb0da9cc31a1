"""Sampling: engine MD of one structure at one temperature, its frames kept as labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.jobs.fields import require_at_least_one, require_positive, valid_settings
from amorph_flows.jobs.md_goal import OF_GLASS, OF_HOLD, check_md_goal
from amorph_flows.jobs.prolonged_md import md_until
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.schemas.schedule import Coupling, MDStage
from amorph_flows.schemas.until import Until


@dataclass
class SamplingMaker(Maker):
    """Hold a structure at a temperature with the engine and keep frames as labels.

    Parameters
    ----------
    name
        Name of the jobs.
    engine
        Where energies and forces come from.
    duration_fs
        Length of the hold, fs.
    time_step_fs
        Time step, fs.
    ensemble
        ``"nvt"`` in the cell given, or ``"npt"``.
    pressure_gpa, coupling
        With ``"npt"``: pressure, GPa, and what of the cell follows it: ``"isotropic"``,
        ``"axes"`` or ``"triclinic"``.
    frame_stride
        Steps between stored frames.
    hot_temperature_k, hot_frame_stride
        The temperature, K, whose frames are stored more often, and their stride.
    seed
        Seed that the velocities of each run derive from.
    until
        What a hold is to reach, and its budget: ``"energy steady?"``, ``"volume right?"``, and in
        the branches of a melt-quench ``"amorphous?"`` or ``"glass"``, which is amorphous with a
        steady energy. It goes on in further jobs until it does or the budget is used up. By
        default it is as long as asked and no longer.
    """

    name: str = "sampling"
    engine: Engine = field(default_factory=AseEngine)
    duration_fs: float = 20_000.0
    time_step_fs: float = 2.0
    ensemble: Literal["nvt", "npt"] = "nvt"
    pressure_gpa: float = 0.0
    coupling: Coupling = "isotropic"
    frame_stride: int = 50
    hot_temperature_k: float = 1200.0
    hot_frame_stride: int = 20
    seed: int = 0
    until: Until = field(default_factory=Until)

    def check(self, structure: Structure, crystal: Structure | None = None) -> None:
        """Refuse settings with which no run could be made.

        Parameters
        ----------
        structure
            A structure that is sampled, or one of the same elements.
        crystal
            What it is the glass of; None where it may be none.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the engine cannot compute the structure.
        """
        require_positive(
            duration_fs=self.duration_fs,
            time_step_fs=self.time_step_fs,
            hot_temperature_k=self.hot_temperature_k,
        )
        require_at_least_one(frame_stride=self.frame_stride, hot_frame_stride=self.hot_frame_stride)
        known = OF_HOLD if crystal is None else OF_GLASS
        check_md_goal(self.until, known, self.duration_fs, "duration_fs")
        with valid_settings():
            stage = self.stage(self.hot_temperature_k)
        self.engine.check(structure)
        self.engine.check_md(stage, structure)

    def stage(self, temperature_k: float) -> MDStage:
        """Return the hold at a temperature.

        Parameters
        ----------
        temperature_k
            Temperature, K.
        """
        hot = temperature_k == self.hot_temperature_k
        return MDStage(
            name=f"hold at {temperature_k:g} K",
            start_temperature_k=temperature_k,
            end_temperature_k=temperature_k,
            duration_fs=self.duration_fs,
            time_step_fs=self.time_step_fs,
            ensemble=self.ensemble,
            pressure_gpa=self.pressure_gpa,
            coupling=self.coupling,
            frame_stride=self.hot_frame_stride if hot else self.frame_stride,
        )

    def make(self, structure: Structure, temperature_k: float, label: str = "") -> Job | Flow:
        """Return what runs the hold; its output is a `LabelDoc`.

        Parameters
        ----------
        structure
            Where to start, or a reference to it.
        temperature_k
            Temperature, K.
        label
            What is sampled, such as ``"MgV2O5"``; names the run.
        """
        return self.of_glass(structure, temperature_k, label, None)

    def of_glass(
        self, structure: Structure, temperature_k: float, label: str, crystal: Structure | None
    ) -> Job | Flow:
        """Return what runs the hold of a glass whose crystal is known; its output is a `LabelDoc`.

        Parameters
        ----------
        structure
            Where to start, or a reference to it.
        temperature_k
            Temperature, K.
        label
            What is sampled, such as ``"MgV2O5"``; names the run.
        crystal
            What it is the glass of, or a reference to it, for the goals that ask for it.
        """
        run = f"{label} {temperature_k:g} K engine MD".strip()
        seed = seed_of(self.seed, label, temperature_k)
        return md_until(
            self.engine,
            structure,
            self.stage(temperature_k),
            self.until,
            run=run,
            seed=seed,
            name=f"{self.name} {label} {temperature_k:g} K",
            crystal=crystal,
        )
