"""Fit of a potential to labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker, OnMissing

from amorph_flows.jobs.dataset import build_dataset
from amorph_flows.jobs.potential import choose_potential, fit_potential
from amorph_flows.potentials import default_backend
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import FitSettings, PotentialDoc


@dataclass
class FitPotentialMaker(Maker):
    """Collect labels into a dataset and fit a potential to it.

    Parameters
    ----------
    name
        Name of the flow.
    backend
        Name in the registry of potentials: ``"mtp"`` or ``"motep"``.
    settings
        Level, cutoff, weights and limits of the fit.
    alternatives
        Other settings to try; the fit of the least validation error of forces is kept, and
        refits use its settings.
    test_fraction, validation_fraction
        Shares of the frames that are held out.
    min_contact_a, max_force_ev_a
        Frames with a shorter contact, Å, or a larger force, eV/Å, are left out.
    seed
        Seed of the split.
    """

    name: str = "fit potential"
    backend: str = field(default_factory=default_backend)
    settings: FitSettings = field(default_factory=FitSettings)
    alternatives: tuple[FitSettings, ...] = ()
    test_fraction: float = 0.1
    validation_fraction: float = 0.1
    min_contact_a: float = 1.25
    max_force_ev_a: float = 30.0
    seed: int = 0

    def make(self, labels: Sequence[LabelDoc]) -> Flow:
        """Return the flow; its output is a dictionary of `dataset` and `potential`.

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
        )
        dataset.name = "dataset"
        dataset.update_config({"on_missing_references": OnMissing.NONE})
        fits = [self._first_fit(dataset.output, s) for s in (self.settings, *self.alternatives)]
        jobs, potential = [dataset, *fits], fits[0].output
        if self.alternatives:
            choice = choose_potential([fit.output for fit in fits])
            choice.update_config({"on_missing_references": OnMissing.NONE})
            jobs, potential = [*jobs, choice], choice.output
        output = {"dataset": dataset.output, "potential": potential}
        return Flow(jobs, output=output, name=self.name)

    def refit(self, dataset: DatasetDoc, start: PotentialDoc) -> Job:
        """Return the job that fits again with the settings of a potential.

        Parameters
        ----------
        dataset
            The dataset, or a reference to it.
        start
            The potential to start from, or a reference to it.
        """
        job = fit_potential(dataset, None, backend=self.backend, start=start)
        job.name = f"re{self.name}"
        return job

    def _first_fit(self, dataset: DatasetDoc, settings: FitSettings) -> Job:
        job = fit_potential(dataset, settings, backend=self.backend)
        job.name = self.name
        if self.alternatives:
            job.name += f" level {settings.level}, {settings.cutoff:g} Å"
        return job
