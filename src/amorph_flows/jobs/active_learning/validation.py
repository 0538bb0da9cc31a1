"""The error of a potential on the validation frames of a dataset."""

from __future__ import annotations

from amorph_flows.datasets.errors import ErrorStatistics, error_statistics
from amorph_flows.errors import AmorphFlowsError
from amorph_flows.jobs.potential import predict, split_parts
from amorph_flows.potentials import get_backend
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.potential import PotentialDoc


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
