"""Fit a potential to a dataset and measure its errors."""

from __future__ import annotations

import math
import os
import time
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
from jobflow import Job, Response

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets import apart_from
from amorph_flows.datasets.binary import encode_array
from amorph_flows.datasets.errors import ErrorStatistics, error_statistics
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.datasets.grade_check import GradeCheck, check_grades, force_errors
from amorph_flows.errors import InputError
from amorph_flows.jobs.required import required
from amorph_flows.potentials import Fit, LearnedBackend, PotentialBackend, get_learned_backend
from amorph_flows.potentials.learned import UnfinishedFitError
from amorph_flows.runtime.continuation import continued, reference_to, run_home
from amorph_flows.runtime.memory import peak_memory
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc, PotentialVerdict, Trial

_MAX_ENERGY_RMSE_MEV = 10.0
MAX_FORCE_RMSE_EV_A = 0.3
MIN_TRAINING_FRAMES = 1000
_PARITY_FRAMES = 200


@stage_job(PotentialDoc)
def fit_potential(
    dataset: DatasetDoc, settings: FitSettings, prev_dir: str | None = None
) -> PotentialDoc | Response[Job]:
    """Return a potential fitted to the training frames of a dataset.

    Hyperparameters and the snapshot are chosen on validation frames; test frames are used once,
    for the errors. A fit that its queue job is too short for goes on in a new job, where its method
    has checkpoints.

    Parameters
    ----------
    dataset
        Labelled frames and their split.
    settings
        Of the backend that they name: model, cutoff, weights and limits.
    prev_dir
        Folder of an earlier job whose fit this one goes on with.

    Raises
    ------
    InputError
        If the dataset has no training frames.
    """
    home = run_home(prev_dir)
    try:
        return _fitted_in(home, dataset, settings, None)
    except UnfinishedFitError:
        return continued(fit_potential(_in_store(dataset), settings, prev_dir=str(home)))


@stage_job(PotentialDoc)
def refit_potential(
    dataset: DatasetDoc,
    start: PotentialDoc,
    settings: FitSettings | None = None,
    prev_dir: str | None = None,
) -> PotentialDoc | Response[Job]:
    """Return a potential fitted again, from its parameters, with its settings and backend.

    Without new training frames the potential is returned as it is.

    Parameters
    ----------
    dataset
        Labelled frames and their split.
    start
        The potential to start from.
    settings
        Of the fit that follows a pretrained potential, which is not fitted itself; None: its own.
    prev_dir
        Folder of an earlier job whose fit this one goes on with.

    Raises
    ------
    InputError
        If the dataset has no training frames, or the potential is not a fitted one.
    """
    if start.n_training_frames == len(dataset.training):
        return start
    home, own = run_home(prev_dir), start.fit_settings()
    other = settings is not None and settings.backend != own.backend
    try:
        if settings is not None and other and not get_learned_backend(own.backend).is_trained:
            return _fitted_in(home, dataset, settings, None)
        return _fitted_in(home, dataset, own, start)
    except UnfinishedFitError:
        rest = refit_potential(_in_store(dataset), _in_store(start), settings, prev_dir=str(home))
        return continued(rest)


def _in_store(document: StageDocument) -> Any:
    """Return the reference to a document, or itself where no job made it."""
    return reference_to(document) if document.job_uuid else document


def _fitted_in(
    home: Path, dataset: DatasetDoc, settings: FitSettings, start: PotentialDoc | None
) -> PotentialDoc:
    with chdir(home):
        doc = _fitted(dataset, settings, start)
    return doc.model_copy(update={"directory": str(home)})


def _fitted(dataset: DatasetDoc, settings: FitSettings, start: PotentialDoc | None) -> PotentialDoc:
    method = get_learned_backend(settings.backend)
    method.check()
    parts = split_parts(dataset)
    if not len(parts["training"]):
        raise InputError("the dataset has no training frames; sample more or lower the fractions")
    chosen_on = parts["validation" if settings.choose_on == "validation" else "test_random"]
    began = time.monotonic()
    with peak_memory() as peak:
        fit = method.fit(parts["training"], chosen_on, settings, start=start)
        doc = _document(dataset, parts, settings, method, fit, start)
    measured = {
        "wall_seconds": time.monotonic() - began,
        "peak_memory_mb": peak.megabytes,
        "cores": len(os.sched_getaffinity(0)),
    }
    return _with_errors(doc.model_copy(update=measured), method, parts)


@stage_job(PotentialDoc)
def choose_potential(fits: list[PotentialDoc | None]) -> PotentialDoc:
    """Return the potential of the least error of forces, on the frames that chose its snapshot.

    Test errors play no part unless ``choose_on`` of its settings is ``"test"``.

    Parameters
    ----------
    fits
        Potentials of one dataset; None stands for a fit that failed.

    Raises
    ------
    CalculationError
        If every fit failed.
    """
    finished = [fit for fit in fits if fit is not None]
    ranked = sorted(required(finished or None, "every fit"), key=_force_error)
    return ranked[0].model_copy(update={"trials": [_trial(fit) for fit in ranked]})


def _trial(doc: PotentialDoc) -> Trial:
    settings, part = doc.fit_settings(), _chosen_on(doc)
    return Trial(
        model=settings.model,
        settings=settings.model_dump(mode="json"),
        n_parameters=doc.n_parameters,
        part=part,
        errors=doc.errors[part],
        ended=doc.ended,
        cpu_seconds=doc.training_cpu_seconds,
    )


def _chosen_on(doc: PotentialDoc) -> str:
    """Return the part of the dataset that chooses among fits."""
    part = "validation" if doc.fit_settings().choose_on == "validation" else "test_random"
    return part if part in doc.errors else "training"


def _force_error(doc: PotentialDoc) -> float:
    errors = doc.errors[_chosen_on(doc)]
    return errors.force_rmse_ev_a if math.isfinite(errors.force_rmse_ev_a) else math.inf


def split_parts(dataset: DatasetDoc) -> dict[str, FrameSet]:
    """Return the frames of each part of a dataset.

    Parameters
    ----------
    dataset
        The dataset.
    """
    names = ("training", "validation", "test_random", "test_blocks")
    return {name: dataset.frames.take(getattr(dataset, name)) for name in names}


def predict(method: PotentialBackend, doc: PotentialDoc, frames: FrameSet) -> FrameSet:
    """Return the frames with a potential's energies, forces and stresses as labels.

    Parameters
    ----------
    method
        The backend of the potential.
    doc
        The potential.
    frames
        Any frames.
    """
    return frames.labelled_by(method.calculator(doc))


def _document(
    dataset: DatasetDoc,
    parts: dict[str, FrameSet],
    settings: FitSettings,
    method: LearnedBackend,
    fit: Fit,
    start: PotentialDoc | None,
) -> PotentialDoc:
    held_out = parts["validation"].labelled() if method.grades_need == "held-out" else FrameSet()
    graded_by = method.grade_files(fit, held_out or parts["training"], settings)
    return PotentialDoc(
        species=fit.species,
        settings=settings,
        engine=dataset.engine,
        files=fit.files | graded_by,
        grade_files=sorted(graded_by),
        reference_energies_ev=fit.reference_energies_ev,
        licence=method.licence,
        versions=fit.versions,
        n_parameters=fit.n_parameters,
        n_training_frames=len(parts["training"]),
        errors={},
        curves={"history": [list(point) for point in fit.history]},
        training_cpu_seconds=fit.cpu_seconds,
        ended=fit.ended,
        trials=start.trials if start is not None else [],
        dataset_uuid=dataset.job_uuid,
        parent_uuid=start.job_uuid if start is not None else "",
    )


def _with_errors(
    doc: PotentialDoc, method: LearnedBackend, parts: dict[str, FrameSet]
) -> PotentialDoc:
    errors, parity, found = {}, {}, {}
    for name, frames in parts.items():
        if len(frames):
            predicted = found[name] = predict(method, doc, frames)
            errors[name] = error_statistics(frames, predicted)
            parity[name] = _parity(frames, predicted)
    if apart := _apart(parts):
        of_apart = parts["test_random"].take(apart)
        errors["test_apart"] = error_statistics(of_apart, found["test_random"].take(apart))
    held_out = next((n for n in ("test_blocks", "test_random") if n in errors), None)
    return doc.model_copy(
        update={
            "errors": errors,
            "grade_check": _grade_check(doc, method, parts[held_out], found[held_out])
            if held_out and doc.has_grades
            else None,
            "curves": {**doc.curves, "parity": parity},
            "verdicts": _verdicts(doc, errors.get(held_out) if held_out else None),
        }
    )


def _apart(parts: dict[str, FrameSet]) -> list[int]:
    """Return random test frames without neighbours in training, where no blocks are held out."""
    if len(parts["test_blocks"]):
        return []
    random, training = parts["test_random"], parts["training"]
    n_random = len(random)
    both = random + training
    return apart_from(both, range(n_random), range(n_random, len(both)))


def _grade_check(
    doc: PotentialDoc, method: LearnedBackend, labelled: FrameSet, predicted: FrameSet
) -> GradeCheck:
    grades = method.grades(doc, labelled)
    return check_grades(grades, force_errors(labelled, predicted), MAX_FORCE_RMSE_EV_A)


def _parity(labelled: FrameSet, predicted: FrameSet) -> dict[str, dict[str, object]]:
    """Return reference and predicted values, thinned to what a figure can show."""
    every = max(1, len(labelled) // _PARITY_FRAMES)
    pairs = list(zip(labelled[::every], predicted[::every], strict=True))
    energies = np.array([(a.energy_ev_atom, b.energy_ev_atom) for a, b in pairs])
    forces = np.concatenate(
        [
            np.column_stack([a.forces.ravel(), b.forces.ravel()])
            for a, b in pairs
            if a.forces is not None and b.forces is not None
        ]
    )
    thin = max(1, len(forces) // 5000)
    return {
        "energy_ev_atom": encode_array(energies.astype(np.float32)),
        "force_ev_a": encode_array(forces[::thin].astype(np.float32)),
    }


def _verdicts(doc: PotentialDoc, held_out: ErrorStatistics | None) -> list[Verdict]:
    verdicts = [_accuracy(held_out), _data_size(doc.n_training_frames)]
    verdicts += doc.engine.verdicts("labels")
    if doc.ended == "time":
        verdicts.append(_out_of_time(doc.fit_settings().max_seconds))
    if doc.fit_settings().choose_on == "test":
        verdicts.append(
            Verdict(
                question="test frames used once?",
                answer=PotentialVerdict.CHOSEN_ON_TEST,
                passed=False,
                scope="numerical",
                reason="hyperparameters and snapshot were chosen on the test frames, so the test "
                "error is too low",
            )
        )
    return verdicts


def _out_of_time(max_seconds: float) -> Verdict:
    return Verdict(
        question="fit ended by itself?",
        answer=PotentialVerdict.OUT_OF_TIME,
        passed=False,
        scope="numerical",
        reason=f"the clock ended the fit after {max_seconds:g} s, before its steps or convergence "
        "did: another machine would give another potential",
        numbers={"max_seconds": max_seconds},
    )


def _accuracy(errors: ErrorStatistics | None) -> Verdict:
    limits = {"energy_mev_atom": _MAX_ENERGY_RMSE_MEV, "force_ev_a": MAX_FORCE_RMSE_EV_A}
    if errors is None:
        return Verdict(
            question="potential accurate?",
            answer=PotentialVerdict.NOT_TESTED,
            passed=False,
            scope="numerical",
            reason="the potential was not tested on held-out frames",
            thresholds=limits,
        )
    energy, force = errors.energy_rmse_mev_atom, errors.force_rmse_ev_a
    good = energy <= _MAX_ENERGY_RMSE_MEV and force <= MAX_FORCE_RMSE_EV_A
    return Verdict(
        question="potential accurate?",
        answer=PotentialVerdict.ACCURATE if good else PotentialVerdict.INACCURATE,
        passed=good,
        scope="numerical",
        reason=f"held-out errors are {energy:.1f} meV/atom and {force:.2f} eV/Å "
        f"(limits {_MAX_ENERGY_RMSE_MEV:g} and {MAX_FORCE_RMSE_EV_A:g})",
        numbers={"energy_mev_atom": energy, "force_ev_a": force},
        thresholds=limits,
    )


def _data_size(n_training: int) -> Verdict:
    enough = n_training >= MIN_TRAINING_FRAMES
    return Verdict(
        question="enough training frames?",
        answer=PotentialVerdict.ENOUGH if enough else PotentialVerdict.FEW,
        passed=enough,
        scope="numerical",
        reason=f"{n_training} training frames (at least {MIN_TRAINING_FRAMES} are asked for)",
        numbers={"n_training": n_training},
        thresholds={"n_training": MIN_TRAINING_FRAMES},
    )
