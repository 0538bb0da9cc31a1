"""Settings of a study as nested mappings, read and changed by the keys of the study file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Settings = Mapping[str, Any]
"""Fields of the study's Maker, those of its stages inside, as JSON holds them."""

STUDY_KEYS = ("n_glasses", "n_occupations")
"""Fields of the study's Maker that are keys of the study file; all others are its overrides."""


def value_of(settings: Settings, key: str) -> Any:
    """Return the value of a key, None where there is no such key.

    Parameters
    ----------
    settings
        Of the study.
    key
        Such as ``"production.production_fs"``.
    """
    here: Any = settings
    for part in key.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return None
        here = here[part]
    return here


def set_value(settings: Settings, key: str, value: Any) -> Settings:
    """Return the settings with another value of a key.

    Parameters
    ----------
    settings
        Of the study.
    key
        One that is there.
    value
        The new value.
    """
    first, _, rest = key.partition(".")
    return {**settings, first: set_value(settings[first], rest, value) if rest else value}
