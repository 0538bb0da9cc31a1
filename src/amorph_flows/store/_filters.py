"""Filters of a store for the filters of `find_documents`."""

from __future__ import annotations

import pkgutil
from datetime import datetime
from typing import Any

from amorph_flows import schemas
from amorph_flows.errors import InputError, unknown_name
from amorph_flows.store.keys import ANSWERS, COMPLETED, CURRENT, FORMULAS, IONS, STAGE, STUDY


def stages() -> list[str]:
    """Return the names of the stages, which are the modules that define their documents."""
    modules = {module.name for module in pkgutil.iter_modules(schemas.__path__)}
    return sorted(modules - schemas.SHARED)


def document_filter(
    stage: str | None = None,
    formula: str | None = None,
    ion: str | None = None,
    study: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    verdict: str | None = None,
    superseded: bool = False,
) -> dict[str, Any]:
    """Return the filter that MongoDB gets for the filters of `find_documents`.

    Raises
    ------
    InputError
        If the stage is unknown or a date cannot be read.
    """
    given = {
        STAGE: _known_stage(stage),
        FORMULAS: reduced_formula(formula) if formula else None,
        IONS: ion,
        STUDY: study,
        ANSWERS: verdict,
    }
    filters: dict[str, Any] = {field: value for field, value in given.items() if value}
    filters[CURRENT] = {"$in": [True, False]} if superseded else True
    dates = {"$gte": since, "$lt": until}
    asked = {operator: _date(date) for operator, date in dates.items() if date is not None}
    return filters | ({COMPLETED: asked} if asked else {})


def reduced_formula(formula: str) -> str:
    """Return a formula as pymatgen reduces it, so that O5V2 finds V2O5.

    Parameters
    ----------
    formula
        What a person typed.

    Raises
    ------
    InputError
        If there is no such formula.
    """
    from pymatgen.core import Composition

    try:
        return str(Composition(formula).reduced_formula)
    except ValueError as error:
        raise InputError(f"{formula!r} is not a formula; write it as in V2O5") from error


def _date(date: datetime | str) -> str:
    """Return a date as jobflow stores it: local time, ISO format."""
    try:
        read = date if isinstance(date, datetime) else datetime.fromisoformat(date)
    except ValueError as error:
        raise InputError(f"{date!r} is not a date; write it as in 2025-06-30T12:00") from error
    return read.astimezone().replace(tzinfo=None).isoformat()


def _known_stage(stage: str | None) -> str | None:
    if stage is not None and stage not in stages():
        raise unknown_name("stage", stage, stages())
    return stage
