"""Relabel: another engine's labels for the frames of a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Maker
from pymatgen.core import Structure

from amorph_flows.datasets import refuse_unphysical
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.engines import AseEngine, Engine
from amorph_flows.jobs.fields import require_at_least_one
from amorph_flows.jobs.relabel import compare_engines, relabel_dataset, take_frames
from amorph_flows.schemas.dataset import DatasetDoc


@dataclass
class RelabelMaker(Maker):
    """Give frames of a dataset the labels of another engine and compare the two.

    The result is a dataset of its own: labels of two engines never mix.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Where the new energies and forces come from.
    max_frames
        Frames at most, evenly spaced over the dataset; None: all.
    min_contact_a, max_force_ev_a
        Frames with a shorter contact, Å, or a larger new force, eV/Å, are left out of the new
        dataset, None: no limit; the comparison has them.
    seed
        Seed of the draws behind the standard errors of the comparison.

    Examples
    --------
    >>> dataset = latest(store, DatasetDoc, study="v2o5-study")
    >>> flow = RelabelMaker(engine=AseEngine(calculator="GPAW"), max_frames=10).make(dataset)
    """

    name: str = "relabel"
    engine: Engine = field(default_factory=AseEngine)
    max_frames: int | None = None
    min_contact_a: float | None = 1.25
    max_force_ev_a: float | None = 30.0
    seed: int = 0

    def check(self, structure: Structure | None = None) -> None:
        """Refuse an engine that could not label the frames.

        Parameters
        ----------
        structure
            A structure of the elements of the dataset; None: they are not checked.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the engine cannot compute the structure.
        """
        if self.max_frames is not None:
            require_at_least_one(max_frames=self.max_frames)
        refuse_unphysical(FrameSet(), self.min_contact_a, self.max_force_ev_a)
        self.engine.check(structure)

    def make(self, dataset: DatasetDoc) -> Flow:
        """Return the flow; its output is a dictionary of `dataset` and `comparison`.

        Parameters
        ----------
        dataset
            Frames with labels of one engine, or a reference to them.
        """
        origin = dataset.job_uuid
        frames = take_frames(dataset, self.max_frames)
        frames.name = f"{self.name}: frames"
        labels = self.engine.static(frames.output.frames, run=self.name)
        labels.name = f"{self.name}: labels"
        relabelled = relabel_dataset(
            frames.output,
            labels.output,
            min_contact_a=self.min_contact_a,
            max_force_ev_a=self.max_force_ev_a,
        )
        relabelled.name = f"{self.name}: dataset"
        comparison = compare_engines(
            frames.output, labels.output, dataset_uuid=origin, seed=self.seed
        )
        comparison.name = f"{self.name}: comparison"
        output = {"dataset": relabelled.output, "comparison": comparison.output}
        return Flow([frames, labels, relabelled, comparison], output=output, name=self.name)
