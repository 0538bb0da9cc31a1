"""References beside the results of a study: which of them is of the same quantity."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report._text import number
from amorph_flows.schemas.judged_number import JudgedNumber
from amorph_flows.schemas.reference import Reference

_OF_FIT = {"diffusivity_300k": "tracer_diffusivity", "conductivity_300k": "conductivity"}
_SAME_K = 5.0
"""Room temperature is 298 K for some and 300 K for others."""


def matching(references: Sequence[Reference], row: JudgedNumber) -> list[Reference]:
    """Return the references of the quantity and temperature of a result.

    Parameters
    ----------
    references
        Of the study.
    row
        The result.
    """
    quantity = _OF_FIT.get(row.quantity, row.quantity)
    return [one for one in references if one.quantity == quantity and _same_k(one, row)]


def told(reference: Reference) -> str:
    """Return the value of a reference, of a range both ends, with its unit.

    Parameters
    ----------
    reference
        The reference.
    """
    given = reference.value if isinstance(reference.value, tuple) else (reference.value,)
    return f"{' to '.join(number(value, 3) for value in given)} {reference.unit}".strip()


def lines_of(references: Sequence[Reference], row: JudgedNumber | None) -> list[str]:
    """Return a line for a card for each reference of the same quantity and temperature.

    Parameters
    ----------
    references
        Of the study.
    row
        The result; None where there is none.
    """
    if row is None:
        return []
    return [f"{one.label}: {told(one)}" for one in matching(references, row)]


def _same_k(reference: Reference, row: JudgedNumber) -> bool:
    if reference.temperature_k is None or row.temperature_k is None:
        return reference.temperature_k is row.temperature_k
    return abs(reference.temperature_k - row.temperature_k) <= _SAME_K
