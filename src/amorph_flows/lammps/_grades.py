"""The extrapolation grades of a run: step, grade and stage, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.files import replace_file
from amorph_flows.potentials.base import GRADES_FILE


@dataclass(frozen=True)
class GradeSummary:
    """Summary of the grades of a run.

    Parameters
    ----------
    max_grade
        The largest; None where none was computed.
    fraction_above_select
        Of the graded steps; None where none was.
    broke
        Whether a grade passed the break threshold.
    """

    max_grade: float | None = None
    fraction_above_select: float | None = None
    broke: bool = False


def append_grade(folder: Path, step: int, grade: float, stage: int = 0) -> None:
    """Write one grade.

    Parameters
    ----------
    folder
        The run's folder.
    step
        MD step; in a minimisation the iterations so far are added.
    grade
        The largest of the atoms.
    stage
        Index of the stage.
    """
    with (folder / GRADES_FILE).open("a", encoding="ascii") as file:
        file.write(_line(stage, step, grade))


def read_grades(folder: Path) -> FloatArray:
    """Return steps and grades in order; a step that was graded again counts once.

    Parameters
    ----------
    folder
        The run's folder.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_graded, 2)``.
    """
    rows: list[list[float]] = []
    for (_, step), grade in sorted(_by_place(folder).items()):
        if rows and rows[-1][0] == step:  # two stages meet in it
            rows[-1][1] = float(np.maximum(rows[-1][1], grade))
        else:
            rows.append([step, grade])
    return np.array(rows, dtype=float).reshape(-1, 2)


def last_graded(folder: Path) -> tuple[int, int]:
    """Return the stage and the step of the last grade, zeros if there is none.

    Parameters
    ----------
    folder
        The run's folder.
    """
    return max(_by_place(folder), default=(0, 0))


def cut_grades(folder: Path, step: int, stage: int = 0) -> None:
    """Drop the grades that a run going on will write again.

    Parameters
    ----------
    folder
        The run's folder.
    step, stage
        Where it goes on: grades of this step of the stage and later ones are dropped.
    """
    path = folder / GRADES_FILE
    if not path.exists():
        return
    kept = (
        _line(*place, grade) for place, grade in _by_place(folder).items() if place < (stage, step)
    )
    replace_file(path, "".join(kept))


def summarise(grades: FloatArray, select: float, stop: float | None) -> GradeSummary:
    """Return the summary of some grades; one that is not a number is above every threshold.

    Parameters
    ----------
    grades
        Steps and grades, shape ``(n_graded, 2)``.
    select, stop
        The thresholds; None: no grade stops.
    """
    if not len(grades):
        return GradeSummary()
    values = np.where(np.isnan(grades[:, 1]), np.inf, grades[:, 1])
    return GradeSummary(
        max_grade=float(values.max()),
        fraction_above_select=float((values > select).mean()),
        broke=stop is not None and bool(values.max() > stop),
    )


def _line(stage: int, step: int, grade: float) -> str:
    return f"{step} {grade:.10g} {stage}\n"


def _by_place(folder: Path) -> dict[tuple[int, int], float]:
    """Return the grade of each stage and step; the last counts where there are several."""
    path = folder / GRADES_FILE
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    rows = (line.split() for line in lines)
    return {(int(row[2]), int(row[0])): float(row[1]) for row in rows if len(row) == 3}
