"""Verdicts on the motion of ions and host, which decide whether a diffusivity is converged."""

from __future__ import annotations

from math import isfinite

from amorph_flows.analysis.transport._criteria import TransportThresholds
from amorph_flows.analysis.transport._criteria import TransportVerdict as V
from amorph_flows.analysis.transport._diffusion import Diffusion
from amorph_flows.analysis.transport._scatter import Trend
from amorph_flows.analysis.verdict import Verdict, known_numbers

CAGED_ERROR = 1.0
"""Standard error over diffusivity above which no diffusion shows."""
BALLISTIC_EXPONENT = 1.5
"""d ln MSD / d ln t above which ions fly: 1 is diffusion, 2 free flight."""
_MODELS = ("without_memory", "one_memory", "two_memories", "broad_memory", "random_steps")


def judge_regime(
    found: Diffusion, spacing_fs: float, late_exponent: float, limits: TransportThresholds
) -> Verdict:
    """Judge whether ions diffuse, and whether the run is long beside their memory.

    Parameters
    ----------
    found
        What the spectrum of steps says.
    spacing_fs
        Of the frames, fs.
    late_exponent
        d ln MSD / d ln t between an eighth and a quarter of the longest piece.
    limits
        Thresholds.
    """
    memory_fs = found.longest_memory * spacing_fs
    run_fs = found.n_steps * spacing_fs
    memories = run_fs / memory_fs if memory_fs else float("inf")
    travel = 6 * max(found.tracer.value, 0.0) * found.n_steps
    growing = memories < limits.least_memory_times and found.growing
    if growing or late_exponent > BALLISTIC_EXPONENT:
        answer = V.BALLISTIC
    elif travel < limits.least_travel_a2 or found.tracer.relative_error > CAGED_ERROR:
        answer = V.CAGED
    elif memories < limits.least_memory_times:
        answer = V.NOT_DIFFUSIVE
    else:
        answer = V.DIFFUSIVE
    remembered = (
        f"ions remember their steps for {memory_fs / 1e3:.3g} ps, of which the longest piece, "
        f"{run_fs / 1e3:.5g} ps, holds {memories:.0f} (at least {limits.least_memory_times:g} are "
        "needed)"
        if memory_fs
        else "the steps show no memory"
    )
    factor = found.correlation_factor.value
    share = (
        f"of the motion that steps without memory would give, {factor:.2f} remains"
        if isfinite(factor)
        else "of the motion that steps without memory would give, nothing is seen to remain"
    )
    reason = (
        f"{remembered}; {share}, and ions would travel {travel:.3g} Å² in the run (at least "
        f"{limits.least_travel_a2:g})"
    )
    numbers = {
        "memory_times": memories if memory_fs else None,
        "memory_time_fs": memory_fs,
        "correlation_factor": factor,
        "travel_a2": travel,
        "late_exponent": late_exponent,
        **dict(zip(_MODELS, map(float, found.weights), strict=True)),
    }
    return Verdict(
        "diffusive regime?",
        answer,
        answer is V.DIFFUSIVE,
        "numerical",
        reason,
        known_numbers(numbers),
        {
            "least_memory_times": limits.least_memory_times,
            "least_travel_a2": limits.least_travel_a2,
        },
    )


def judge_moves(moves: float, limits: TransportThresholds) -> Verdict:
    """Judge whether ions moved often enough to show a memory, had they one.

    Parameters
    ----------
    moves
        Independent moves that the scatter over time corresponds to.
    limits
        Thresholds.
    """
    enough = moves >= limits.least_moves
    return Verdict(
        "enough moves?",
        V.ENOUGH_MOVES if enough else V.TOO_FEW_MOVES,
        enough,
        "numerical",
        f"the scatter is that of {moves:.3g} independent moves of all ions together (at least "
        f"{limits.least_moves:g} are needed to see whether ions go back)",
        {"moves": moves},
        {"least_moves": limits.least_moves},
    )


def judge_trend(trend: Trend, limits: TransportThresholds) -> Verdict:
    """Judge whether ions move as fast at the end of the run as at its beginning.

    Parameters
    ----------
    trend
        Of their activity.
    limits
        Thresholds.
    """
    steady = trend.p >= limits.significance or abs(trend.fall) <= limits.most_trend
    change = "less" if trend.fall > 0 else "more"
    return Verdict(
        "steady?",
        V.STEADY if steady else V.AGEING,
        steady,
        "numerical",
        f"ions move {abs(trend.fall):.0%} {change} in the last third of the run than in the first; "
        f"a steady run shows such a trend with a probability of {trend.p:.2g}",
        {"fall": trend.fall, "p": trend.p},
        {"most_trend": limits.most_trend, "significance": limits.significance},
    )


def judge_precision(relative_error: float, n_blocks: int, limits: TransportThresholds) -> Verdict:
    """Judge whether the error of the diffusivity is small enough.

    Parameters
    ----------
    relative_error
        Standard error over value.
    n_blocks
        Blocks of time behind it.
    limits
        Thresholds.
    """
    good = relative_error <= limits.most_relative_error
    error = f"{relative_error:.1%}" if relative_error < 10 else "more than ten times the size"
    return Verdict(
        "precise?",
        V.PRECISE if good else V.IMPRECISE,
        good,
        "numerical",
        f"the standard error is {error} of the diffusivity, from {n_blocks} blocks of "
        f"time (at most {limits.most_relative_error:.0%})",
        {"relative_error": relative_error, "n_blocks": n_blocks},
        {"most_relative_error": limits.most_relative_error},
    )


def judge_host(
    host: float | None, ions: float, n_steps: int, limits: TransportThresholds
) -> Verdict:
    """Judge whether the host stays in place while ions move.

    Ions that travel less than `least_travel_a2` in the run, as in cages, are taken to travel so
    far: a host that stays in place is then no faster than they are.

    Parameters
    ----------
    host, ions
        Diffusivities, Å² per frame; that of the host is None without one.
    n_steps
        Of the longest piece.
    limits
        Thresholds.
    """
    question = "host solid?"
    thresholds = {"most_host_share": limits.most_host_share}
    if host is None:
        reason = "all atoms are of the mobile element"
        return Verdict(question, V.NO_HOST, True, "numerical", reason, {}, thresholds)
    least = limits.least_travel_a2 / (6 * n_steps)
    share = host / max(ions, least)
    solid = share <= limits.most_host_share
    compared = (
        "the ions"
        if ions >= least
        else f"ions that travel {limits.least_travel_a2:g} Å² in the run, which these do not"
    )
    return Verdict(
        question,
        V.HOST_SOLID if solid else V.HOST_MOBILE,
        solid,
        "numerical",
        f"the host diffuses {share:.3f} times as fast as {compared} (at most "
        f"{limits.most_host_share:g} in a solid)",
        {"host_share": share},
        thresholds | {"least_travel_a2": limits.least_travel_a2},
    )


def judge_drift(
    drift: str, with_drift: float, without: float, limits: TransportThresholds
) -> Verdict:
    """Remark on what the removal of drift changed.

    Parameters
    ----------
    drift
        Which drift was removed.
    with_drift, without
        Tracer diffusivity before and after, cm²/s.
    limits
        Thresholds.
    """
    share = abs(with_drift - without) / abs(without) if without else float("inf")
    large = share > limits.most_drift_share
    return Verdict(
        "drift?",
        V.DRIFT_LARGE if large else V.DRIFT_SMALL,
        True,
        "numerical",
        f"removal of drift ({drift}) changed the tracer diffusivity from {with_drift:.3g} to "
        f"{without:.3g} cm²/s",
        {"before_cm2_s": with_drift, "after_cm2_s": without},
        {"most_drift_share": limits.most_drift_share},
    )
