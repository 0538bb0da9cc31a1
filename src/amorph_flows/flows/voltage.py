"""Average insertion voltages of crystal and amorphous form."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker
from pymatgen.core import Species, Structure

from amorph_flows.engines import AseEngine, Engine, PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows.checks import check_stage
from amorph_flows.flows.interface import Insertion
from amorph_flows.jobs.fields import require_at_least_one
from amorph_flows.jobs.insertion import IonInsertionMaker
from amorph_flows.jobs.voltage import (
    collect_voltages,
    extend_voltages,
    take_crystals,
    take_snapshots,
)
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.voltage import VoltageDoc
from amorph_flows.structures import reference_metal
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class VoltageMaker(Maker):
    """Average voltage of insertion against the ion's metal (Choyal et al. 2025, Eq. 1).

    The amorphous form: single points of snapshots with their ions and of the same atoms without
    them, so that the change of the voltage is that of disorder. The crystal: host and discharged
    crystal, each fully relaxed; and both relaxed once more with a potential, if one is given, with
    its energies and with single points of the engine.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Where all energies come from.
    insertion
        How ions are placed in the crystal where no discharged crystal is given.
    n_snapshots
        Snapshots of each run.
    relax_cells
        Whether the cells of the metal and the crystals relax; False for an engine without stress.
    """

    name: str = "voltage"
    engine: Engine = field(default_factory=AseEngine)
    insertion: Insertion = field(default_factory=IonInsertionMaker)
    n_snapshots: int = 5
    relax_cells: bool = True

    def check(self, structure: Structure, ion: str, n_ions: int) -> None:
        """Refuse settings from which no voltage could follow.

        Parameters
        ----------
        structure
            The crystal without ions.
        ion
            Such as ``"Mg2+"``.
        n_ions
            Ions that the crystal takes up.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the engine cannot compute the crystal or the metal.
        """
        require_at_least_one(n_snapshots=self.n_snapshots)
        if self.relax_cells and not self.engine.has_stress:
            raise InputError(
                f"relax_cells is true, but engine {self.engine.info().name} has no stress, so no "
                "cell can relax; set relax_cells to false, or use another engine"
            )
        self.engine.check(structure)
        self.engine.check(reference_metal(Species.from_str(ion).symbol))
        check_stage("insertion", self.insertion, structure, ion, n_ions)

    def make(
        self,
        structure: Structure,
        ion: str,
        n_ions: int,
        runs: list[tuple[float, LabelDoc | TrajectoryDoc]],
        discharged_structure: Structure | None = None,
        potential: PotentialDoc | None = None,
    ) -> Flow:
        """Return the flow; its output is a `VoltageDoc`.

        Parameters
        ----------
        structure
            The crystal without ions.
        ion
            Such as ``"Mg2+"``.
        n_ions
            Ions that the crystal takes up.
        runs
            Temperature, K, and document (or a reference to it) of each run with ions.
        discharged_structure
            The crystal with ions; None takes the best Ewald occupation of the crystal's voids.
        potential
            A fitted potential, or a reference to it, that the crystals are relaxed with once more,
            for its own voltage against the engine's metal; None: there is no such voltage.
        """
        metal = self._relax(reference_metal(Species.from_str(ion).symbol), "metal")
        charged = self._relax(structure, "charged crystal")
        jobs = [metal, charged]
        discharged, source = discharged_structure, "given"
        if discharged is None:
            insert = self.insertion.make(structure, ion, n_ions)
            jobs.append(insert)
            discharged = insert.output.structure
            source = "the best Ewald occupation of the crystal's voids, relaxed"
        relaxed = self._relax(discharged, "discharged crystal")
        snapshots = [self._snapshots(run, ion, temperature) for temperature, run in runs]
        labels = [self._label(snapshot) for snapshot in snapshots]
        again: list[Job] = []
        by_engine: list[Job] = []
        if potential is not None:
            again = [self._relax_again(job, potential) for job in (charged, relaxed)]
            crystals = take_crystals([job.output for job in again])
            crystals.name = f"{self.name}: snapshots of crystals relaxed with the potential"
            by_engine = [crystals, self._label(crystals)]
        collect = collect_voltages(
            ion,
            metal.output,
            charged.output,
            relaxed.output,
            source,
            [job.output for job in snapshots],
            [job.output for job in labels],
            potential,
            [job.output for job in again],
            by_engine[-1].output if by_engine else None,
        )
        without_what_failed(collect)
        collect.name = f"{self.name}: collect"
        return Flow(
            [*jobs, relaxed, *again, *by_engine, *snapshots, *labels, collect],
            output=collect.output,
            name=self.name,
        )

    def more(
        self,
        voltage: VoltageDoc,
        ion: str,
        runs: list[tuple[float, LabelDoc | TrajectoryDoc]],
    ) -> Flow:
        """Return the flow that adds the voltages of more runs; its output is a `VoltageDoc`.

        Parameters
        ----------
        voltage
            What `make` gave, or a reference to it.
        ion
            Such as ``"Mg2+"``.
        runs
            Temperature, K, and document (or a reference to it) of each run with ions.
        """
        snapshots = [self._snapshots(run, ion, temperature) for temperature, run in runs]
        labels = [self._label(snapshot) for snapshot in snapshots]
        extend = extend_voltages(
            voltage, [job.output for job in snapshots], [job.output for job in labels]
        )
        without_what_failed(extend)
        extend.name = f"{self.name}: more glasses"
        return Flow([*snapshots, *labels, extend], output=extend.output, name=self.name)

    def _relax(self, structure: Structure, what: str) -> Job:
        job = self.engine.relax(structure, relax_cell=self.relax_cells)
        job.name = f"{self.name}: relax {what}"
        return job

    def _relax_again(self, relaxed: Job, potential: PotentialDoc) -> Job:
        engine = PotentialEngine(potential)
        job = engine.relax(relaxed.output.structure, relax_cell=self.relax_cells)
        job.name = f"{relaxed.name} with the potential"
        return job

    def _snapshots(self, run: LabelDoc | TrajectoryDoc, ion: str, temperature_k: float) -> Job:
        job = take_snapshots(run, ion, temperature_k, self.n_snapshots)
        job.name = f"{self.name}: snapshots {temperature_k:g} K"
        return job

    def _label(self, snapshot: Job) -> Job:
        job = self.engine.static(snapshot.output.frames, run=snapshot.name)
        job.name = snapshot.name.replace("snapshots", "energies")
        return job
