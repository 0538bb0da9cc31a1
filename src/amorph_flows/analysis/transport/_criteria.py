"""The answers that verdicts on transport give, and the thresholds behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import auto

from amorph_flows.analysis.verdict import Answer


class TransportVerdict(Answer):
    """Answers to the questions that decide whether a diffusivity is converged."""

    NONE = auto()
    ENOUGH_FRAMES = auto()
    TOO_FEW_FRAMES = auto()
    CONTINUOUS = auto()
    DISCONTINUOUS = auto()
    SHUFFLED = auto()
    TIME_STEP_CONFIRMED = auto()
    TIME_STEP_WRONG = auto()
    TIME_STEP_NOT_TESTABLE = auto()
    UNWRAPPED = auto()
    UNWRAPPING_AMBIGUOUS = auto()
    DIFFUSIVE = auto()
    ENOUGH_MOVES = auto()
    TOO_FEW_MOVES = auto()
    STEADY = auto()
    AGEING = auto()
    BALLISTIC = auto()
    NOT_DIFFUSIVE = auto()
    CAGED = auto()
    PRECISE = auto()
    IMPRECISE = auto()
    HOST_SOLID = auto()
    HOST_MOBILE = auto()
    NO_HOST = auto()
    DRIFT_SMALL = auto()
    DRIFT_LARGE = auto()
    CELL_LARGE_ENOUGH = auto()
    CELL_SMALL = auto()
    ARRHENIUS = auto()
    CURVED = auto()
    NO_BEND = auto()
    GLASS_TRANSITION_BETWEEN = auto()
    TOO_FEW_TEMPERATURES = auto()
    INTERPOLATED = auto()
    EXTRAPOLATED = auto()
    HAVEN_CONSTANT = auto()
    HAVEN_CHANGES = auto()


@dataclass(frozen=True)
class TransportThresholds:
    """Thresholds of the verdicts on transport.

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
    least_memory_times
        Longest piece over the time for which ions remember their steps.
    least_moves
        Independent moves of all ions together.
    significance
        Probability below which a trend in the course of the run is no chance.
    most_trend
        Share by which activity may change from the first to the last third of the run.
    least_travel_a2
        6 D times the length of the run, Å²; less is not migration.
    most_relative_error
        Standard error of D over D.
    most_host_share
        Diffusivity of the host over that of the ions, or of ions that travel the least distance.
    most_drift_share
        Change of D by the removal of drift, over D; more is remarked upon.
    least_cell_a
        Shortest height of the cell, Å; less is remarked upon.
    curvature_p
        Probability of chance below which misfit to Arrhenius' law counts as curvature, a change
        of Ea at the glass transition as a bend, and scatter of the Haven ratio as a change.
    most_bend
        Largest change of Ea at a glass transition between the temperatures, over Ea, that the
        data may leave possible.
    """

    least_frames: int = 100
    most_pieces_per_frame: float = 0.02
    most_out_of_order: float = 0.3
    spacing_tolerance: float = 0.2
    longest_step: float = 0.45
    least_memory_times: float = 10.0
    least_moves: float = 60.0
    significance: float = 0.005
    most_trend: float = 0.1
    least_travel_a2: float = 2.0
    most_relative_error: float = 0.5
    most_host_share: float = 0.1
    most_drift_share: float = 0.1
    least_cell_a: float = 10.0
    curvature_p: float = 0.01
    most_bend: float = 0.5
