"""The glass transition temperature by stepwise cooling."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.errors import InputError
from amorph_flows.flows.checks import check_stage
from amorph_flows.jobs.fields import require_at_least_one, require_positive, valid_settings
from amorph_flows.jobs.glass_transition import collect_glass_transition, cool_with_potential
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.lammps import LammpsMD
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.upstream.jobflow import without_what_failed

_FEWEST = 6


@dataclass
class GlassTransitionMaker(Maker):
    """Cool in steps and find where the potential energy bends.

    Every hold starts from the end of the hotter one, with its velocities. The rate,
    (T_i - T_i+1)/hold, includes the holds; a faster one gives a higher glass transition.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Where energies and forces come from, where no potential is given.
    production
        How the holds are run with a potential, in one run of LAMMPS: each is as long as its
        equilibration and production together, and its first part is not averaged over. With
        ``ensemble="npt"`` it is the enthalpy that bends. The extrapolation grade of a fitted
        potential is watched as in production.
    temperatures_k
        Temperatures of the holds, decreasing, at least six, K.
    hold_duration_fs
        Length of each hold of engine MD, fs.
    equilibration_share
        First part of it that is not averaged over.
    time_step_fs, frame_stride
        Time step of engine MD, fs, and steps between energies that are kept.
    seed
        Seed of the velocities at the first temperature.

    Examples
    --------
    >>> melt = load_document(store, QuenchDoc).crystal
    >>> flow = GlassTransitionMaker().make(melt, potential)
    """

    name: str = "glass transition"
    engine: Engine = field(default_factory=AseEngine)
    production: ProductionMDMaker = field(
        default_factory=lambda: ProductionMDMaker(production_fs=100_000.0)
    )
    temperatures_k: tuple[float, ...] = (
        2000.0, 1800.0, 1600.0, 1400.0, 1200.0, 1000.0, 800.0, 600.0, 450.0, 300.0,
    )  # fmt: skip
    hold_duration_fs: float = 20_000.0
    equilibration_share: float = 0.5
    time_step_fs: float = 2.0
    frame_stride: int = 10
    seed: int = 0

    def check(self, structure: Structure, with_potential: bool = False) -> None:
        """Refuse settings from which no glass transition could follow.

        Parameters
        ----------
        structure
            A melt, or a structure of the same elements.
        with_potential
            Whether a potential cools it, not the engine.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or what cools cannot run here.
        """
        self._check_fields()
        if with_potential:
            if self.production.until.is_set:
                raise InputError("production.until is set, but the holds are as long as asked")
            check_stage("production", self.production, structure)
        else:
            self.engine.check(structure)

    def make(self, structure: Structure, potential: PotentialDoc | None = None) -> Flow:
        """Return the flow; its output is a `GlassTransitionDoc`.

        Parameters
        ----------
        structure
            A melt, or a reference to it.
        potential
            A fitted potential, or a reference to it, that LAMMPS cools with; None: the engine.

        Raises
        ------
        InputError
            If the temperatures do not decrease or are fewer than six.
        """
        self._check_fields()
        if potential is not None:
            job = cool_with_potential(
                potential,
                structure,
                list(self.temperatures_k),
                self.cooling(),
                self.production.supercell,
                self.production.equilibration_fs,
                self.production.grade(),
            )
            job.name = self.name
            return Flow([job], output=job.output, name=self.name)
        jobs: list[Job] = []
        for temperature in self.temperatures_k:
            run = f"{self.name} {temperature:g} K"
            job = self.engine.md(structure, self._stage(temperature), run=run, seed=self.seed)
            job.name = f"{self.name}: {temperature:g} K"
            structure = job.output.structure
            jobs.append(job)
        collect = collect_glass_transition(
            list(self.temperatures_k), [job.output for job in jobs], self.equilibration_share
        )
        collect.name = f"{self.name}: fit"
        without_what_failed(collect)
        return Flow([*jobs, collect], output=collect.output, name=self.name)

    def cooling(self) -> LammpsMD:
        """Return the holds with a potential, one stage of LAMMPS each."""
        production = self.production
        length_fs = production.equilibration_fs + production.production_fs
        changes = {"duration_fs": length_fs, "frame_stride": None, "velocities": None}
        runs = [production.md(temperature, self.name) for temperature in self.temperatures_k]
        holds = tuple(run.stages[-1].model_copy(update=changes) for run in runs)
        return runs[0].model_copy(update={"stages": holds})

    def _stage(self, temperature_k: float) -> MDStage:
        return MDStage(
            name=f"hold at {temperature_k:g} K",
            start_temperature_k=temperature_k,
            end_temperature_k=temperature_k,
            duration_fs=self.hold_duration_fs,
            time_step_fs=self.time_step_fs,
            frame_stride=self.frame_stride,
        )

    def _check_fields(self) -> None:
        require_positive(hold_duration_fs=self.hold_duration_fs, time_step_fs=self.time_step_fs)
        require_at_least_one(frame_stride=self.frame_stride)
        temperatures = self.temperatures_k
        if len(temperatures) < _FEWEST or list(temperatures) != sorted(
            set(temperatures), reverse=True
        ):
            raise InputError(
                f"temperatures_k is {temperatures}; give at least {_FEWEST} that decrease"
            )
        if not 0 <= self.equilibration_share < 1:
            raise InputError(
                f"equilibration_share is {self.equilibration_share}; give 0 or more, below 1"
            )
        with valid_settings():
            self._stage(temperatures[-1])
