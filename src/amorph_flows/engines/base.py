"""The base class of engines, which compute energies and forces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any

from jobflow import Job
from monty.json import MSONable
from pymatgen.core import Structure

from amorph_flows.datasets.frames import FrameSet, Provenance
from amorph_flows.errors import InputError
from amorph_flows.runtime.stage_job import current_job_uuid
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.schedule import Coupling, MDStage


@dataclass
class Engine(MSONable, ABC):
    """The base class of engines, which are fields of Makers.

    An engine is plain settings. Its methods return jobs whose outputs are this package's
    documents, whatever the code behind. A job that its queue job is too short for goes on in a
    new one, which the engine itself calls for with ``prev_dir``.
    """

    @property
    def has_stress(self) -> bool:
        """Whether labels have a stress, without which no cell can relax."""
        return True

    @property
    def barostats(self) -> tuple[Coupling, ...]:
        """What of a cell its MD can couple to a pressure; none: it has no NPT."""
        return ()

    @abstractmethod
    def info(self) -> EngineInfo:
        """Return the engine's name, version and settings hash."""

    def settings_told(self) -> dict[str, Any]:
        """Return the settings by name, each name with a dot before it, and at ``""`` what it is.

        They are compared with those of the published protocol. Settings that only make it faster
        may be left out.
        """
        held = {f".{field.name}": getattr(self, field.name) for field in fields(self)}
        return {"": type(self).__name__, **held}

    def provenance(self, run: str) -> Provenance:
        """Return the provenance of the frames of a run of this engine in the current job.

        Parameters
        ----------
        run
            Name of the trajectory or batch.
        """
        info = self.info()
        return Provenance(
            run=run,
            engine=info.name,
            settings_hash=info.settings_hash,
            job_uuid=current_job_uuid(),
        )

    def by_reference(self) -> Engine:
        """Return the engine with references to the documents of the store that it holds.

        A running job that hands its engine on to other jobs hands this one on.
        """
        return self

    @abstractmethod
    def check(self, structure: Structure | None = None) -> None:
        """Refuse, before the first calculation, what cannot be computed here.

        Parameters
        ----------
        structure
            A structure that the engine will be asked about.

        Raises
        ------
        MissingDependencyError
            If the code behind is not installed; the message names the extra.
        InputError
            If the engine does not know an element of the structure.
        """

    def check_md(
        self,
        stage: MDStage,
        structure: Structure | None = None,  # noqa: ARG002 - for engines that need it
    ) -> None:
        """Refuse, before the first calculation, a stage of MD that cannot be run here.

        Parameters
        ----------
        stage
            Of the MD.
        structure
            Where it starts, or a structure of the same kind of cell.

        Raises
        ------
        InputError
            If the stage needs a barostat that the engine has not.
        """
        if stage.ensemble != "npt" or stage.coupling in self.barostats:
            return
        name = self.info().name
        if not self.has_stress:
            raise InputError(
                f"ensemble is 'npt' in {stage.name!r}, but the engine {name} has no stress, which "
                "a barostat needs; use 'nvt' or another engine"
            )
        if not self.barostats:
            raise InputError(
                f"ensemble is 'npt' in {stage.name!r}, but the engine {name} has no barostat; use "
                "'nvt' or another engine"
            )
        raise InputError(
            f"coupling is {stage.coupling!r} in {stage.name!r}; the barostat of the engine {name} "
            f"has {', '.join(map(repr, self.barostats))}"
        )

    @abstractmethod
    def md(
        self,
        structure: Structure,
        stage: MDStage,
        run: str = "",
        seed: int = 0,
        prev_dir: str | None = None,
    ) -> Job:
        """Return a job that runs molecular dynamics; its output is a `LabelDoc`.

        Velocities (Å/fs) in the site property ``velocities`` are taken over; without them they
        are drawn at the stage's first temperature.

        Parameters
        ----------
        structure
            Where to start, or a reference to it.
        stage
            Temperatures, pressures, length, time step and stride.
        run
            Name of the trajectory, for the provenance of its frames.
        seed
            Seed of the initial velocities.
        prev_dir
            Folder of an earlier job whose run this one goes on with; None starts anew.

        Raises
        ------
        CalculationError
            If the run fails; the message names the step.
        InputError
            If `check_md` refuses the stage, or ``prev_dir`` is not there or holds no such run.
        """

    @abstractmethod
    def static(self, frames: FrameSet, run: str = "", prev_dir: str | None = None) -> Job:
        """Return a job that labels frames; its output is a `LabelDoc`.

        A frame that fails is quarantined with its reason and never ends the batch.

        Parameters
        ----------
        frames
            The configurations, or a reference to them; their provenance is kept.
        run
            Name of the batch.
        prev_dir
            Folder of an earlier job whose finished labels are not computed again.

        Raises
        ------
        InputError
            If ``prev_dir`` is not there or holds no labels of this engine.
        """

    @abstractmethod
    def relax(
        self, structure: Structure, relax_cell: bool = True, prev_dir: str | None = None
    ) -> Job:
        """Return a job that relaxes a structure; its output is a `RelaxDoc`.

        Parameters
        ----------
        structure
            Where to start, or a reference to it.
        relax_cell
            Whether the cell relaxes too.
        prev_dir
            Folder of an earlier job whose relaxation this one goes on with; None starts anew.

        Raises
        ------
        CalculationError
            If the calculation fails.
        InputError
            If ``prev_dir`` is not there or holds no such relaxation.
        """
