"""The verdict *melted?* on a run at the top temperature of a melt-quench."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import auto

import numpy as np

from amorph_flows.analysis.structure._fluctuation import above_noise, host_fluctuation
from amorph_flows.analysis.structure._snapshot import mask_of, symbols_of
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._msd import mean_squared_displacement
from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError


class MeltVerdict(Answer):
    """Whether the host of a hot run is a liquid."""

    MELTED = auto()
    NOT_MELTED = auto()
    TOO_SHORT = auto()


@dataclass(frozen=True)
class MeltThresholds:
    """Limits within which a host counts as melted.

    Parameters
    ----------
    n_frames
        Fewest frames, without a discontinuity, that are judged; at least 5, for a quarter and a
        half of them to differ.
    duration_fs
        Shortest run that is judged; some ten periods of the slowest host vibrations.
    displacement_ratio
        Root-mean-square displacement of the slowest host element within half the run, over the
        mean spacing of its atoms. A crystal at Lindemann's limit of 0.1-0.15 stays below 0.21.
    vibration_ratio
        The same, up to which atoms vibrate whatever the exponent: small displacements go on
        growing slowly with the lowest modes of a solid.
    growth_exponent
        d ln MSD / d ln t over the second quarter of the run: 0 rattling, 1 diffusing.
    rdf_fluctuation
        Largest rms deviation of the host's RDF from 1 between 6 and 10 Å.
    """

    n_frames: int = 5
    duration_fs: float = 1000.0
    displacement_ratio: float = 0.25
    vibration_ratio: float = 0.15
    growth_exponent: float = 0.4
    rdf_fluctuation: float = 0.1

    def __post_init__(self) -> None:
        if self.n_frames < 5:
            raise InputError(f"n_frames is {self.n_frames}; a melt is judged on at least 5")


def judge_melt(
    trajectory: Trajectory,
    host_elements: str | Iterable[str],
    thresholds: MeltThresholds | None = None,
) -> Verdict:
    """Judge whether the host melted during a run at the top temperature.

    Parameters
    ----------
    trajectory
        The run; frames close enough for no atom to move half a cell between two of them.
    host_elements
        Elements that must all have melted.
    thresholds
        Limits of the verdict.

    Returns
    -------
    Verdict
        Its answer is a `MeltVerdict`, and only ``MELTED`` passes. Its numbers are ``duration_fs``,
        the length of the run; of the host element with the smallest displacement ratio,
        ``host_msd_a2``, the mean-square displacement within half the run (Å², drift of the whole
        cell removed), ``displacement_ratio`` and ``growth_exponent`` as in `MeltThresholds`; and
        ``rdf_fluctuation`` over the second half of the run.

    Raises
    ------
    InputError
        If a host element is absent.
    """
    limits = thresholds or MeltThresholds()
    hosts = symbols_of(host_elements)
    for host in hosts:
        mask_of(trajectory.numbers, host)
    motions = [_motion(trajectory, host, limits.n_frames) for host in hosts]
    slowest = min(motions, key=lambda motion: motion.displacement_ratio)
    second_half = trajectory.select(slice(trajectory.n_frames // 2, None))
    fluctuation = above_noise(*host_fluctuation(second_half, hosts))
    duration = float(trajectory.times_fs[-1] - trajectory.times_fs[0])
    answer, reason = _melt_answer(duration, slowest, fluctuation, limits)
    return Verdict(
        question="melted?",
        answer=answer,
        passed=answer is MeltVerdict.MELTED,
        scope="numerical",
        reason=reason,
        numbers={
            "duration_fs": duration,
            "host_msd_a2": slowest.msd_a2,
            "displacement_ratio": slowest.displacement_ratio,
            "growth_exponent": slowest.growth_exponent,
            "rdf_fluctuation": fluctuation,
        },
        thresholds=asdict(limits),
    )


@dataclass(frozen=True)
class _Motion:
    element: str
    n_frames: int
    msd_a2: float = 0.0
    displacement_ratio: float = 0.0
    growth_exponent: float = 0.0


def _motion(trajectory: Trajectory, element: str, fewest_frames: int) -> _Motion:
    """Return how far an element moves within half of the longest continuous piece of a run."""
    if trajectory.n_frames < fewest_frames:
        return _Motion(element, trajectory.n_frames)
    curve = mean_squared_displacement(trajectory, element, drift="cell")
    if len(curve.lags_fs) < fewest_frames:
        return _Motion(element, len(curve.lags_fs))
    half = (len(curve.lags_fs) - 1) // 2
    volume = float(np.abs(np.linalg.det(trajectory.cells)).mean())
    spacing = (volume / curve.n_ions) ** (1 / 3)
    msd = float(curve.msd_a2[half])
    growth = _growth_exponent(curve.lags_fs, curve.msd_a2, half)
    return _Motion(element, len(curve.lags_fs), msd, float(np.sqrt(msd)) / spacing, growth)


def _growth_exponent(lags_fs: FloatArray, msd_a2: FloatArray, half: int) -> float:
    """Return d ln MSD / d ln t between a quarter and half of the run; 0 for atoms at rest."""
    late, early = (max(float(msd_a2[n]), 1e-12) for n in (half, half // 2))
    return float(np.log(late / early) / np.log(lags_fs[half] / lags_fs[half // 2]))


def _melt_answer(
    duration: float, slowest: _Motion, fluctuation: float, limits: MeltThresholds
) -> tuple[MeltVerdict, str]:
    ratio, growth = slowest.displacement_ratio, slowest.growth_exponent
    moved = f"{slowest.element} moved {ratio:.2f} of its spacing (growth exponent {growth:.2f})"
    order = f"the host RDF beyond 6 Å deviates by {fluctuation:.3f} from 1"
    measured = f"{moved} in half of {duration:g} fs and {order}"
    if slowest.n_frames < limits.n_frames:
        few = f"{slowest.n_frames} frames are too few ({limits.n_frames} are needed)"
        return MeltVerdict.TOO_SHORT, f"{few}; {order}"
    if duration < limits.duration_fs:
        return MeltVerdict.TOO_SHORT, f"shorter than {limits.duration_fs:g} fs: {measured}"
    displaced, growing = ratio >= limits.displacement_ratio, growth >= limits.growth_exponent
    if displaced and growing and fluctuation <= limits.rdf_fluctuation:
        return MeltVerdict.MELTED, f"the host is liquid: {measured}"
    if growing and ratio > limits.vibration_ratio:
        return MeltVerdict.TOO_SHORT, f"the host still moves but is not yet a liquid: {measured}"
    return MeltVerdict.NOT_MELTED, f"the host only vibrates: {measured}"
