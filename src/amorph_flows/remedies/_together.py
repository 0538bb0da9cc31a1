"""Remedies of several verdicts, taken together as one change of the study file."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from amorph_flows.analysis.verdict import Remedy
from amorph_flows.remedies._settings import Settings, value_of


def changes_of(remedies: Iterable[Remedy], settings: Settings) -> dict[str, Any]:
    """Return one value for each key: of several numbers the one furthest from the present.

    Parameters
    ----------
    remedies
        Of some verdicts.
    settings
        Of the study.

    Returns
    -------
    dict
        Values by key, as the ``overrides`` of a study file hold them.
    """
    changes: dict[str, Any] = {}
    for remedy in remedies:
        value = list(remedy.value) if isinstance(remedy.value, tuple) else remedy.value
        if remedy.key in changes:
            value = _furthest(value_of(settings, remedy.key), changes[remedy.key], value)
        changes[remedy.key] = value
    return changes


def _furthest(present: Any, one: Any, other: Any) -> Any:
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [max(pair) for pair in zip(one, other, strict=True)]
    if not all(isinstance(value, int | float) and value > 0 for value in (present, one, other)):
        return one
    return max((one, other), key=lambda value: abs(math.log(value / present)))
