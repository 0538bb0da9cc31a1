"""Verdicts on the frames of a trajectory: order, number, time between them, and the cell."""

from __future__ import annotations

from amorph_flows.analysis.transport._ballistic import ImpliedSpacing
from amorph_flows.analysis.transport._criteria import TransportThresholds
from amorph_flows.analysis.transport._criteria import TransportVerdict as V
from amorph_flows.analysis.verdict import Verdict


def judge_continuity(
    discontinuities: list[int],
    n_frames: int,
    longest_piece: int,
    out_of_order: float,
    limits: TransportThresholds,
) -> list[Verdict]:
    """Judge whether frames follow each other and whether there are enough of them.

    Parameters
    ----------
    discontinuities
        First frames of new pieces.
    n_frames
        All frames.
    longest_piece
        Frames of the longest continuous piece.
    out_of_order
        Share of frames that resemble some other frame far more than their neighbours.
    limits
        Thresholds.
    """
    share = len(discontinuities) / max(n_frames, 1)
    answer = V.CONTINUOUS
    reason = f"all {n_frames} frames follow each other"
    if discontinuities:
        shown = ", ".join(map(str, discontinuities[:10])) + (", …" * (len(discontinuities) > 10))
        answer = V.DISCONTINUOUS
        reason = (
            f"{len(discontinuities)} new pieces begin at frames {shown}, where atoms or time "
            "jump; nothing is averaged across them"
        )
    if share > limits.most_pieces_per_frame or out_of_order > limits.most_out_of_order:
        answer = V.SHUFFLED
        reason += (
            f"; {out_of_order:.0%} of the frames resemble some other frame far more than their "
            "neighbours: the frames are out of order"
        )
    return [
        Verdict(
            "one continuous run?",
            answer,
            answer is not V.SHUFFLED,
            "numerical",
            reason,
            {
                "pieces": len(discontinuities) + 1.0,
                "new_pieces_per_frame": share,
                "out_of_order": out_of_order,
            },
            {
                "most_pieces_per_frame": limits.most_pieces_per_frame,
                "most_out_of_order": limits.most_out_of_order,
            },
        ),
        Verdict(
            "enough frames?",
            V.ENOUGH_FRAMES if longest_piece >= limits.least_frames else V.TOO_FEW_FRAMES,
            longest_piece >= limits.least_frames,
            "numerical",
            f"the longest continuous piece has {longest_piece} frames "
            f"({limits.least_frames} are needed)",
            {"longest_piece": longest_piece},
            {"least_frames": limits.least_frames},
        ),
    ]


def judge_time_step(
    implied: ImpliedSpacing, given_fs: float, limits: TransportThresholds
) -> Verdict:
    """Judge the spacing of frames against equipartition.

    Parameters
    ----------
    implied
        What the atoms' speeds imply.
    given_fs
        What the trajectory says, fs.
    limits
        Thresholds.
    """
    question = "right time between frames?"
    thresholds = {"spacing_tolerance": limits.spacing_tolerance}
    if implied.spacing_fs is None:
        return Verdict(
            question,
            V.TIME_STEP_NOT_TESTABLE,
            True,
            "numerical",
            f"frames {given_fs:g} fs apart are beyond the ballistic regime",
            {"given_fs": given_fs},
            thresholds,
        )
    off = given_fs / implied.spacing_fs
    right = 1 - limits.spacing_tolerance <= off <= 1 / (1 - limits.spacing_tolerance)
    species = ", ".join(f"{s} {v:.3g}" for s, v in implied.by_species_fs.items())
    return Verdict(
        question,
        V.TIME_STEP_CONFIRMED if right else V.TIME_STEP_WRONG,
        right,
        "numerical",
        f"frames are said to be {given_fs:g} fs apart; neighbouring frames are ballistic and "
        f"equipartition gives {implied.spacing_fs:.3g} fs ({species})",
        {"given_fs": given_fs, "implied_fs": implied.spacing_fs},
        thresholds,
    )


def judge_unwrapping(longest_step: float, limits: TransportThresholds) -> Verdict:
    """Judge whether the periodic image of every step is certain.

    Parameters
    ----------
    longest_step
        Longest step of an ion between frames of a piece, in cell vectors.
    limits
        Thresholds.
    """
    good = longest_step <= limits.longest_step
    return Verdict(
        "unwrapped?",
        V.UNWRAPPED if good else V.UNWRAPPING_AMBIGUOUS,
        good,
        "numerical",
        f"the longest step between frames is {longest_step:.2f} cell vectors (at most "
        f"{limits.longest_step} can be unwrapped)",
        {"longest_step": longest_step},
        {"longest_step": limits.longest_step},
    )


def judge_cell(shortest_a: float, limits: TransportThresholds) -> Verdict:
    """Remark on the size of the cell; a small one constrains collective motion most.

    Parameters
    ----------
    shortest_a
        Shortest height of the cell, Å.
    limits
        Thresholds.
    """
    large = shortest_a >= limits.least_cell_a
    return Verdict(
        "supercell large enough?",
        V.CELL_LARGE_ENOUGH if large else V.CELL_SMALL,
        True,
        "numerical",
        f"the shortest height of the cell is {shortest_a:.1f} Å ({limits.least_cell_a:g} or more "
        "keeps an ion from its own image)",
        {"shortest_height_a": shortest_a},
        {"least_cell_a": limits.least_cell_a},
    )
