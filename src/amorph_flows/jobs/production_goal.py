"""The goal of a production run: checked before it runs, and held against what it gave."""

from __future__ import annotations

from math import inf, isfinite

from pymatgen.core import Species

from amorph_flows.analysis import analyse_transport
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.errors import InputError, TrajectoryError
from amorph_flows.jobs.goal import Standing, check_goal, failure_in_words, question_among
from amorph_flows.lammps import load_trajectory
from amorph_flows.remedies import remedy_for
from amorph_flows.schemas.production_md import ProductionUntil, TrajectoryDoc

DIFFUSIVITY = "diffusivity"
OF_IONS = (
    "one continuous run?",
    "enough frames?",
    "right time between frames?",
    "unwrapped?",
    "diffusive regime?",
    "enough moves?",
    "steady?",
    "precise?",
    "host solid?",
)
"""Questions on the motion of the ions that may be a goal."""
OF_RUN = ("inside the training set?", "temperature held?", "volume right?")
"""Questions on the run that may be a goal."""

_LENGTH = "production.production_fs"
_ERROR = "relative error of D"


def check_until(until: ProductionUntil, production_fs: float) -> None:
    """Refuse a goal that no run could have.

    Parameters
    ----------
    until
        The goal.
    production_fs
        Length of production at first, fs.

    Raises
    ------
    InputError
        What is wrong.
    """
    if not until.is_set:
        return
    check_goal(until, production_fs, "production_fs")
    error = until.relative_error
    if error is not None and not 0 < error < 1:
        raise InputError(f"until.relative_error is {error:g}; give a number between 0 and 1")
    if until.verdict is not None:
        question_of(until.verdict)
    _symbol(until)


def question_of(verdict: str) -> str:
    """Return the question that a goal names, with or without its question mark.

    Parameters
    ----------
    verdict
        The name.

    Raises
    ------
    InputError
        If there is no such verdict; the message names the nearest one.
    """
    return question_among((DIFFUSIVITY, *OF_IONS, *OF_RUN), verdict)


def check_ion(until: ProductionUntil, elements: set[str]) -> None:
    """Refuse to run towards the diffusivity of an ion that the cell does not hold.

    Parameters
    ----------
    until
        The goal.
    elements
        Of the cell.

    Raises
    ------
    InputError
        If the ion is not among them.
    """
    if until.is_set and _symbol(until) not in elements:
        raise InputError(
            f"until.ion is {until.ion}, but the cell holds {', '.join(sorted(elements))}; name an "
            "ion that is there"
        )


def standing(until: ProductionUntil, doc: TrajectoryDoc) -> Standing:
    """Return how far a run is from its goal.

    Parameters
    ----------
    until
        The goal.
    doc
        The run with its verdicts.
    """
    asked = question_of(until.verdict) if until.verdict is not None else None
    if asked in OF_RUN and until.relative_error is None:
        return _of_verdicts([v for v in doc.verdicts if v.question == asked], asked, doc)
    try:
        trajectory = load_trajectory(doc.trajectory, doc.temperature_k)
        [found] = analyse_transport({doc.temperature_k: [trajectory]}, _symbol(until)).temperatures
    except TrajectoryError as error:
        return Standing(False, str(error), asked or _ERROR)
    parts = []
    if until.relative_error is not None:
        low, high = found.tracer_diffusivity_interval_cm2_s
        half, diffusivity = (high - low) / 2, found.tracer_diffusivity_cm2_s
        relative = half / diffusivity if diffusivity > 0 else inf
        parts.append(_of_error(relative, until.relative_error))
    if asked is not None:
        verdicts = [v for v in (*found.verdicts, *doc.verdicts) if v.question == asked]
        if asked == DIFFUSIVITY:
            verdicts = [v for v in found.verdicts if v.scope == "numerical"]
        parts.append(_of_verdicts(verdicts, asked, doc))
    missing = [part for part in parts if not part.passed]
    return max(missing or parts, key=lambda part: part.factor or 0.0)


def _of_error(error: float, goal: float) -> Standing:
    """Return where an error is that falls with the square root of the length."""
    if not isfinite(error):
        return Standing(False, "the diffusivity is not known", _ERROR, None, goal)
    said = f"{_ERROR} is {error:.3g}, asked for {goal:g}"
    return Standing(error <= goal, said, _ERROR, error, goal, (error / goal) ** 2)


def _of_verdicts(verdicts: list[Verdict], asked: str, doc: TrajectoryDoc) -> Standing:
    """Return where the verdicts are; the one that asks for the longest run is told."""
    failed = [(_factor(verdict, doc) or 0.0, verdict) for verdict in verdicts if not verdict.passed]
    if not failed:
        return Standing(True, f"{asked} passed", asked, factor=1.0)
    factor, worst = max(failed, key=lambda pair: pair[0])
    return Standing(False, failure_in_words(worst), asked, factor=factor or None)


def _factor(verdict: Verdict, doc: TrajectoryDoc) -> float | None:
    """Return how much longer a run its remedy asks for; None where it asks for something else."""
    settings = {"production": {"production_fs": doc.production_fs}}
    remedy = remedy_for(verdict, "production", settings)
    if remedy is None or remedy.key != _LENGTH or not isinstance(remedy.value, float):
        return None
    return remedy.value / doc.production_fs


def _symbol(until: ProductionUntil) -> str:
    if not until.ion:
        raise InputError("until.ion is not given; name the mobile ion, such as 'Li+'")
    try:
        return str(Species.from_str(until.ion).symbol)
    except ValueError as error:
        raise InputError(
            f"until.ion is {until.ion!r}; give an ion with its charge, such as 'Li+'"
        ) from error
