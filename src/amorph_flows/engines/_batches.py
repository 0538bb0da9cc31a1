"""Batches of single points, split into jobs that run in parallel and merged afterwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jobflow import Flow, Job, JobConfig, OnMissing, Response

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.runtime.continuation import take_over
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, QuarantinedCalculation


def in_pieces(
    static: Callable[[FrameSet, str], Job],
    engine: EngineInfo,
    frames: FrameSet,
    run: str,
    labels_per_job: int,
) -> Response | None:
    """Return the jobs that replace one with too many frames to label, or None if it has few enough.

    Parameters
    ----------
    static
        Makes the job that labels some of the frames, all in that job.
    engine
        Whose labels they are.
    frames
        The batch.
    run
        Name of the batch.
    labels_per_job
        Frames that one job labels at most; 0: all.

    Raises
    ------
    InputError
        If ``labels_per_job`` is negative.
    """
    if labels_per_job < 0:
        raise InputError(f"labels_per_job must be 0 (all in one job) or more, got {labels_per_job}")
    if not labels_per_job or len(frames) <= labels_per_job:
        return None
    batches = [frames[i : i + labels_per_job] for i in range(0, len(frames), labels_per_job)]
    jobs = [static(batch, run) for batch in batches]
    hashes = [[_hash(frame) for frame in batch] for batch in batches]
    merged = take_over(merge_labels([job.output for job in jobs], hashes, engine, run))
    return Response(replace=Flow([*jobs, merged]))


@stage_job(LabelDoc, kind="light", config=JobConfig(on_missing_references=OnMissing.NONE))
def merge_labels(
    pieces: list[LabelDoc | None], hashes: list[list[str]], engine: EngineInfo, run: str
) -> LabelDoc:
    """Put the labels of a batch together, in its order.

    Parameters
    ----------
    pieces
        What the jobs gave; None stands for one that failed, whose frames are quarantined.
    hashes
        Content hashes of the frames of each piece.
    engine
        Whose labels they are.
    run
        Name of the batch.
    """
    frames: list[Frame] = []
    quarantined: list[QuarantinedCalculation] = []
    first = 0
    for piece, held in zip(pieces, hashes, strict=True):
        if piece is None:
            quarantined += [_lost(first + i, content) for i, content in enumerate(held)]
        else:
            frames += piece.frames
            quarantined += [
                q.model_copy(update={"index": first + q.index}) for q in piece.quarantined
            ]
        first += len(held)
    present = [piece.engine for piece in pieces if piece is not None]
    return LabelDoc(
        engine=present[0] if present else engine,
        run=run,
        n_steps=first,
        frames=FrameSet(frames),
        quarantined=quarantined,
    )


def _hash(frame: Frame) -> str:
    finite = np.isfinite(frame.positions).all() and np.isfinite(frame.cell).all()
    return frame.content_hash if finite else ""


def _lost(index: int, content_hash: str) -> QuarantinedCalculation:
    return QuarantinedCalculation(
        index=index,
        content_hash=content_hash,
        reason="the job that labels this part of the batch failed; see there",
    )
