"""Fit of a potential to labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.datasets import refuse_unphysical, split_at_random, split_frames
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.jobs.dataset import SplitBy, build_dataset
from amorph_flows.jobs.potential import choose_potential, fit_potential, refit_potential
from amorph_flows.potentials import default_settings, get_learned_backend
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import AnyFitSettings, FitSettings
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class FitPotentialMaker(Maker):
    """Collect labels into a dataset and fit a potential to it.

    Parameters
    ----------
    name
        Name of the flow.
    settings
        Of the backend that they name: model, cutoff, weights and limits of the fit.
    alternatives
        Other settings to try; the fit of the least error of forces is kept, on the frames that
        ``settings.choose_on`` names, and refits use its settings.
    split
        How frames are held out: ``"blocks"``, test frames at random and by stretches of runs whose
        neighbours in time are left out; or ``"random"``, at random alone, whose neighbours are
        trained on, so that the test error is too low.
    test_fraction, validation_fraction
        Shares of the frames that are held out; with ``"blocks"`` the first is that of each of the
        two test parts.
    min_contact_a, max_force_ev_a
        Frames with a shorter contact, Å, or a larger force, eV/Å, are left out of the dataset;
        None: no limit.
    seed
        Seed of the split.
    """

    name: str = "fit potential"
    settings: AnyFitSettings = field(default_factory=default_settings)
    alternatives: tuple[AnyFitSettings, ...] = ()
    split: SplitBy = "blocks"
    test_fraction: float = 0.1
    validation_fraction: float = 0.1
    min_contact_a: float | None = 1.25
    max_force_ev_a: float | None = 30.0
    seed: int = 0

    @property
    def cutoff_a(self) -> float:
        """Largest cutoff of all settings, Å."""
        return max(settings.cutoff for settings in (self.settings, *self.alternatives))

    def check(self, structure: Structure) -> None:
        """Refuse settings with which no fit could run.

        Parameters
        ----------
        structure
            A structure that the potential is for.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the backend fits nothing or cannot run here.
        """
        if self.split not in ("blocks", "random"):
            raise InputError(f"split is {self.split!r}; give 'blocks' or 'random'")
        divide = split_at_random if self.split == "random" else split_frames
        divide(FrameSet(), self.test_fraction, self.validation_fraction)
        refuse_unphysical(FrameSet(), self.min_contact_a, self.max_force_ev_a)
        for settings in (self.settings, *self.alternatives):
            get_learned_backend(settings.backend).check()

    def make(self, labels: Sequence[LabelDoc]) -> Flow:
        """Return the flow; its output is a dictionary of ``dataset`` and ``potential``.

        Parameters
        ----------
        labels
            Labels of one engine, or references to them.
        """
        dataset = build_dataset(
            list(labels),
            test_fraction=self.test_fraction,
            validation_fraction=self.validation_fraction,
            min_contact_a=self.min_contact_a,
            max_force_ev_a=self.max_force_ev_a,
            seed=self.seed,
            split=self.split,
        )
        dataset.name = "dataset"
        without_what_failed(dataset)
        fits = [self._first_fit(dataset.output, s) for s in (self.settings, *self.alternatives)]
        jobs, potential = [dataset, *fits], fits[0].output
        if self.alternatives:
            choice = choose_potential([fit.output for fit in fits])
            without_what_failed(choice)
            jobs, potential = [*jobs, choice], choice.output
        output = {"dataset": dataset.output, "potential": potential}
        return Flow(jobs, output=output, name=self.name)

    def refit(self, dataset: DatasetDoc, start: PotentialDoc) -> Job:
        """Return the job that fits a potential again, with its own settings and backend.

        After a pretrained potential, which has nothing to fit, it is fitted with `settings`.

        Parameters
        ----------
        dataset
            The dataset, or a reference to it.
        start
            The potential to start from, or a reference to it.
        """
        job = refit_potential(dataset, start, self.settings)
        job.name = f"re{self.name}"
        return job

    def _first_fit(self, dataset: DatasetDoc, settings: FitSettings) -> Job:
        job = fit_potential(dataset, settings)
        job.name = self.name
        if self.alternatives:
            job.name += f" {settings.model}, {settings.cutoff:g} Å"
        return job
