"""Melt-quench: from a crystal to its amorphous form at several temperatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.errors import InputError
from amorph_flows.flows.checks import check_stage
from amorph_flows.jobs.fields import (
    require_at_least_one,
    require_not_negative,
    require_positive,
    valid_settings,
)
from amorph_flows.jobs.md_goal import OF_HOLD, OF_MELT, check_md_goal
from amorph_flows.jobs.melt_quench import collect_quench
from amorph_flows.jobs.prolonged_md import md_until
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.schemas.schedule import Coupling, MDStage
from amorph_flows.schemas.until import Until
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class MeltQuenchMaker(Maker):
    """Melt a crystal, quench it with holds, and leave branches on the way down.

    The crystal is held at ``melt_temperature_k`` and cooled to ``final_temperature_k``. It waits
    at each of ``hold_temperatures_k``. A branch leaves the quench where it passes each of
    ``branch_temperatures_k`` and is held there; the last branch is the end of the quench.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Where energies and forces come from.
    melt_temperature_k, melt_duration_fs
        The melt, K and fs.
    hold_temperatures_k, hold_duration_fs
        Waits on the way down, K and fs each.
    quench_duration_fs
        Time from the melt to the final temperature, fs.
    quench_includes_holds
        Whether ``quench_duration_fs`` includes the waits, which gives the overall rate of the
        published protocol (106 K/ps; Choyal et al. 2025, section 2.2); False applies that rate
        to the ramps alone.
    final_temperature_k
        End of the quench, K.
    branch_temperatures_k
        Where branches leave, K.
    branch
        How branches and the final temperature are held.
    time_step_fs
        Time step of melt and quench, fs.
    ensemble
        Of melt and quench: ``"nvt"`` in the cell given, or ``"npt"``; ``branch`` has its own.
    pressure_gpa, coupling
        With ``"npt"``: pressure, GPa, and what of the cell follows it. ``"isotropic"`` is the one
        for melts, which do not resist a change of shape; ``"axes"`` and ``"triclinic"`` may flatten
        the cell.
    frame_stride
        Steps between stored frames of melt and quench.
    seed
        Seed of the initial velocities.
    until
        What the melt is to reach, ``"melted?"``, and its budget: it is prolonged, or made hotter
        and then held at its own temperature again, until it is molten or the budget is used up.
    hold_until
        The same for each of the waits, ``"energy steady?"`` or ``"volume right?"``; that of the
        branches is ``branch.until``. By default all are as long as asked and no longer.

    Examples
    --------
    >>> maker = MeltQuenchMaker()
    >>> [stage.name for stage in maker.schedule()][:3]
    ['melt at 2000 K', 'ramp to 1500 K', 'hold at 1500 K']
    """

    name: str = "melt-quench"
    engine: Engine = field(default_factory=AseEngine)
    melt_temperature_k: float = 2000.0
    melt_duration_fs: float = 4000.0
    hold_temperatures_k: tuple[float, ...] = (1500.0, 1000.0, 500.0)
    hold_duration_fs: float = 2000.0
    quench_duration_fs: float = 16_000.0
    quench_includes_holds: bool = True
    final_temperature_k: float = 300.0
    branch_temperatures_k: tuple[float, ...] = (1200.0, 900.0, 600.0)
    branch: SamplingMaker = field(default_factory=SamplingMaker)
    time_step_fs: float = 2.0
    ensemble: Literal["nvt", "npt"] = "nvt"
    pressure_gpa: float = 0.0
    coupling: Coupling = "isotropic"
    frame_stride: int = 50
    seed: int = 0
    until: Until = field(default_factory=Until)
    hold_until: Until = field(default_factory=Until)

    def check(self, structure: Structure) -> None:
        """Refuse settings with which no melt-quench could run.

        Parameters
        ----------
        structure
            The crystal.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the engine cannot compute the structure.
        """
        require_at_least_one(frame_stride=self.frame_stride)
        check_md_goal(self.until, OF_MELT, self.melt_duration_fs, "melt_duration_fs")
        check_md_goal(
            self.hold_until, OF_HOLD, self.hold_duration_fs, "hold_duration_fs", "hold_until"
        )
        with valid_settings():
            schedule = self.schedule()
        self.engine.check(structure)
        for stage in schedule:
            self.engine.check_md(stage, structure)
        check_stage("branch", self.branch, structure, structure)

    def schedule(self) -> list[MDStage]:
        """Return the stages of melt and quench, hottest first.

        Raises
        ------
        InputError
            If a hold or branch lies outside the quench, or the holds leave no time to cool.
        """
        self._check_temperatures()
        top, end = self.melt_temperature_k, self.final_temperature_k
        stages = [self._stage(f"melt at {top:g} K", top, top, self.melt_duration_fs)]
        stops = {top, end, *self.hold_temperatures_k, *self.branch_temperatures_k}
        for high, low in pairwise(sorted(stops, reverse=True)):
            cooling_fs = (high - low) * self._cooling_fs_per_k()
            stages.append(self._stage(f"ramp to {low:g} K", high, low, cooling_fs))
            if low in self.hold_temperatures_k:
                stages.append(self._stage(f"hold at {low:g} K", low, low, self.hold_duration_fs))
        return stages

    @property
    def quench_rate_k_per_ps(self) -> float:
        """Mean rate from the melt to the final temperature, K/ps, holds included."""
        cooling_fs = sum(stage.duration_fs for stage in self.schedule()[1:])
        return (self.melt_temperature_k - self.final_temperature_k) / cooling_fs * 1e3

    @property
    def temperatures_k(self) -> tuple[float, ...]:
        """Temperatures of the branches, the final one included, highest first, K."""
        return (*sorted(self.branch_temperatures_k, reverse=True), self.final_temperature_k)

    def make(self, structure: Structure, prev_dir: str | None = None) -> Flow:
        """Return the flow; its output is a dictionary of its parts.

        ``quench`` is a `QuenchDoc`, ``melt`` the `LabelDoc` of the melt, ``cooling`` those of
        melt and quench in order, and ``branches`` pairs of temperature (K) and `LabelDoc`,
        highest first.

        Parameters
        ----------
        structure
            The crystal, already as large as the cell that is to be molten, or a reference to it.
        prev_dir
            Unused; every job finds its input by reference.
        """
        known = isinstance(structure, Structure)
        return self.labelled(structure, structure.composition.reduced_formula if known else "")

    def labelled(self, structure: Structure, label: str) -> Flow:
        """Return the flow of a glass that others of the same crystal stand beside; as `make`.

        Parameters
        ----------
        structure
            The crystal, or a reference to it.
        label
            What is molten, which names the runs.
        """
        jobs, leaves = self._cooling_jobs(structure, label)
        branches = {
            t: self.branch.of_glass(
                leaves[t].output.structure,
                t,
                label,
                structure if self.branch.until.is_set else None,
            )
            for t in self.temperatures_k
        }
        collect = collect_quench(
            crystal=structure,
            schedule=self.schedule(),
            rate_k_per_ps=self.quench_rate_k_per_ps,
            cooling=[job.output for job in jobs],
            temperatures_k=list(branches),
            branches=[job.output for job in branches.values()],
        )
        without_what_failed(collect)
        output = {
            "quench": collect.output,
            "melt": jobs[0].output,
            "cooling": [job.output for job in jobs],
            "branches": [(t, job.output) for t, job in branches.items()],
        }
        return Flow([*jobs, *branches.values(), collect], output=output, name=self.name)

    def _cooling_jobs(
        self, structure: Structure, label: str
    ) -> tuple[list[Job | Flow], dict[float, Job | Flow]]:
        """Return one run a stage, and that at whose end each temperature is first reached."""
        jobs: list[Job | Flow] = []
        leaves: dict[float, Job | Flow] = {}
        current: Structure = structure
        for stage in self.schedule():
            run = f"{label} melt-quench {stage.name}".strip()
            goal = Until() if not stage.is_hold else self.hold_until if jobs else self.until
            job = md_until(
                self.engine,
                current,
                stage,
                goal,
                run=run,
                seed=self.seed,
                name=f"{self.name}: {stage.name}",
            )
            current = job.output.structure
            leaves.setdefault(stage.end_temperature_k, job)
            jobs.append(job)
        return jobs, leaves

    def _stage(self, name: str, start: float, end: float, duration_fs: float) -> MDStage:
        return MDStage(
            name=name,
            start_temperature_k=start,
            end_temperature_k=end,
            duration_fs=duration_fs,
            time_step_fs=self.time_step_fs,
            ensemble=self.ensemble,
            pressure_gpa=self.pressure_gpa,
            coupling=self.coupling,
            frame_stride=self.frame_stride,
        )

    def _cooling_fs_per_k(self) -> float:
        waits = self.hold_duration_fs * len(self.hold_temperatures_k)
        cooling_fs = self.quench_duration_fs - (waits if self.quench_includes_holds else 0.0)
        if cooling_fs <= 0:
            raise InputError(
                f"quench_duration_fs is {self.quench_duration_fs:g} but its holds take {waits:g} "
                "fs; lengthen the quench or shorten hold_duration_fs"
            )
        return cooling_fs / (self.melt_temperature_k - self.final_temperature_k)

    def _check_temperatures(self) -> None:
        top, end = self.melt_temperature_k, self.final_temperature_k
        if not 0 < end < top:
            raise InputError(
                f"the quench goes from {top:g} K to {end:g} K; melt_temperature_k must be above "
                "final_temperature_k and both above 0"
            )
        inside = {
            "hold_temperatures_k": self.hold_temperatures_k,
            "branch_temperatures_k": self.branch_temperatures_k,
        }
        for field_name, temperatures in inside.items():
            for temperature in temperatures:
                if not end < temperature < top:
                    raise InputError(
                        f"{field_name} has {temperature:g} K; it must lie between the final "
                        f"temperature, {end:g} K, and the melt, {top:g} K"
                    )
        require_positive(
            time_step_fs=self.time_step_fs,
            melt_duration_fs=self.melt_duration_fs,
            quench_duration_fs=self.quench_duration_fs,
        )
        if self.hold_temperatures_k:
            require_positive(hold_duration_fs=self.hold_duration_fs)
        require_not_negative(hold_duration_fs=self.hold_duration_fs)
