"""What the jobs of each stage of a study took."""

from __future__ import annotations

from collections.abc import Iterable

from amorph_flows.schemas.study import StudyParts


def cpu_seconds_of_stages(parts: StudyParts) -> dict[str, float | None]:
    """Return the CPU time of each stage, s; None where a job that failed or an older one hides it.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    turns = parts.active_learning.generations
    runs = [*parts.production, *parts.host_production]
    large = parts.large_quench
    return {
        **{stage: _total(times) for stage, times in parts.cpu_seconds.items()},
        "melt_quench": parts.quench.inputs_cpu_seconds,
        "fit": parts.potential.cpu_seconds,
        "active_learning": _total(turn.cpu_seconds for turn in turns),
        **({} if large is None else {"large_glass": large.inputs_cpu_seconds}),
        "production": _total(run.cpu_seconds for run in runs),
        "voltage": parts.voltage.inputs_cpu_seconds,
    }


def _total(times: Iterable[float | None]) -> float | None:
    """Return the sum, None where a part is not known."""
    total = 0.0
    for time in times:
        if time is None:
            return None
        total += time
    return total
