"""When batch active learning ends: a refit that is stable, and errors that no longer fall."""

from __future__ import annotations

from amorph_flows.analysis.verdict import Verdict, known_numbers
from amorph_flows.jobs.active_learning.conclude import used_up
from amorph_flows.jobs.active_learning.validation import force_error_ratio, is_below
from amorph_flows.schemas.active_learning import (
    EarlierTurns,
    GenerationDoc,
    LearningUntil,
    LearningVerdict,
)


def judge_batch_loop(
    turns: EarlierTurns,
    last: GenerationDoc,
    max_turns: int,
    failure_budget: int,
    least_gain: float,
    most_broken: float,
    until: LearningUntil,
) -> Verdict | None:
    """Return how batch active learning ends, or None where it goes on.

    It converges with a refit whose test run lasts to its end, while the error of forces on held
    out frames, those of the turn's own batch among them, fell by less than is worth another turn.
    A turn whose runs break at once gives few labels, with which no error falls: so few of the runs
    of that turn may have broken.

    Parameters
    ----------
    turns
        The turns so far.
    last
        The last of them.
    max_turns
        Turns at most.
    failure_budget
        Failed labels and runs at most.
    least_gain
        Share by which the error has to fall for another turn.
    most_broken
        Share of the runs of a turn that may break.
    until
        What is asked for besides, and the budget.
    """
    test, gain = last.stability, error_gain(last)
    stable = test is not None and not test.broke and not test.failure
    settled = gain is not None and gain < least_gain
    n_broken, n_runs = sum(run.broke for run in last.runs), len(last.runs)
    lasting = n_broken <= most_broken * n_runs
    asked = until.force_error_ev_a
    after = last.errors_after or last.errors_before
    precise = asked is None or is_below(after, asked)
    numbers = known_numbers(
        {
            "turns": turns.n_turns,
            "failures": turns.n_failed,
            "gain": gain,
            "broken_share": n_broken / n_runs if n_runs else None,
            "force_rmse_ev_a": None if after is None else after.force_rmse_ev_a,
            "stable_fs": None if test is None else test.reached_fs,
        }
    )
    thresholds = {"least_gain": least_gain, "broken_share": most_broken}
    found = f"{_of_test(last)}, {n_broken} of {n_runs} runs of turn {last.turn} broke, and "
    found += _of_errors(gain)
    if stable and lasting and last.kept and settled and precise:
        return Verdict(
            question="active learning converged?",
            answer=LearningVerdict.CONVERGED,
            passed=True,
            scope="numerical",
            reason=found,
            numbers=numbers,
            thresholds=thresholds,
        )
    why = used_up(turns, last, max_turns, failure_budget, until)
    if why is None:
        return None
    return Verdict(
        question="active learning converged?",
        answer=why[0],
        passed=False,
        scope="numerical",
        reason=f"active learning did not converge: {why[1]}; {found}",
        numbers=numbers,
        thresholds=thresholds,
    )


def error_gain(turn: GenerationDoc) -> float | None:
    """Return the share by which a refit lowered the error of forces; None: not known, 0: no refit.

    Parameters
    ----------
    turn
        The turn.
    """
    before, after = turn.errors_before, turn.errors_after
    if not turn.new_potential_uuid:
        return 0.0
    if before is None or after is None:
        return None
    return 1 - force_error_ratio(before, after)


def _of_test(turn: GenerationDoc) -> str:
    test = turn.stability
    if test is None:
        return f"turn {turn.turn} has no test of stability"
    lasted = f"the test at {test.temperature_k:g} K lasted {test.reached_fs / 1e3:g} of "
    lasted += f"{test.asked_fs / 1e3:g} ps"
    return f"{lasted}: {test.failure.splitlines()[0]}" if test.failure else lasted


def _of_errors(gain: float | None) -> str:
    if gain is None:
        return "how the error on held-out frames changed is not known"
    how = "fell" if gain >= 0 else "rose"
    return f"the error of forces on held-out frames {how} by {100 * abs(gain):.1f}%"
