"""The error of a potential on the validation frames of a dataset."""

from __future__ import annotations

from amorph_flows.datasets.errors import ErrorStatistics, error_statistics
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.datasets.grade_check import GradeCheck, check_grades, force_errors
from amorph_flows.errors import AmorphFlowsError
from amorph_flows.jobs.potential import MAX_FORCE_RMSE_EV_A, predict, split_parts
from amorph_flows.potentials import get_backend
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.potential import PotentialDoc

_TINY_FORCE_EV_A = 1e-12


def validation_errors(doc: PotentialDoc, dataset: DatasetDoc) -> ErrorStatistics | None:
    """Return the errors of a potential on the validation frames, None where it has none.

    Parameters
    ----------
    doc
        The potential.
    dataset
        With the frames.
    """
    frames = split_parts(dataset)["validation"]
    if not len(frames):
        return None
    try:
        return error_statistics(frames, predict(get_backend(doc.backend), doc, frames))
    except (ArithmeticError, RuntimeError, ValueError, AmorphFlowsError):
        return None


def checked_grades(doc: PotentialDoc, labelled: FrameSet) -> GradeCheck | None:
    """Return how the grades of new labels go with the errors of the potential that gave them.

    Parameters
    ----------
    doc
        The potential.
    labelled
        Frames with labels, and the grades that they were chosen for.

    Returns
    -------
    GradeCheck or None
        None where no frame has a grade, or the potential cannot compute them.
    """
    frames = FrameSet(f for f in labelled.labelled() if f.provenance.grade is not None)
    if not len(frames):
        return None
    try:
        errors = force_errors(frames, predict(get_backend(doc.backend), doc, frames))
    except (ArithmeticError, RuntimeError, ValueError, AmorphFlowsError):
        return None
    grades = [frame.provenance.grade or 0.0 for frame in frames]
    return check_grades(grades, errors, MAX_FORCE_RMSE_EV_A)


def force_error_ratio(before: ErrorStatistics, after: ErrorStatistics) -> float:
    """Return the error of forces of a refit over that of the potential before it.

    Parameters
    ----------
    before, after
        On the same frames.
    """
    return after.force_rmse_ev_a / max(before.force_rmse_ev_a, _TINY_FORCE_EV_A)


def is_below(errors: ErrorStatistics | None, most_ev_a: float) -> bool:
    """Return whether the error of forces is known and at most so large.

    Parameters
    ----------
    errors
        Of a potential; None where they are not known.
    most_ev_a
        Root mean square, eV/Å.
    """
    return errors is not None and errors.force_rmse_ev_a <= most_ev_a
