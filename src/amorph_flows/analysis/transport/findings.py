"""Judgements on transport: what was asked, the answer, the numbers and the thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class TransportVerdict(StrEnum):
    """Answers to the questions that decide whether a diffusivity can be believed."""

    ENOUGH_FRAMES = "enough frames"
    TOO_FEW_FRAMES = "too few frames"
    CONTINUOUS = "continuous"
    DISCONTINUOUS = "discontinuous"
    SHUFFLED = "shuffled"
    TIME_STEP_CONFIRMED = "time step confirmed"
    TIME_STEP_WRONG = "time step wrong"
    TIME_STEP_NOT_TESTABLE = "time step not testable"
    UNWRAPPED = "unwrapped"
    UNWRAPPING_AMBIGUOUS = "unwrapping ambiguous"
    DIFFUSIVE = "diffusive"
    BALLISTIC = "ballistic"
    NOT_DIFFUSIVE = "not diffusive"
    CAGED = "caged"
    PRECISE = "precise"
    IMPRECISE = "imprecise"
    HOST_SOLID = "host solid"
    HOST_MOBILE = "host mobile"
    NO_HOST = "no host"
    DRIFT_SMALL = "drift small"
    DRIFT_LARGE = "drift large"
    CELL_LARGE_ENOUGH = "cell large enough"
    CELL_SMALL = "cell small"
    ARRHENIUS = "Arrhenius"
    CURVED = "curved"
    GLASS_TRANSITION_BETWEEN = "glass transition between the temperatures"
    TOO_FEW_TEMPERATURES = "too few temperatures"
    INTERPOLATED = "300 K within the temperatures"
    EXTRAPOLATED = "300 K extrapolated"


@dataclass(frozen=True)
class Finding:
    """One judgement.

    Parameters
    ----------
    question
        What was asked, such as ``"diffusive regime?"``.
    verdict
        The answer.
    believable
        Whether a diffusivity that rests on it may be believed.
    reason
        One sentence with the numbers.
    numbers
        What was measured.
    thresholds
        What it was held to.
    """

    question: str
    verdict: TransportVerdict
    believable: bool
    reason: str
    numbers: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.question} {self.verdict.value}: {self.reason}"


@dataclass(frozen=True)
class TransportThresholds:
    """What trajectories are held to.

    Parameters
    ----------
    least_frames
        Frames in the longest continuous piece.
    most_pieces_per_frame
        New pieces per frame above which frames must be shuffled.
    most_out_of_order
        Share of frames that resemble some other frame far more than their neighbours.
    spacing_tolerance
        Largest relative difference of the given spacing of frames from equipartition's.
    longest_step
        Longest step between frames that can be unwrapped, in cell vectors.
    exponent_tolerance, cage_exponent, most_non_gaussian, significance
        Of the diffusive regime; see `RegimeLimits`.
    caged_exponent
        d ln MSD / d ln t at the longest lags below which ions are called caged.
    least_travel_a2
        6 D times the length of the run, Å²; less is not migration.
    most_relative_error
        Standard error of D over D.
    most_host_share
        Slope of the host's mean-square displacement over that of the ions.
    most_drift_share
        Mean-square displacement of the drift over that of the ions; more is remarked upon.
    least_cell_a
        Shortest height of the cell, Å; less is remarked upon.
    curvature_p
        Probability below which misfit to Arrhenius' law is curvature.
    """

    least_frames: int = 100
    most_pieces_per_frame: float = 0.02
    most_out_of_order: float = 0.3
    spacing_tolerance: float = 0.2
    longest_step: float = 0.45
    exponent_tolerance: float = 0.15
    cage_exponent: float = 0.5
    most_non_gaussian: float = 1.0
    significance: float = 0.005
    caged_exponent: float = 0.5
    least_travel_a2: float = 2.0
    most_relative_error: float = 0.5
    most_host_share: float = 0.1
    most_drift_share: float = 0.1
    least_cell_a: float = 10.0
    curvature_p: float = 0.01
