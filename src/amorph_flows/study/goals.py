"""The key ``until`` of the study file: what stages are to reach before they end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.study.overrides import override_names

_PLAIN = "production"
_STAGES = (_PLAIN, "melt_quench", "melt_quench.branch", "sampling", "active_learning")
_PLACES = {stage: f"{stage}.until" for stage in _STAGES} | {"glasses": "until"}
"""What a goal is of, and where the settings are."""


def goals_as_overrides(
    maker: object, until: Mapping[str, Any], overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the overrides that set the goals of stages.

    Parameters
    ----------
    maker
        Of the study.
    until
        Goals by the stage that they are of, or one goal alone, that of production.
    overrides
        Those of the study file, by dotted name; none of them may set a goal that is given here.

    Raises
    ------
    InputError
        If there is no such stage or setting of a goal; the message names the nearest one.
    """
    settings = _settings(maker)
    plain = [key for key in until if key in settings.get(_PLAIN, ())]
    if plain and len(plain) < len(until):
        other = next(key for key in until if key not in plain)
        raise InputError(
            f"until has {plain[0]!r} beside {other!r}; give one goal, which is that of production, "
            "or goals by stage, as in until: {production: {relative_error: 0.2, budget_ps: 400}}"
        )
    goals: Mapping[str, Any] = {_PLAIN: until} if plain else until
    found: dict[str, Any] = {}
    for stage, goal in goals.items():
        if stage not in settings:
            known = [*settings, *settings.get(_PLAIN, ())]
            raise InputError(f"until: {unknown_name('stage or key', stage, known)}")
        if not isinstance(goal, Mapping):
            raise InputError(f"until.{stage} is {goal!r}; give it keys with values")
        for key, value in goal.items():
            if key not in settings[stage]:
                raise InputError(f"until.{stage}: {unknown_name('key', key, settings[stage])}")
            name = f"{_PLACES[stage]}.{key}"
            if any(f"{name}.".startswith(f"{given}.") for given in overrides):
                raise InputError(f"{name} is set by until and by overrides; set it once")
            found[name] = value
    return found


def _settings(maker: object) -> dict[str, list[str]]:
    """Return the settings of the goal of each stage that has one."""
    names = override_names(maker)
    found = {}
    for stage, place in _PLACES.items():
        start = f"{place}."
        own = [name.removeprefix(start) for name in names if name.startswith(start)]
        if own:
            found[stage] = [name for name in own if name != "ion"]
    return found
