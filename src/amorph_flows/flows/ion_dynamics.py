"""How ions move in glasses that are heated to several temperatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, get_args

from jobflow import Flow, Job, Maker, OutputReference
from pymatgen.core import Structure

from amorph_flows.engines import PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows.checks import require_stress
from amorph_flows.jobs.fields import (
    require_at_least_one,
    require_not_negative,
    require_positive,
    valid_settings,
)
from amorph_flows.jobs.ion_dynamics import Key, combine_ion_dynamics, describe_mobility
from amorph_flows.jobs.production_md import run_production
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.jobs.transport import collect_transport
from amorph_flows.lammps import NPT, NVT, LammpsMD
from amorph_flows.lammps.stages import Stage
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.ion_dynamics import Heating
from amorph_flows.structures.ions import parse_ion
from amorph_flows.upstream.jobflow import without_what_failed

GlassStart: TypeAlias = Structure | OutputReference


@dataclass
class IonDynamicsMaker(Maker):
    """Heat glasses to several temperatures, hold them, and analyse how their ions move.

    Each glass is heated to each temperature, at its volume and as it expands, and held there; then
    follows NVT, whose frames are analysed: diffusivities, Arrhenius fits tested for a bend, van
    Hove functions and hops (a `TransportDoc` of each glass), and what surrounds the slow and the
    fast quarter of the ions at one temperature (an `IonMobilityDoc`). One run of LAMMPS does all
    of one glass and temperature. The defaults are those of Christensen et al., J. Mater. Chem. A
    (2025), section 2.3.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        The potential.
    ions
        Species whose motion is analysed, the mobile one first, such as ``("Na+", "Fe2+")``.
    temperatures_k
        K.
    heatings
        ``"nvt"``, ``"npt"``, or both.
    start_temperature_k
        Where the heating begins, K.
    rate_k_per_ps
        Of the heating, K/ps.
    equilibration_fs, production_fs
        Lengths of the hold that follows in the ensemble of the heating, and of NVT, fs.
    damping_fs, barostat_damping_fs
        Of the thermostat and of the barostat, fs.
    time_step_fs, frame_stride
        Time step, fs, and steps between frames.
    mobility_lag_fs
        Time of the displacement that ions are ranked by, fs; at most a quarter of the production.
    mobility_temperature_k
        Where slow and fast ions are looked at, K; None: the lowest of the temperatures.
    ring_backbone
        Cations of the network, such as ``("P", "Fe")``, among whose rings the slow and the fast
        quarter of the mobile ions are looked for; none: they are not.
    grade_every, grade_select
        As of `GlassMaker`.
    seed
        What the seeds of the velocities derive from.

    Examples
    --------
    >>> maker = IonDynamicsMaker(engine=PotentialEngine(potential), ions=("Na+",))
    >>> flow = maker.make([glass.structure for glass in glasses])
    """

    name: str = "ion dynamics"
    engine: PotentialEngine = field(default_factory=lambda: PotentialEngine("pedone"))
    ions: Sequence[str] = ("Na+",)
    temperatures_k: Sequence[float] = (500.0, 700.0, 900.0, 1100.0, 1300.0, 1500.0)
    heatings: Sequence[Heating] = ("nvt", "npt")
    start_temperature_k: float = 300.0
    rate_k_per_ps: float = 1.0
    equilibration_fs: float = 100_000.0
    production_fs: float = 10_000_000.0
    damping_fs: float = 100.0
    barostat_damping_fs: float = 1000.0
    time_step_fs: float = 1.0
    frame_stride: int = 1000
    mobility_lag_fs: float = 100_000.0
    mobility_temperature_k: float | None = None
    ring_backbone: Sequence[str] = ()
    grade_every: int = 100
    grade_select: float = 2.0
    seed: int = 0

    def check(self, structure: Structure | None = None) -> None:
        """Refuse settings from which nothing could follow, before anything is run.

        Parameters
        ----------
        structure
            A glass, or a structure of the same elements; None: not known yet.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the potential lacks an element.
        """
        require_positive(
            rate_k_per_ps=self.rate_k_per_ps,
            start_temperature_k=self.start_temperature_k,
            production_fs=self.production_fs,
            mobility_lag_fs=self.mobility_lag_fs,
            grade_select=self.grade_select,
        )
        require_not_negative(equilibration_fs=self.equilibration_fs, grade_every=self.grade_every)
        require_at_least_one(
            frame_stride=self.frame_stride,
            ions=len(self.ions),
            temperatures_k=len(self.temperatures_k),
            heatings=len(self.heatings),
        )
        elements = [parse_ion(ion).symbol for ion in self.ions]
        for heating in self.heatings:
            if heating not in get_args(Heating):
                raise InputError(f"heatings has {heating!r}; give 'nvt', 'npt' or both")
        for temperature in self.temperatures_k:
            with valid_settings():
                self.md(1, "nvt", temperature)
        if self._mobility_temperature_k not in self.temperatures_k:
            raise InputError(
                f"mobility_temperature_k is {self.mobility_temperature_k}; give one of "
                "temperatures_k"
            )
        self.engine.check(structure)
        if "npt" in self.heatings:
            require_stress(self.engine, "heatings has 'npt'")
        if structure is None:
            return
        present = {site.specie.symbol for site in structure}
        for element in [*elements, *self.ring_backbone]:
            if element not in present:
                raise InputError(
                    f"there is no {element} in the glass, which has {', '.join(sorted(present))}"
                )

    def make(
        self,
        glasses: Sequence[GlassStart],
        glass_transition: GlassTransitionDoc | OutputReference | None = None,
    ) -> Flow:
        """Return the flow; its output is an `IonDynamicsDoc`.

        Parameters
        ----------
        glasses
            Structures at the start of the heating, or references to them.
        glass_transition
            Where the Arrhenius fits are tested for a bend.

        Raises
        ------
        InputError, MissingDependencyError
            As `check`, or if there is no glass, or a named classical potential has no elements.
        """
        if not glasses:
            raise InputError("there is no glass to heat; give at least one")
        for glass in glasses:
            self.check(glass if isinstance(glass, Structure) else None)
        runs: list[Job] = []
        keys: list[Key] = []
        transports: list[Job] = []
        mobility: list[Job] = []
        behind: list[list[OutputReference]] = []
        for heating in self.heatings:
            for number, glass in enumerate(glasses, start=1):
                held = {t: self._run(glass, number, heating, t) for t in self.temperatures_k}
                runs += held.values()
                for ion in self.ions:
                    job = collect_transport(
                        [run.output for run in held.values()], ion, glass_transition
                    )
                    job.name = f"{self.name} {number} {heating}: transport of {ion}"
                    without_what_failed(job)
                    keys.append((heating, ion, number))
                    behind.append([run.output for run in held.values()])
                    transports.append(job)
                job = describe_mobility(
                    held[self._mobility_temperature_k].output,
                    self.ions[0],
                    self.mobility_lag_fs,
                    list(self.ring_backbone),
                )
                job.name = f"{self.name} {number} {heating}: fast and slow {self.ions[0]}"
                without_what_failed(job)
                mobility.append(job)
        summary = combine_ion_dynamics(
            keys, [job.output for job in transports], [job.output for job in mobility], behind
        )
        summary.name = f"{self.name}: all glasses"
        without_what_failed(summary)
        return Flow([*runs, *transports, *mobility, summary], output=summary.output, name=self.name)

    def md(self, number: int, heating: Heating, temperature_k: float) -> LammpsMD:
        """Return the run of one glass at one temperature.

        Parameters
        ----------
        number
            Of the glass, from 1.
        heating
            Ensemble of heating and equilibration.
        temperature_k
            Of the run, K.
        """
        common = {"time_step_fs": self.time_step_fs, "damping_fs": self.damping_fs}
        before: list[dict[str, Any]] = []
        if change_k := temperature_k - self.start_temperature_k:
            before.append(
                {
                    "temperature_k": self.start_temperature_k,
                    "end_temperature_k": temperature_k,
                    "duration_fs": abs(change_k) / self.rate_k_per_ps * 1e3,
                }
            )
        if self.equilibration_fs:
            before.append({"temperature_k": temperature_k, "duration_fs": self.equilibration_fs})
        stages: list[Stage] = []
        for part in before:
            if heating == "npt":
                barostat = {"barostat_damping_fs": self.barostat_damping_fs}
                stages.append(NPT.model_validate(common | part | barostat))
            else:
                stages.append(NVT.model_validate(common | part))
        measured = {
            "temperature_k": temperature_k,
            "duration_fs": self.production_fs,
            "frame_stride": self.frame_stride,
            "thermo_stride": self.frame_stride,
        }
        stages.append(NVT.model_validate(common | measured))
        seed = seed_of(self.seed, self.name, number, heating, temperature_k)
        return LammpsMD(stages=tuple(stages), seed=seed)

    @property
    def _mobility_temperature_k(self) -> float:
        return self.mobility_temperature_k or min(self.temperatures_k)

    def _run(self, glass: GlassStart, number: int, heating: Heating, temperature_k: float) -> Job:
        potential = self.engine.potential
        if isinstance(potential, str):
            if self.engine.elements is None and not isinstance(glass, Structure):
                raise InputError(
                    "the elements of a glass to come are not known; give engine.elements to "
                    f"{potential!r}, as in ['Na', 'Fe2+', 'P', 'O']"
                )
            symbols = {site.specie.symbol for site in glass} if isinstance(glass, Structure) else ()
            potential = self.engine.document(symbols)
        job = run_production(
            potential,
            glass,
            temperature_k,
            self.md(number, heating, temperature_k),
            (1, 1, 1),
            f"glass {number}, heated at {self.rate_k_per_ps:g} K/ps under {heating.upper()}",
            grade=GradeSettings.watched(self.grade_every, self.grade_select),
        )
        job.name = f"{self.name} {number} {heating} {temperature_k:g} K"
        return job
