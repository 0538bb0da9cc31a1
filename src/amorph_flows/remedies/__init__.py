"""Remedies: what to change in the study file so that a failed verdict passes, and what it costs."""

from amorph_flows.remedies._case import LENGTH
from amorph_flows.remedies._cost import OF_A_GLASS, core_hours
from amorph_flows.remedies._remedy import TABLE, remedy_for, with_remedy
from amorph_flows.remedies._settings import STUDY_KEYS, Settings, set_value, value_of
from amorph_flows.remedies._together import changes_of

__all__ = [
    "LENGTH",
    "OF_A_GLASS",
    "STUDY_KEYS",
    "TABLE",
    "Settings",
    "changes_of",
    "core_hours",
    "remedy_for",
    "set_value",
    "value_of",
    "with_remedy",
]
