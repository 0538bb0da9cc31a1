"""What the jobs of each stage of a study took."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.runtime.cpu_time import total_seconds
from amorph_flows.schemas.study import SampleParts, StudyParts


def cpu_seconds_of_stages(parts: StudyParts) -> dict[str, float | None]:
    """Return the CPU time of each stage, s; None where a job that failed or an older one hides it.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    turns = parts.active_learning.generations
    samples: Sequence[SampleParts | StudyParts] = parts.samples or [parts]
    runs = [*(run for sample in samples for run in sample.production), *parts.host_production]
    glasses = [s.quench for s in parts.samples if s.occupation == 1] or [parts.quench]
    large = [s.large_quench for s in samples if s.large_quench is not None]
    return {
        **{stage: total_seconds(times) for stage, times in parts.cpu_seconds.items()},
        "melt_quench": total_seconds(quench.inputs_cpu_seconds for quench in glasses),
        "fit": parts.potential.cpu_seconds,
        "active_learning": total_seconds(turn.cpu_seconds for turn in turns),
        **(
            {"large_glass": total_seconds(quench.inputs_cpu_seconds for quench in large)}
            if large
            else {}
        ),
        "production": total_seconds(run.cpu_seconds for run in runs),
        "voltage": parts.voltage.inputs_cpu_seconds,
        **(
            {"voltage_profile": parts.voltage_profile.inputs_cpu_seconds}
            if parts.voltage_profile is not None
            else {}
        ),
    }
