"""What stands in the way: each cause once, with what it touches and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from amorph_flows.analysis.verdict import Remedy
from amorph_flows.remedies import STUDY_KEYS, Settings, changes_of
from amorph_flows.report._names import quantity_name
from amorph_flows.report._text import with_full_stop
from amorph_flows.schemas.judged_number import Cause, JudgedNumber
from amorph_flows.schemas.labelling import EngineVerdict


@dataclass(frozen=True)
class Obstacle:
    """One cause that keeps results from being believed.

    Parameters
    ----------
    question, answer
        Of its verdict.
    reasons
        Sentences with the numbers, one for each place where it was found.
    results
        The results that it touches, with their temperatures.
    n_results
        How many lines of results it touches.
    remedies
        What would turn it, one for each key.
    """

    question: str
    answer: str
    reasons: list[str]
    results: list[str]
    n_results: int
    remedies: list[Remedy]

    def data(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def obstacles(rows: Sequence[JudgedNumber], settings: Settings) -> list[Obstacle]:
    """Return the causes of all results, those with a remedy first and a surrogate engine last.

    Parameters
    ----------
    rows
        The results.
    settings
        Of the study.
    """
    found: dict[tuple[str, str], list[tuple[JudgedNumber, Cause]]] = {}
    for row in rows:
        for cause in row.causes:
            found.setdefault((cause.question, cause.answer), []).append((row, cause))
    made = [
        _obstacle(question, answer, touched, settings)
        for (question, answer), touched in found.items()
    ]
    return sorted(made, key=_rank)


def study_lines(changes: Mapping[str, Any]) -> str:
    """Return changes as lines of the study file, empty where there are none.

    Parameters
    ----------
    changes
        Values by key.
    """
    keys = [yaml_line(key, changes[key]) for key in changes if key in STUDY_KEYS]
    inner = [f"  {yaml_line(key, changes[key])}" for key in changes if key not in STUDY_KEYS]
    return "".join(f"{line}\n" for line in (*keys, *(["overrides:"] if inner else []), *inner))


def yaml_line(key: str, value: object) -> str:
    """Return one line of YAML.

    Parameters
    ----------
    key, value
        Of the study file.
    """
    plain = list(value) if isinstance(value, tuple) else value
    shown = yaml.safe_dump(plain, default_flow_style=True, width=10_000)
    return f"{key}: {shown.removesuffix('...' + chr(10)).strip()}"


def _rank(one: Obstacle) -> tuple[bool, bool, int]:
    return one.answer == EngineVerdict.SURROGATE, not one.remedies, -one.n_results


def _obstacle(
    question: str, answer: str, touched: Sequence[tuple[JudgedNumber, Cause]], settings: Settings
) -> Obstacle:
    given = [cause.remedy for _, cause in touched if cause.remedy is not None]
    costs: dict[str, float] = {}
    for remedy in given:
        if remedy.core_hours is not None:
            costs[remedy.key] = max(remedy.core_hours, costs.get(remedy.key, 0.0))
    merged = [
        Remedy(key, tuple(value) if isinstance(value, list) else value, costs.get(key))
        for key, value in changes_of(given, settings).items()
    ]
    reasons = dict.fromkeys(with_full_stop(cause.reason) for _, cause in touched)
    rows = {id(row): row for row, _ in touched}.values()
    return Obstacle(question, answer, list(reasons), _told(list(rows)), len(rows), merged)


def _told(rows: Sequence[JudgedNumber]) -> list[str]:
    """Return quantities with the temperatures at which they are touched."""
    kelvin: dict[str, list[float]] = {}
    for row in rows:
        known = kelvin.setdefault(quantity_name(row.quantity), [])
        if row.temperature_k is not None and row.temperature_k not in known:
            known.append(row.temperature_k)
    return [
        f"{name} ({', '.join(f'{t:g}' for t in sorted(at))} K)" if at else name
        for name, at in kelvin.items()
    ]
