"""The remedy of a failed verdict: what its table says, with the cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from amorph_flows.analysis.verdict import Remedy, Verdict
from amorph_flows.remedies._case import Case, Table
from amorph_flows.remedies._cost import core_hours
from amorph_flows.remedies._glasses import GLASSES
from amorph_flows.remedies._others import OTHERS
from amorph_flows.remedies._samples import SAMPLES
from amorph_flows.remedies._settings import Settings, value_of
from amorph_flows.remedies._transport import TRANSPORT

TABLE: Table = {**TRANSPORT, **OTHERS, **SAMPLES, **GLASSES}
"""By question and failing answer: what finds the change, or why no change would do."""


def remedy_for(
    verdict: Verdict,
    stage: str,
    settings: Settings,
    cpu_seconds: Mapping[str, float | None] | None = None,
) -> Remedy | None:
    """Return what would turn a verdict.

    None for one that passed, where no change of the study file would do (`TABLE` says why), and
    where the study has no such key, as with a stage of one's own.

    Parameters
    ----------
    verdict
        The verdict.
    stage
        Key of the stage that it is about, such as ``"production"``.
    settings
        Of the study.
    cpu_seconds
        What the jobs of each stage took, s; None where that is not known.
    """
    found = TABLE.get(verdict.question, {}).get(verdict.answer)
    if verdict.passed or found is None or isinstance(found, str):
        return None
    change = found(Case(verdict, stage, settings))
    if change is None:
        return None
    key, value = change
    present = value_of(settings, key)
    if present is None or _plain(present) == _plain(value):
        return None
    return Remedy(key, value, core_hours({key: value}, settings, cpu_seconds or {}))


def with_remedy(
    verdict: Verdict,
    stage: str,
    settings: Settings,
    cpu_seconds: Mapping[str, float | None] | None = None,
) -> Verdict:
    """Return a verdict with its remedy, where it has one; as `remedy_for`."""
    if verdict.remedy is not None:
        return verdict
    return replace(verdict, remedy=remedy_for(verdict, stage, settings, cpu_seconds))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
