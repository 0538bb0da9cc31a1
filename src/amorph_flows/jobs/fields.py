"""Checks of the fields of a Maker; each error begins with the name of the field."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from amorph_flows.analysis.verdict import known_numbers
from amorph_flows.errors import InputError


def require_positive(**fields: float) -> None:
    """Refuse fields that are not above zero and finite.

    Parameters
    ----------
    **fields
        Values by name.

    Raises
    ------
    InputError
        If one is not.
    """
    for name, value in fields.items():
        if not 0 < value < math.inf:
            raise InputError(f"{name} is {value:g}; give more than 0")


def require_budget(name: str, of: str, **budgets: float | None) -> None:
    """Refuse a goal without a budget, and budgets that are not above zero and finite.

    Parameters
    ----------
    name
        The setting that gives the goal.
    of
        What ends when the budget is used up, such as ``"run"``.
    **budgets
        Values by name; None where one is not given.

    Raises
    ------
    InputError
        If none is given or one is not positive.
    """
    named = {f"{name}.{key}": value for key, value in budgets.items()}
    given = known_numbers(named)
    if not given:
        asked = ", ".join(named) + (" or both" if len(named) > 1 else "")
        raise InputError(f"{name} has no budget; give {asked}, so that the {of} ends in any case")
    require_positive(**given)


def require_not_negative(**fields: float) -> None:
    """Refuse fields that are negative or not finite.

    Parameters
    ----------
    **fields
        Values by name.

    Raises
    ------
    InputError
        If one is.
    """
    for name, value in fields.items():
        if not 0 <= value < math.inf:
            raise InputError(f"{name} is {value:g}; give 0 or more")


def require_at_least_one(**fields: int) -> None:
    """Refuse numbers of things that are below one.

    Parameters
    ----------
    **fields
        Values by name.

    Raises
    ------
    InputError
        If one is.
    """
    for name, value in fields.items():
        if value < 1:
            raise InputError(f"{name} is {value}; give at least 1")


@contextmanager
def valid_settings() -> Iterator[None]:
    """Say which field is wrong where pydantic refuses the settings of a run.

    Raises
    ------
    InputError
        Instead of pydantic's error.
    """
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:  # fields that do not fit together; the message names them
            raise InputError(str(first["ctx"]["error"])) from error
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{name} is {first['input']!r}; {first['msg']}") from error
