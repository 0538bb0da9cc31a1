"""The base of engines that label frames with an ASE calculator in their own process."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.data import chemical_symbols
from jobflow import Job, Response
from typing_extensions import override

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines._batches import in_pieces
from amorph_flows.engines._labelling import LabelledBatch, label_batch
from amorph_flows.engines.base import Engine
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import LabelDoc


@dataclass(kw_only=True)
class CalculatorEngine(Engine):
    """An engine whose single points come from an ASE calculator.

    Parameters
    ----------
    labels_per_job
        Single points in one job at most; a larger batch is cut into jobs that run side by side.
        0: all in one job.
    """

    labels_per_job: int = 0

    @abstractmethod
    def open_calculator(self, symbols: set[str]) -> AbstractContextManager[Calculator]:
        """Open the calculator, and close it at the end of the context.

        Parameters
        ----------
        symbols
            The elements that it will be asked about.
        """

    def require_known(self, symbols: set[str], known: Iterable[str]) -> None:
        """Refuse elements that the calculator does not know.

        Parameters
        ----------
        symbols
            Asked about.
        known
            What it knows.

        Raises
        ------
        InputError
            If one is not known.
        """
        if unknown := sorted(symbols - set(known)):
            raise InputError(
                f"engine {self.info().name} does not know {', '.join(unknown)}; use another engine"
            )

    @override
    @stage_job(LabelDoc)
    def static(
        self, frames: FrameSet, run: str = "", prev_dir: str | None = None
    ) -> LabelDoc | Response[Job]:
        """Label frames one by one.

        Each label is on the disk as soon as it is finished, and none is computed again by a job
        that runs in the same folder or is given it as ``prev_dir``.
        """
        return self.label_in_jobs(frames, run, prev_dir)

    def label_in_jobs(
        self, frames: FrameSet, run: str, prev_dir: str | None
    ) -> LabelDoc | Response[Job]:
        """Label frames, or return the jobs that do; called in a job.

        Parameters
        ----------
        frames
            The configurations.
        run
            Name of the batch.
        prev_dir
            Folder of an earlier job whose finished labels are not computed again.
        """
        whole = replace(self, labels_per_job=0)
        jobs = in_pieces(whole.static, self.info(), frames, run, self.labels_per_job)
        if jobs is not None:
            return jobs
        home = run_home(prev_dir)
        batch = self.label(frames, home, run=run, goes_on=prev_dir is not None)
        if not batch.is_complete:
            return continued(self.static(frames, run, prev_dir=str(home)))
        return batch.document(self.info(), run, home)

    def label(self, frames: FrameSet, home: Path, *, run: str, goes_on: bool) -> LabelledBatch:
        """Label frames, as many as the queue job has time for.

        Parameters
        ----------
        frames
            The configurations.
        home
            Folder of the finished labels.
        run
            Name of the batch.
        goes_on
            Whether an earlier job must have left some there.
        """
        symbols = {chemical_symbols[number] for frame in frames for number in frame.numbers}
        with self.open_calculator(symbols) as calculator:
            return label_batch(
                frames,
                lambda frame: self._label(frame, calculator),
                self.info().settings_hash,
                home,
                run=run,
                goes_on=goes_on,
            )

    def _label(self, frame: Frame, calculator: Calculator) -> Frame:
        atoms = Atoms(frame.numbers, positions=frame.positions, cell=frame.cell, pbc=True)
        atoms.calc = calculator
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise CalculationError("the energy or a force is not finite", Path.cwd())
        if "stress" in calculator.implemented_properties:
            atoms.get_stress()
        signed = self.provenance(frame.provenance.run)
        return Frame.from_atoms(atoms, frame.provenance).with_provenance(
            engine=signed.engine, settings_hash=signed.settings_hash, job_uuid=signed.job_uuid
        )
