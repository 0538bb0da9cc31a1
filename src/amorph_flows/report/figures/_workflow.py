"""What ran: the stages of a study with their runs and CPU times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from amorph_flows.report._costs import cpu_seconds_of_stages
from amorph_flows.runtime.cpu_time import total_seconds
from amorph_flows.schemas.figure import StageBox, WorkflowDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.study import SampleParts, StudyParts


def workflow_figure(parts: StudyParts) -> WorkflowDoc:
    """Return the stages of a study, each below those that it needs.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    seconds = cpu_seconds_of_stages(parts)
    samples: Sequence[SampleParts | StudyParts] = parts.samples or [parts]
    glasses = [s.quench for s in parts.samples if s.occupation == 1] or [parts.quench]
    large = [s.large_quench for s in samples if s.large_quench is not None]
    insertions = [site for s in samples for site in (*s.insertions, *s.large_insertions)]
    n_sampled = len(parts.cpu_seconds.get("sampling", [])) or _compared(parts, "engine MD")
    n_small = len(parts.cpu_seconds.get("mtp_sampling", [])) or _compared(parts, "MTP MD")
    runs = [run for s in samples for run in s.production]
    of_host = parts.host_production
    loop, potential = parts.active_learning, parts.potential
    explored = [run for turn in loop.generations for run in turn.runs]
    labelled = sum(turn.n_labelled for turn in loop.generations)

    def box(name: str, what: str, stage: str, done: int) -> StageBox:
        failed = parts.failed.get(stage, 0)
        return StageBox(
            name=name, what=what, n_done=done, n_failed=failed, cpu_seconds=seconds.get(stage)
        )

    lost = sum(bool(run.failure) for run in explored)
    learned = box(
        "active learning",
        f"{_counted(len(loop.generations), 'turn')}, {_counted(labelled, 'frame')} labelled",
        "active_learning",
        len(explored) - lost,
    )
    profile = parts.voltage_profile
    rows = [
        [box("melt and quench", _counted(len(glasses), "glass"), "melt_quench", _md(glasses))],
        [
            box("insertion", f"{parts.ion} into voids", "insertion", len(insertions)).model_copy(
                update={"cpu_seconds": total_seconds(site.cpu_seconds for site in insertions)}
            )
        ],
        [box("MD with the engine", parts.dataset.engine.name, "sampling", n_sampled)],
        [
            box(
                "dataset and fit",
                f"{_counted(potential.n_training_frames, 'frame')}, {potential.backend}",
                "fit",
                1,
            )
        ],
        [learned.model_copy(update={"n_failed": lost})],
        *([[box("large glass", "by the potential", "large_glass", _md(large))]] if large else []),
        [
            box("MD with the potential", "in the engine's cell", "mtp_sampling", n_small),
            box("production", _times(runs + of_host), "production", len(runs) + len(of_host)),
        ],
        [
            StageBox(
                name="structure",
                n_done=len(parts.structure.samples),
                cpu_seconds=parts.structure.cpu_seconds,
            ),
            StageBox(
                name="transport",
                n_done=len(parts.transport.temperatures),
                cpu_seconds=parts.transport.cpu_seconds,
            ),
            box("voltages", "", "voltage", len(parts.voltage.points)),
            *(
                [box("voltage profile", "", "voltage_profile", len(profile.profiles))]
                if profile
                else []
            ),
        ],
    ]
    return WorkflowDoc(rows=rows)


def _compared(parts: StudyParts, source: str) -> int:
    return sum(sample.structure_source == source for sample in parts.structure.samples)


def _md(quenches: Iterable[QuenchDoc]) -> int:
    """Return the runs of MD behind some glasses."""
    return sum(len(quench.label_uuids) + len(quench.branches) for quench in quenches)


def _times(runs: Sequence[TrajectoryDoc]) -> str:
    return f"{sum(run.production_fs for run in runs) / 1e3:.3g} ps in all" if runs else ""


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 'es' if what.endswith('s') else 's'}"
