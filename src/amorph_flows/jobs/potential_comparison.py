"""Fit one method to a part of a dataset and measure it; put several side by side."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
from pymatgen.core import Structure

from amorph_flows.datasets.errors import ErrorStatistics, error_statistics
from amorph_flows.errors import AmorphFlowsError, InputError
from amorph_flows.jobs.potential import predict, split_parts
from amorph_flows.jobs.potential_verdicts import generalises, recommend
from amorph_flows.jobs.required import required
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.potentials import get_backend
from amorph_flows.report.potential_comparison import comparison_page
from amorph_flows.runtime.cpu_time import cpu_seconds
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.potential_comparison import (
    MeasuredFit,
    PotentialComparisonDoc,
    Recommendation,
)

PAGE_FILE = "comparison.html"
_MD_TEMPERATURE_K = 300.0
_SHORT_STEPS, _LONG_STEPS, _MOST_STEPS = 20, 220, 20_000
_ENOUGH_S = 0.5


def training_order(n_training: int, seed: int) -> list[int]:
    """Return the order in which training frames join the subsets, so that these are nested.

    Parameters
    ----------
    n_training
        Training frames in all.
    seed
        Seed of the order.
    """
    order: list[int] = np.random.default_rng(seed).permutation(n_training).tolist()
    return order


@stage_job(DatasetDoc)
def take_training_frames(dataset: DatasetDoc | None, n_training: int, seed: int) -> DatasetDoc:
    """Return a dataset with the first training frames of the order of a comparison.

    Parameters
    ----------
    dataset
        Labelled frames and their split.
    n_training
        Training frames of the subset.
    seed
        Seed of the order.

    Raises
    ------
    InputError
        If there are fewer training frames.
    """
    dataset = required(dataset, "the dataset")
    held = len(dataset.training)
    if n_training > held:
        raise InputError(
            f"a subset of {n_training} training frames is asked for, and there are {held}; give "
            "smaller sizes or more labels"
        )
    chosen = sorted(training_order(held, seed)[:n_training])
    return dataset.renewed(training=[dataset.training[i] for i in chosen])


@stage_job(MeasuredFit, kind="md")
def measure_fit(
    potential: PotentialDoc | None,
    dataset: DatasetDoc | None,
    settings: FitSettings,
    trial: int,
    n_training: int,
    structure: Structure | None = None,
) -> MeasuredFit:
    """Return what was measured of a fit, and time it in LAMMPS.

    Parameters
    ----------
    potential
        The fit; None: it failed.
    dataset
        With the test frames.
    settings, trial, n_training
        How it was fitted.
    structure
        What is moved; None: no time is measured.
    """
    dataset = required(dataset, "the dataset")
    fit = MeasuredFit(
        method=f"{settings.model}, {settings.cutoff:g} Å",
        settings=settings,
        trial=trial,
        n_training=n_training,
    )
    if potential is None:
        return fit.model_copy(update={"failure": "its job failed; see it"})
    changes: dict[str, object] = {
        "potential_uuid": potential.job_uuid,
        "licence": potential.licence,
        "n_parameters": potential.n_parameters,
        "ended": potential.ended,
        "errors": potential.errors,
        "errors_by_formula": _by_formula(potential, dataset),
        "grade_check": potential.grade_check,
        "curves": {"parity": potential.curves.get("parity", {})},
        "fit_cpu_seconds": potential.cpu_seconds,
        "fit_wall_seconds": potential.wall_seconds,
        "peak_memory_mb": potential.peak_memory_mb,
        "cores": potential.cores,
    }
    if structure is not None:
        try:
            changes["md_us_atom_step"] = time_md(potential, structure)
        except AmorphFlowsError as error:
            changes["failure"] = f"in LAMMPS: {error}"
    return fit.model_copy(update=changes)


@stage_job(PotentialComparisonDoc)
def compare_fits(
    dataset: DatasetDoc | None,
    fits: list[MeasuredFit | None],
    sizes: list[int],
    seed: int,
    dataset_uuid: str = "",
) -> PotentialComparisonDoc:
    """Return the comparison of all fits, with a recommendation and a page.

    Parameters
    ----------
    dataset
        Which they were fitted to.
    fits
        What was measured; None stands for a job that failed.
    sizes
        Training frames of the subsets.
    seed
        Of the order in which frames joined them.
    dataset_uuid
        Of the dataset that the frames are from; empty: of ``dataset``.
    """
    dataset = required(dataset, "the dataset")
    known = [fit for fit in fits if fit is not None]
    parts = split_parts(dataset)
    doc = PotentialComparisonDoc(
        dataset_uuid=dataset_uuid or dataset.job_uuid,
        engine=dataset.engine,
        sizes=sorted(sizes),
        seed=seed,
        n_test={name: len(parts[name]) for name in ("test_random", "test_blocks")},
        fits=known,
        recommendation=Recommendation(method="", reasons=[], front=[]),
    )
    best = doc.best()
    doc = doc.model_copy(
        update={
            "recommendation": recommend(best),
            "verdicts": [generalises(fit) for fit in best],
        }
    )
    page = comparison_page(doc)
    Path(PAGE_FILE).write_text(page, encoding="utf-8")
    return doc.model_copy(update={"files": {PAGE_FILE: page}})


def _by_formula(
    potential: PotentialDoc, dataset: DatasetDoc
) -> dict[str, dict[str, ErrorStatistics]]:
    """Return the errors of the test frames of each composition."""
    method, parts = get_backend(potential.backend), split_parts(dataset)
    found: dict[str, dict[str, ErrorStatistics]] = {}
    for name in ("test_random", "test_blocks"):
        groups = defaultdict(list)
        for index, frame in enumerate(parts[name]):
            groups[frame.formula].append(index)
        if groups:
            labelled, predicted = parts[name], predict(method, potential, parts[name])
            found[name] = {
                formula: error_statistics(labelled.take(held), predicted.take(held))
                for formula, held in groups.items()
            }
    return found


def time_md(potential: PotentialDoc, structure: Structure) -> float:
    """Return the CPU time of MD for an atom and step, the start of LAMMPS left out, µs.

    Parameters
    ----------
    potential
        The potential.
    structure
        A cell of its elements.
    """
    _cpu_of_md(potential, structure, _SHORT_STEPS)  # the first run may compile its pair style
    start, steps = _cpu_of_md(potential, structure, _SHORT_STEPS), _LONG_STEPS
    while True:
        spent = _cpu_of_md(potential, structure, steps) - start
        if spent >= _ENOUGH_S or steps >= _MOST_STEPS:
            return max(0.0, 1e6 * spent / (len(structure) * (steps - _SHORT_STEPS)))
        steps = min(_MOST_STEPS, 5 * steps)


def _cpu_of_md(potential: PotentialDoc, structure: Structure, steps: int) -> float:
    md = LammpsMD.held(_MD_TEMPERATURE_K, steps * 1.0, time_step_fs=1.0, frame_stride=steps)
    folder = Path(mkdtemp(prefix="timing-", dir="."))  # empty: a finished run costs nothing
    before = cpu_seconds()
    run_lammps_md(structure, potential, md, folder)
    spent = cpu_seconds() - before
    rmtree(folder)  # the files of a failed run stay
    return spent
