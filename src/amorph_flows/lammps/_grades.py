"""The extrapolation grades of a run: step and grade, one line each."""

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


def append_grade(folder: Path, step: int, grade: float) -> None:
    """Write one grade.

    Parameters
    ----------
    folder
        The run's folder.
    step
        MD step.
    grade
        The largest of the atoms.
    """
    with (folder / GRADES_FILE).open("a", encoding="ascii") as file:
        file.write(f"{step} {grade:.10g}\n")


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
    path = folder / GRADES_FILE
    if not path.exists():
        return np.empty((0, 2))
    by_step = {}
    for line in path.read_text(encoding="ascii").splitlines():
        words = line.split()
        if len(words) == 2 and words[0].isdigit():
            by_step[int(words[0])] = float(words[1])
    return np.array(sorted(by_step.items()), dtype=float).reshape(-1, 2)


def cut_grades(folder: Path, step: int) -> None:
    """Drop the grades that a run going on from a step will write again.

    Parameters
    ----------
    folder
        The run's folder.
    step
        Grades of this step and later ones are dropped.
    """
    path = folder / GRADES_FILE
    if not path.exists():
        return
    kept = [f"{row[0]:.0f} {row[1]:.10g}\n" for row in read_grades(folder) if row[0] < step]
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
