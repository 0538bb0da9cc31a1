"""Verdicts on production MD."""

from __future__ import annotations

from pymatgen.core import Structure

from amorph_flows.analysis.pressure import MeanPressure, judge_volume
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import ProductionVerdict, TrajectoryDoc
from amorph_flows.structures import minimum_width

_MAX_SHARE_EXTRAPOLATING = 0.01
_MAX_TEMPERATURE_ERROR = 0.05
SELECT_GRADE = 2.0
"""Grade above which a configuration extrapolates: active learning selects it (Choyal 2025)."""
WIDTH_QUESTION = "cell wider than twice the cutoff?"


def judge_production(doc: TrajectoryDoc, cell: Structure, potential: PotentialDoc) -> list[Verdict]:
    """Return the verdicts on a production run.

    Parameters
    ----------
    doc
        The run, without them.
    cell
        Where it started.
    potential
        What it ran with.
    """
    inside = []
    if not potential.is_classical:
        where = f"at {doc.temperature_k:g} K"
        inside = [judge_grades(doc.fraction_above_select, doc.max_grade, where)]
    others = [_temperature(doc), _volume(doc), _completed(doc), _width(cell, potential)]
    return [*inside, *others]


def judge_grades(share: float | None, max_grade: float | None, where: str) -> Verdict:
    """Return whether a run stayed inside what its potential was trained on.

    Parameters
    ----------
    share
        Of the graded steps, above the threshold; None where none was graded.
    max_grade
        The largest grade.
    where
        Of the run, for the reason, such as ``"at 300 K"``.
    """
    if share is None:
        return Verdict(
            question="inside the training set?",
            answer=ProductionVerdict.NOT_WATCHED,
            passed=False,
            scope="numerical",
            reason="the extrapolation grade was not watched",
        )
    inside = share <= _MAX_SHARE_EXTRAPOLATING
    return Verdict(
        question="inside the training set?",
        answer=ProductionVerdict.INSIDE if inside else ProductionVerdict.EXTRAPOLATES,
        passed=inside,
        scope="numerical",
        reason=f"the grade was above the threshold in {share:.1%} of the graded steps {where} "
        f"(limit {_MAX_SHARE_EXTRAPOLATING:.0%})",
        numbers={"share": share, "max_grade": max_grade or 0.0},
        thresholds={"share": _MAX_SHARE_EXTRAPOLATING},
    )


def _temperature(doc: TrajectoryDoc) -> Verdict:
    error = abs(doc.mean_temperature_k / doc.temperature_k - 1)
    held = error <= _MAX_TEMPERATURE_ERROR
    return Verdict(
        question="temperature held?",
        answer=ProductionVerdict.HELD if held else ProductionVerdict.OFF,
        passed=held,
        scope="numerical",
        reason=f"the mean temperature was {doc.mean_temperature_k:.0f} K for "
        f"{doc.temperature_k:g} K asked (limit {_MAX_TEMPERATURE_ERROR:.0%} off)",
        numbers={"mean_temperature_k": doc.mean_temperature_k},
        thresholds={"relative_error": _MAX_TEMPERATURE_ERROR},
    )


def _volume(doc: TrajectoryDoc) -> Verdict:
    mend = "run it longer, until its cell has settled"
    if doc.ensemble != "npt":
        mend = (
            "let the cell follow the pressure (production.ensemble: npt) or relax it with its ions "
            "before (insertion.relax_cell: true)"
        )
    pressure = MeanPressure(doc.mean_pressure_gpa, doc.pressure_standard_error_gpa)
    return judge_volume(pressure, doc.temperature_k, asked_gpa=doc.asked_pressure_gpa, mend=mend)


def _completed(doc: TrajectoryDoc) -> Verdict:
    done = doc.production_fs >= doc.asked_fs * (1 - 1e-9)
    return Verdict(
        question="ran to its end?",
        answer=ProductionVerdict.COMPLETE if done else ProductionVerdict.CUT_SHORT,
        passed=done,
        scope="numerical",
        reason=f"{doc.production_fs / 1e3:g} of {doc.asked_fs / 1e3:g} ps were run at "
        f"{doc.temperature_k:g} K" + (": the run failed" if doc.failure else ""),
        numbers={"production_fs": doc.production_fs},
        thresholds={"asked_fs": doc.asked_fs},
    )


def _width(cell: Structure, potential: PotentialDoc) -> Verdict:
    width, needed = minimum_width(cell.lattice.matrix), 2 * potential.settings.cutoff
    wide = width >= needed
    return Verdict(
        question=WIDTH_QUESTION,
        answer=ProductionVerdict.WIDE if wide else ProductionVerdict.NARROW,
        passed=wide,
        scope="numerical",
        reason=f"the cell is {width:.1f} Å wide and twice the cutoff is {needed:.1f} Å",
        numbers={"width_a": width},
        thresholds={"width_a": needed},
    )
