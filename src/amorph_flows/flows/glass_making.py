"""Glasses of a composition by a potential: packed, molten, and cooled at the pressure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from jobflow import Flow, Job, Maker, OutputReference
from pymatgen.core import Structure

from amorph_flows.engines import PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows.checks import atoms_of, require_stress
from amorph_flows.jobs.fields import require_at_least_one, require_not_negative, require_positive
from amorph_flows.jobs.glass_making import collect_glasses
from amorph_flows.jobs.production_md import run_production
from amorph_flows.jobs.random_structure import RandomStructureMaker
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.lammps import NPT, LammpsMD
from amorph_flows.lammps.glass_schedule import GlassSchedule
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures import CompositionLike, minimum_width, read_mixture
from amorph_flows.upstream.jobflow import without_what_failed

GlassSource: TypeAlias = CompositionLike | OutputReference


@dataclass
class GlassMaker(Maker):
    """Melt a random packing and cool it slowly with a potential, several times.

    Every glass is one run of LAMMPS through the stages of the schedule, the last of which is
    documented: its volume, energy, frames and verdicts. A run whose queue job is too short goes on
    in a new job, in the same folder. The defaults are preset ``christensen2025``: Christensen et
    al., J. Mater. Chem. A (2025), section 2.3.

    Parameters
    ----------
    name
        Name of the flow and its jobs.
    engine
        The potential, fitted or classical.
    packing
        How the atoms of a composition are placed at first, each glass with a seed of its own.
    n_glasses
        Glasses; they differ in their packing, if there is one, and in their velocities.
    schedule
        How they are molten and cooled.
    grade_every, grade_select
        Steps between extrapolation grades of a fitted potential, 0 for none, and the grade above
        which a step counts as extrapolating. No grade stops a run.
    seed
        What the seeds of packings and velocities derive from.

    Examples
    --------
    >>> slow = GlassSchedule(rate_k_per_ps=10)
    >>> maker = GlassMaker(engine=PotentialEngine("pedone"), n_glasses=3, schedule=slow)
    >>> flow = maker.make({"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25})
    """

    name: str = "glass"
    engine: PotentialEngine = field(default_factory=lambda: PotentialEngine("pedone"))
    packing: RandomStructureMaker = field(
        default_factory=lambda: RandomStructureMaker(n_atoms=3003)
    )
    n_glasses: int = 5
    schedule: GlassSchedule = field(default_factory=GlassSchedule)
    grade_every: int = 100
    grade_select: float = 2.0
    seed: int = 0

    def check(self, source: GlassSource) -> None:
        """Refuse settings with which no glass could be made, before anything is run.

        Parameters
        ----------
        source
            Formula, mixture, structure, or a reference to a structure.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, the composition cannot be packed, the potential lacks
            an element, or the cell is too narrow for it to follow a pressure.
        """
        require_at_least_one(n_glasses=self.n_glasses)
        require_not_negative(grade_every=self.grade_every)
        require_positive(grade_select=self.grade_select)
        if isinstance(source, OutputReference):
            self.engine.check()
            self.potential(source)
            return
        if not isinstance(source, Structure):
            self.packing.check(source)
        mixture = read_mixture(source, self.packing.oxidation_states)
        some = atoms_of([element.symbol for element in mixture.formula_unit])
        replace(self.engine, elements=self._species(source)).check(some)
        lattice = source.lattice if isinstance(source, Structure) else self.packing.lattice(source)
        potential = self.potential(source)
        if self._has_barostat:
            require_stress(self.engine, "schedule has stages under NPT")
        if lattice is None or not isinstance(potential, PotentialDoc) or not self._has_barostat:
            return
        width, needed = minimum_width(lattice.matrix), 2 * potential.settings.cutoff
        if width < needed:
            least = self.packing.n_atoms * (needed / width) ** 3
            larger = f"packing.n_atoms of at least {least:.0f}"
            if isinstance(source, Structure):
                larger = "a larger structure"
            raise InputError(
                f"the cell is {width:.1f} Å wide, less than twice the cutoff of the potential, "
                f"{needed:.1f} Å, and may shrink under NPT; give {larger}, or a schedule without "
                "NPT"
            )

    def make(self, source: GlassSource, prev_dir: str | Sequence[str | None] | None = None) -> Flow:
        """Return the flow; its output is a dictionary of its parts.

        ``glasses`` is a list of `TrajectoryDoc`, one of each glass, and ``summary`` a
        `GlassesDoc`. A glass that fails is missing in the summary, and the others go on.

        Parameters
        ----------
        source
            Formula, mixture of formulas, or a structure to melt, or a reference to one.
        prev_dir
            Folders of earlier jobs whose runs these go on with: one of each glass, None where
            there is none.

        Raises
        ------
        InputError, MissingDependencyError
            As `check`, or if there is not one folder for each glass.
        """
        self.check(source)
        folders: list[str | None] = [None] * self.n_glasses
        if prev_dir is not None:
            folders = [prev_dir] if isinstance(prev_dir, str) else list(prev_dir)
        if len(folders) != self.n_glasses:
            raise InputError(
                f"prev_dir has {len(folders)} folders for {self.n_glasses} glasses; give one each"
            )
        potential = self.potential(source)
        jobs: list[Job] = []
        glasses: list[Job] = []
        for number, folder in enumerate(folders, start=1):
            start, origin = source, "a given structure"
            if not isinstance(source, OutputReference | Structure):
                packed = self.packing.make(source, seed_of(self.seed, self.name, number, "packing"))
                packed.name = f"{self.name} {number}: {packed.name}"
                jobs.append(packed)
                start, origin = packed.output.structure, "a random packing"
            glass = run_production(
                potential,
                start,
                self.schedule.final_temperature_k,
                self.md(number),
                (1, 1, 1),
                f"glass {number}, molten from {origin} and cooled at "
                f"{self.schedule.rate_k_per_ps:g} K/ps",
                grade=GradeSettings.watched(self.grade_every, self.grade_select),
                prev_dir=folder,
            )
            glass.name = f"{self.name} {number}: melt and quench"
            glasses.append(glass)
        runs = [glass.output for glass in glasses]
        summary = collect_glasses(potential, self.schedule.rate_k_per_ps, runs)
        summary.name = f"{self.name}: summary"
        without_what_failed(summary)
        output = {"glasses": runs, "summary": summary.output}
        return Flow([*jobs, *glasses, summary], output=output, name=self.name)

    def md(self, number: int) -> LammpsMD:
        """Return the run of one glass.

        Parameters
        ----------
        number
            Of the glass, from 1; enters the seed.
        """
        seed = seed_of(self.seed, self.name, number, "velocities")
        return LammpsMD(stages=self.schedule.stages, seed=seed)

    @property
    def _has_barostat(self) -> bool:
        return any(isinstance(stage, NPT) for stage in self.schedule.stages)

    def potential(self, source: GlassSource) -> PotentialDoc | OutputReference:
        """Return the potential that glasses of a source are made with.

        Parameters
        ----------
        source
            As for `make`.

        Raises
        ------
        InputError
            If a classical potential is named and the elements are not known.
        """
        if isinstance(self.engine.potential, OutputReference):
            return self.engine.potential
        return replace(self.engine, elements=self._species(source)).document([])

    def _species(self, source: GlassSource) -> list[str] | None:
        """Return elements with their charges, which tell a classical potential its species."""
        if self.engine.elements is not None or not isinstance(self.engine.potential, str):
            return self.engine.elements
        if isinstance(source, OutputReference):
            raise InputError(
                f"the elements of a structure to come are not known; give engine.elements to "
                f"{self.engine.potential!r}, as in ['Na', 'Fe2+', 'P', 'O']"
            )
        charges = read_mixture(source, self.packing.oxidation_states).charges
        return [f"{el.symbol}{abs(q):g}{'+' if q > 0 else '-'}" for el, q in charges.items()]
