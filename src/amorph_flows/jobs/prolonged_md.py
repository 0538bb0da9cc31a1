"""Engine MD that goes on until it suffices: pieces that are one trajectory, each a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jobflow import Flow, Job, JobConfig, OnMissing, Response
from pymatgen.core import Structure

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.engines import Engine
from amorph_flows.jobs.goal import Spent, extension_of, goal_in_words, judge_goal
from amorph_flows.jobs.md_goal import standing
from amorph_flows.jobs.required import required
from amorph_flows.runtime.continuation import reference_to, replaced_by
from amorph_flows.runtime.cpu_time import cpu_seconds_of
from amorph_flows.runtime.progress import mark_goal, report_goal
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.schemas.until import Extension, Until

HOTTER, HOTTEST = 1.25, 2.0
"""How much hotter a melt is made at once, and over its own temperature at most."""


def md_until(
    engine: Engine,
    structure: Structure,
    stage: MDStage,
    until: Until,
    *,
    run: str,
    seed: int,
    name: str,
    crystal: Structure | None = None,
) -> Job | Flow:
    """Return engine MD of one stage that goes on until it reaches a goal, if it has one.

    Its output is a `LabelDoc` of all pieces as one trajectory.

    Parameters
    ----------
    engine
        Where energies and forces come from.
    structure
        Where to start, or a reference to it.
    stage
        The stage, as long as it is at first.
    until
        The goal and the budget; one that is not set leaves the run as long as asked.
    run
        Name of the trajectory.
    seed
        Seed of the initial velocities.
    name
        Of the jobs.
    crystal
        What a glass was made from, for the goals that ask for it.
    """
    job = engine.md(structure, stage, run=run, seed=seed)
    job.name = name
    if not until.is_set:
        return job
    return _and_on(job, engine, [job.output], stage, until, [], crystal, name, "")


def _and_on(
    job: Job,
    engine: Engine,
    pieces: list[Any],
    stage: MDStage,
    until: Until,
    extensions: list[Extension],
    crystal: Structure | None,
    name: str,
    found: str,
) -> Flow:
    """Return a piece of a run, and the job that judges all pieces so far."""
    mark_goal(job, f"{goal_in_words(until)}{f' ({found})' if found else ''}")
    end = go_on_or_end(engine, pieces, stage, until, extensions, crystal)
    end.name = f"{name}: goal"
    return Flow([job, end], output=end.output, name=name)


@stage_job(LabelDoc, kind="light", config=JobConfig(on_missing_references=OnMissing.NONE))
def go_on_or_end(
    engine: Engine,
    pieces: list[LabelDoc | None],
    stage: MDStage,
    until: Until,
    extensions: list[Extension],
    crystal: Structure | None = None,
) -> LabelDoc | Response[Any]:
    """Return the run as one trajectory, or make it longer where it has not reached its goal.

    Parameters
    ----------
    engine
        Where energies and forces come from.
    pieces
        The run so far; None stands for a piece that failed.
    stage
        The stage, as long as it was at first.
    until
        The goal and the budget.
    extensions
        What was added to the first piece.
    crystal
        What a glass was made from; None where no goal asks for it.
    """
    done = [piece for piece in pieces if piece is not None]
    required(pieces[0], f"the first piece of {stage.name!r}")
    failed = len(done) < len(pieces)
    label = joined(done, stage, extensions[: len(done) - 1])
    now = standing(until, label, crystal)
    spent = Spent(_length_fs(done), (label.cpu_seconds or 0.0) / 3600)
    last_k = _temperature(stage, label.extensions)
    next_k = min(last_k * HOTTER, stage.end_temperature_k * HOTTEST) if now.hotter else last_k
    if now.passed and last_k != stage.end_temperature_k:
        next_k = stage.end_temperature_k
        now = replace(now, passed=False, reason=f"{now.reason}, but at {last_k:g} K", factor=1.0)
    longer = None
    if not (now.passed or failed):
        longer = extension_of(until, now, spent, stage.frame_stride * stage.time_step_fs)
    if longer is not None:
        report_goal(f"{goal_in_words(until)}: not yet, {now.reason}", False)
        longer = longer.model_copy(update={"temperature_k": next_k})
        return _longer(engine, label, done, stage, until, [*label.extensions, longer], crystal)
    verdict = judge_goal(until, now, spent, stage.end_temperature_k, failed=failed)
    report_goal(f"{goal_in_words(until)}: {verdict.reason}", verdict.passed)
    return label.model_copy(update={"verdicts": [verdict]})


def _longer(
    engine: Engine,
    label: LabelDoc,
    pieces: list[LabelDoc],
    stage: MDStage,
    until: Until,
    extensions: list[Extension],
    crystal: Structure | None,
) -> Response[Any]:
    """Return the response with the next piece, from the last frame with its velocities."""
    last, engine = extensions[-1], engine.by_reference()
    assert label.structure is not None
    assert last.temperature_k is not None
    piece = stage.model_copy(
        update={
            "name": f"{stage.name}, extension {len(extensions)}",
            "start_temperature_k": last.temperature_k,
            "end_temperature_k": last.temperature_k,
            "duration_fs": last.to_fs - last.from_fs,
        }
    )
    earlier = [reference_to(one) for one in pieces]
    start = earlier[-1].structure
    job = engine.md(start, piece, run=label.run, seed=label.seed or 0)
    name = f"{label.run}: {piece.name}"
    job.name = name
    rest = [*earlier, job.output]
    flow = _and_on(job, engine, rest, stage, until, extensions, crystal, name, last.reason)
    return replaced_by(flow)


def joined(
    pieces: Sequence[LabelDoc], stage: MDStage, extensions: Sequence[Extension] = ()
) -> LabelDoc:
    """Return the pieces of a run as one trajectory, its time and steps counted from the start.

    Parameters
    ----------
    pieces
        In order, each from the end of the one before.
    stage
        Of the first one.
    extensions
        What the others were added for, if they are extensions.
    """
    frames, quarantined, steps, time_fs = [], [], 0, 0.0
    for piece in pieces:
        for frame in piece.frames:
            at = frame.provenance
            frames.append(
                frame.with_provenance(
                    step=steps + (at.step or 0), time_fs=time_fs + (at.time_fs or 0.0)
                )
            )
        quarantined += [
            one.model_copy(update={"index": one.index + steps}) for one in piece.quarantined
        ]
        steps += piece.n_steps
        time_fs = steps * stage.time_step_fs
    return LabelDoc(
        engine=pieces[-1].engine,
        run=pieces[0].run,
        stage=stage.model_copy(update={"duration_fs": time_fs}),
        seed=pieces[0].seed,
        n_steps=steps,
        frames=FrameSet(frames),
        structure=pieces[-1].structure,
        quarantined=quarantined,
        cpu_seconds=cpu_seconds_of(pieces),
        extensions=list(extensions),
    )


def _length_fs(pieces: list[LabelDoc]) -> float:
    return sum(piece.stage.duration_fs for piece in pieces if piece.stage is not None)


def _temperature(stage: MDStage, extensions: list[Extension]) -> float:
    """Return the temperature of the last piece, K."""
    last = extensions[-1].temperature_k if extensions else None
    return stage.end_temperature_k if last is None else last
