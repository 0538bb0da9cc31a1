"""The verdict *melted?* on a run at the top temperature of a melt-quench."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from ase.data import atomic_masses

from amorph_flows.analysis.fluctuation import above_noise, host_fluctuation
from amorph_flows.analysis.snapshot import mask_of, symbols_of
from amorph_flows.analysis.trajectory import FloatArray, Trajectory
from amorph_flows.errors import InputError


class MeltVerdict(StrEnum):
    """Whether the host of a hot run is a liquid."""

    MELTED = "melted"
    NOT_MELTED = "not melted"
    TOO_SHORT = "too short"


@dataclass(frozen=True)
class MeltThresholds:
    """When a host counts as melted.

    Parameters
    ----------
    duration_fs
        Shortest run that is judged; some ten periods of the slowest host vibrations.
    displacement_ratio
        Root-mean-square displacement of the slowest host element within half the run, over the
        mean spacing of its atoms. A crystal at Lindemann's limit of 0.1-0.15 stays below 0.21.
    growth_exponent
        d ln MSD / d ln t over the second quarter of the run: 0 rattling, 1 diffusing.
    rdf_fluctuation
        Largest rms deviation of the host's RDF from 1 between 6 and 10 Å.
    """

    duration_fs: float = 1000.0
    displacement_ratio: float = 0.3
    growth_exponent: float = 0.4
    rdf_fluctuation: float = 0.1


@dataclass(frozen=True)
class MeltJudgement:
    """The verdict *melted?* and the numbers it came from.

    Parameters
    ----------
    verdict, reason
        The answer and one sentence on it.
    duration_fs
        Length of the run, fs.
    slowest_element
        Host element with the smallest displacement ratio; the next three numbers are its.
    host_msd_a2
        Its mean-square displacement within half the run, Å², drift of the whole cell removed.
    displacement_ratio, growth_exponent, rdf_fluctuation
        As in `MeltThresholds`; the RDF is averaged over the second half of the run.
    thresholds
        What they were held to.
    """

    verdict: MeltVerdict
    reason: str
    duration_fs: float
    slowest_element: str
    host_msd_a2: float
    displacement_ratio: float
    growth_exponent: float
    rdf_fluctuation: float
    thresholds: MeltThresholds


def judge_melt(
    trajectory: Trajectory,
    host_elements: str | Iterable[str],
    thresholds: MeltThresholds | None = None,
) -> MeltJudgement:
    """Judge whether the host melted during a run at the top temperature.

    Parameters
    ----------
    trajectory
        The run; frames close enough for no atom to move half a cell between two of them.
    host_elements
        Elements that must all have melted.
    thresholds
        Limits of the verdict.

    Raises
    ------
    InputError
        If a host element is absent or there are fewer than five frames.
    """
    limits = thresholds or MeltThresholds()
    hosts = symbols_of(host_elements)
    masks = {element: mask_of(trajectory.numbers, element) for element in hosts}
    if trajectory.n_frames < 5:
        raise InputError(
            f"the trajectory has {trajectory.n_frames} frames; a melt is judged on at least 5"
        )
    unwrapped = _unwrap_without_drift(trajectory)
    volume = float(np.abs(np.linalg.det(trajectory.cells)).mean())
    half = (trajectory.n_frames - 1) // 2
    spacing = {element: (volume / mask.sum()) ** (1 / 3) for element, mask in masks.items()}
    late = {element: _msd(unwrapped[:, mask], half) for element, mask in masks.items()}
    slowest = min(hosts, key=lambda element: np.sqrt(late[element]) / spacing[element])
    early = _msd(unwrapped[:, masks[slowest]], half // 2)
    times = trajectory.times_fs
    ratio_of_lags = (times[half] - times[0]) / (times[half // 2] - times[0])
    growth = float(np.log(max(late[slowest], 1e-12) / max(early, 1e-12)) / np.log(ratio_of_lags))
    fluctuation = above_noise(*host_fluctuation(trajectory.select(slice(half, None)), hosts))
    duration = float(times[-1] - times[0])
    ratio = float(np.sqrt(late[slowest]) / spacing[slowest])
    verdict, reason = _melt_verdict(duration, slowest, ratio, growth, fluctuation, limits)
    return MeltJudgement(
        verdict, reason, duration, slowest, late[slowest], ratio, growth, fluctuation, limits
    )


def _unwrap_without_drift(trajectory: Trajectory) -> FloatArray:
    """Return Cartesian positions without jumps across faces, centre of mass at rest."""
    fractional = np.einsum("fai,fij->faj", trajectory.positions, np.linalg.inv(trajectory.cells))
    steps = np.diff(fractional, axis=0)
    fractional[1:] -= np.cumsum(np.round(steps), axis=0)
    positions = np.einsum("fai,fij->faj", fractional, trajectory.cells)
    masses = atomic_masses[trajectory.numbers]
    centre = np.einsum("a,fai->fi", masses / masses.sum(), positions)
    still: FloatArray = positions - centre[:, None, :]
    return still


def _msd(positions: FloatArray, lag: int) -> float:
    """Return the mean-square displacement at a lag of frames, over all time origins, Å²."""
    return float(((positions[lag:] - positions[:-lag]) ** 2).sum(axis=-1).mean())


def _melt_verdict(
    duration: float,
    element: str,
    ratio: float,
    growth: float,
    fluctuation: float,
    limits: MeltThresholds,
) -> tuple[MeltVerdict, str]:
    moved = f"{element} moved {ratio:.2f} of its spacing (growth exponent {growth:.2f})"
    order = f"the host RDF beyond 6 Å deviates by {fluctuation:.3f} from 1"
    measured = f"{moved} in half of {duration:g} fs and {order}"
    if duration < limits.duration_fs:
        return MeltVerdict.TOO_SHORT, f"under {limits.duration_fs:g} fs to judge: {measured}"
    displaced, growing = ratio >= limits.displacement_ratio, growth >= limits.growth_exponent
    if displaced and growing and fluctuation <= limits.rdf_fluctuation:
        return MeltVerdict.MELTED, f"the host is liquid: {measured}"
    if growing:
        return MeltVerdict.TOO_SHORT, f"the host still moves but is not yet a liquid: {measured}"
    return MeltVerdict.NOT_MELTED, f"the host only vibrates: {measured}"
