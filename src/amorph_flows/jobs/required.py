"""Required inputs of a job, which are missing if the job that makes them failed."""

from __future__ import annotations

from typing import TypeVar

from amorph_flows.errors import CalculationError

_T = TypeVar("_T")


def required(document: _T | None, what: str) -> _T:
    """Return a document that a job cannot do without.

    Parameters
    ----------
    document
        The document; None where the job that makes it failed.
    what
        What it is, for the message.

    Raises
    ------
    CalculationError
        If it is missing.
    """
    if document is None:
        raise CalculationError(
            f"{what} is missing because the job that makes it failed; see that job"
        )
    return document
