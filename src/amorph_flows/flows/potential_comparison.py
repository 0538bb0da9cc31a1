"""Methods of potentials compared fairly: the same frames, splits and budgets."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.engines import Engine
from amorph_flows.errors import InputError
from amorph_flows.flows.potential_observables import ObservableSettings, Observed
from amorph_flows.jobs.fields import require_at_least_one
from amorph_flows.jobs.potential import fit_potential
from amorph_flows.jobs.potential_comparison import compare_fits, measure_fit, take_training_frames
from amorph_flows.jobs.potential_observables import add_observables
from amorph_flows.jobs.relabel import take_frames
from amorph_flows.lammps import check_lammps
from amorph_flows.potentials import get_learned_backend
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import AnyFitSettings
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class ComparePotentialsMaker(Maker):
    """Fit several methods to nested subsets of a dataset and compare them.

    Every method sees the same frames, and is tested on the same random frames and trajectory
    blocks. Its trials are settings of one backend; for each size, that with the smallest
    validation error of forces counts, so give each method as many.

    Parameters
    ----------
    name
        Name of the flow.
    methods
        Settings to fit; several of one backend are the trials of a method.
    sizes
        Training frames of the subsets, each of which holds the smaller ones; empty: all that there
        are.
    own_sizes
        Sizes of methods that are fitted to other subsets than the rest, by backend.
    engine
        That of the labels, which computes the references of observables; None: there are none.
    observables
        What is computed with the engine and with each potential that is fitted to the most frames,
        where a structure is given.
    seed
        Seed of the order in which frames join the subsets.

    Examples
    --------
    >>> maker = ComparePotentialsMaker(
    ...     methods=(MTPSettings(level=12, cutoff=5.0), SnapSettings(cutoff=5.0)), sizes=(100, 200)
    ... )
    >>> flow = maker.make(dataset, structure)
    """

    name: str = "compare potentials"
    methods: tuple[AnyFitSettings, ...] = ()
    sizes: tuple[int, ...] = ()
    own_sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    engine: Engine | None = None
    observables: ObservableSettings = field(default_factory=ObservableSettings)
    seed: int = 0

    def check(self, structure: Structure | None = None, dataset: DatasetDoc | None = None) -> None:
        """Refuse a comparison that could not run, before anything does.

        Parameters
        ----------
        structure
            What is relaxed and moved; None: neither.
        dataset
            The dataset; None: it is checked when the flow is made.

        Raises
        ------
        InputError, MissingDependencyError
            If there is no method, one cannot run here, a size is out of range, or the dataset
            has no test frames.
        """
        if not self.methods:
            raise InputError("there are no methods to compare; give at least one")
        for settings in self.methods:
            get_learned_backend(settings.backend).check()
        backends = [settings.backend for settings in self.methods]
        for backend in self.own_sizes:
            if backend not in backends:
                raise InputError(
                    f"own_sizes has {backend!r}, which is none of the methods; they are "
                    f"{', '.join(dict.fromkeys(backends))}"
                )
        for size in self._given_sizes():
            require_at_least_one(sizes=size)
        if structure is not None:
            check_lammps()
            self.observables.check(structure, self.engine)
        if dataset is not None:
            self._check_data(dataset, structure)

    def _given_sizes(self) -> list[int]:
        """Return all sizes that are asked for, in ascending order."""
        given = set(self.sizes).union(*self.own_sizes.values())
        return sorted(given)

    def _check_data(self, dataset: DatasetDoc, structure: Structure | None) -> None:
        held = len(dataset.training)
        for size in self._given_sizes():
            if size > held:
                raise InputError(
                    f"sizes has {size}, and the dataset has {held} training frames; give smaller "
                    "ones or more labels"
                )
        if not dataset.test_random and not dataset.test_blocks:
            raise InputError("the dataset has no test frames; build it with a test_fraction")
        if structure is not None:
            symbols = {site.specie.symbol for site in structure}
            known = {s for f in dataset.frames for s in f.to_atoms().get_chemical_symbols()}
            if missing := sorted(symbols - known):
                raise InputError(f"the structure has {', '.join(missing)}, which no frame has")

    def make(self, dataset: DatasetDoc, structure: Structure | None = None) -> Flow:
        """Return the flow; its output is a `PotentialComparisonDoc`.

        Parameters
        ----------
        dataset
            Labelled frames and their split.
        structure
            A crystal or glass that each potential moves in LAMMPS, for its speed, and of which
            observables are computed; None: neither is compared.
        """
        self.check(structure, dataset)
        shared = sorted(set(self.sizes)) or [len(dataset.training)]
        sizes = sorted({*shared, *self._given_sizes()})
        whole = take_frames(dataset)  # stored once; all other jobs refer to it
        whole.name = f"{self.name}: dataset"
        data = whole.output
        subsets = {size: take_training_frames(data, size, self.seed) for size in sizes}
        for size, subset in subsets.items():
            subset.name = f"{self.name}: {size} frames"
        reference = Observed()
        if structure is not None and self.engine is not None:
            reference = self.observables.of_engine(self.engine, structure, self.name)
        parts: list[Job | Flow] = [whole, *subsets.values(), *reference.jobs]
        measured = []
        trials: dict[str, int] = {}
        for settings in self.methods:
            trial = trials[settings.backend] = trials.get(settings.backend, -1) + 1
            own = sorted(set(self.own_sizes.get(settings.backend, shared)))
            for size in own:
                what = f"{self.name}: {settings.model}, {size} frames"
                fit = fit_potential(subsets[size].output, settings)
                fit.name = f"{self.name}: fit {settings.model} to {size} frames"
                measure = measure_fit(fit.output, data, settings, trial, size, structure)
                measure.name = f"{self.name}: measure {settings.model}, {size} frames"
                without_what_failed(measure)
                parts += [fit, measure]
                if structure is not None and self.observables.names and size == own[-1]:
                    observed = self.observables.of_potential(fit.output, structure, what)
                    measure = add_observables(
                        measure.output, observed.outputs, reference.outputs, self.observables.ion
                    )
                    measure.name = f"{what}, observables"
                    without_what_failed(measure)
                    parts += [*observed.jobs, measure]
                measured.append(measure.output)
        compare = compare_fits(data, measured, sizes, self.seed, dataset.job_uuid)
        compare.name = self.name
        without_what_failed(compare)
        return Flow([*parts, compare], output=compare.output, name=self.name)
