"""Whether extrapolation grades tell where forces are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet

_LEAST_FRAMES = 3


@dataclass(frozen=True)
class GradeCheck:
    """Grades of labelled frames against the errors of their forces.

    The error of a frame is the root mean square of its force components, as in
    `ErrorStatistics`.

    Parameters
    ----------
    n_frames
        Number of frames.
    rank_correlation
        Spearman's, of grades and errors; None for fewer than three frames or all alike.
    n_above_stop
        Frames with a grade above the one that stops a run.
    wrong_above_stop
        Share of those whose error is above the wanted one; None where there are none.
    wrong_below_select
        Share of wrong ones among frames with a grade that is not even saved; None likewise.
    wanted_ev_a
        The wanted error, eV/Å.
    """

    n_frames: int
    rank_correlation: float | None
    n_above_stop: int
    wrong_above_stop: float | None
    wrong_below_select: float | None
    wanted_ev_a: float


def force_errors(labelled: FrameSet, predicted: FrameSet) -> FloatArray:
    """Return the error of the forces of each frame.

    Parameters
    ----------
    labelled, predicted
        The same configurations, with forces.

    Returns
    -------
    ndarray
        Root mean square of the components, shape ``(n_frames,)``, eV/Å.
    """
    return np.array(
        [
            np.sqrt(np.mean((np.asarray(guess.forces) - np.asarray(frame.forces)) ** 2))
            for frame, guess in zip(labelled, predicted, strict=True)
        ]
    )


def check_grades(
    grades: Sequence[float] | FloatArray,
    errors: FloatArray,
    wanted_ev_a: float,
    select: float = 2.0,
    stop: float = 10.0,
) -> GradeCheck:
    """Return how grades and errors of forces go together.

    Parameters
    ----------
    grades
        Of each frame.
    errors
        Of its forces, eV/Å, such as `force_errors` gives.
    wanted_ev_a
        Error above which forces are wrong, eV/Å.
    select, stop
        Grades above which a configuration is saved and a run is stopped.
    """
    from scipy.stats import spearmanr  # takes a second to import

    values, wrong = np.asarray(grades, dtype=float), errors > wanted_ev_a
    varied = len(values) >= _LEAST_FRAMES and np.ptp(values) > 0 and np.ptp(errors) > 0
    above, below = values > stop, values <= select
    return GradeCheck(
        n_frames=len(values),
        rank_correlation=float(spearmanr(values, errors).statistic) if varied else None,
        n_above_stop=int(np.sum(above)),
        wrong_above_stop=float(np.mean(wrong[above])) if np.any(above) else None,
        wrong_below_select=float(np.mean(wrong[below])) if np.any(below) else None,
        wanted_ev_a=wanted_ev_a,
    )
