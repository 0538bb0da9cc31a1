"""Labelling of a batch: frame by frame, each label kept at once, failures set aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines._finished import FinishedLabels
from amorph_flows.errors import InputError
from amorph_flows.runtime.progress import report_progress
from amorph_flows.runtime.stage_job import current_job_uuid
from amorph_flows.runtime.walltime import Clock, require_time
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, QuarantinedCalculation


@dataclass
class LabelledBatch:
    """A batch with the labels and failures so far.

    Parameters
    ----------
    n_frames
        Frames of the batch.
    frames
        Labelled frames, in order.
    quarantined
        Those that failed.
    """

    n_frames: int
    frames: list[Frame] = field(default_factory=list)
    quarantined: list[QuarantinedCalculation] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether each frame has a label or a reason why it has none."""
        return len(self.frames) + len(self.quarantined) == self.n_frames

    def document(self, engine: EngineInfo, run: str, home: Path) -> LabelDoc:
        """Return the document of the finished batch.

        Parameters
        ----------
        engine
            What computed it.
        run
            Name of the batch.
        home
            Folder of the finished labels.
        """
        return LabelDoc(
            engine=engine,
            run=run,
            n_steps=self.n_frames,
            frames=FrameSet(self.frames),
            quarantined=self.quarantined,
            directory=str(home),
        )


def label_batch(
    frames: FrameSet,
    label: Callable[[Frame], Frame],
    settings_hash: str,
    home: Path,
    *,
    run: str = "",
    goes_on: bool = False,
) -> LabelledBatch:
    """Label frames that are not labelled yet, until all are or the queue job is about to end.

    Parameters
    ----------
    frames
        The configurations.
    label
        Computes one label; what it raises is the reason why the frame is set aside.
    settings_hash
        Of the engine; labels of other settings in the folder do not count.
    home
        Folder of the finished labels.
    run
        Name of the batch, for frames that belong to no run.
    goes_on
        Whether an earlier job must have left some there; frames that failed in it are not tried
        again.

    Raises
    ------
    InputError
        If there should be finished labels and are none.
    WalltimeError
        If the queue job is about to end before the first label is begun.
    """
    finished = FinishedLabels(home, settings_hash, keep_failures=goes_on)
    if goes_on and frames and not len(finished):
        raise InputError(
            f"{home} holds no label of the settings {settings_hash!r}; give the folder of the "
            "batch that is to be continued, or run the job again without prev_dir"
        )
    batch, clock = LabelledBatch(len(frames)), None
    for index, unnamed in enumerate(frames):
        frame = unnamed.with_provenance(run=unnamed.provenance.run or run)
        if not _take_finished(index, frame, finished, batch):
            if clock is None:
                require_time(f"the label of frame {index + 1} of {len(frames)}")
                clock = Clock()
            elif not clock.has_time():
                break
            _label(index, frame, label, finished, batch)
        report_progress(index + 1, len(frames), "single point")
    return batch


def _take_finished(
    index: int, frame: Frame, finished: FinishedLabels, batch: LabelledBatch
) -> bool:
    """Take over a frame's label or failure from an earlier run; return whether there is one."""
    if not _is_finite(frame):
        return False
    if (held := finished.find(frame)) is not None:
        batch.frames.append(held.with_provenance(job_uuid=current_job_uuid()))
    elif (failure := finished.find_failure(frame, index)) is not None:
        batch.quarantined.append(failure)
    else:
        return False
    return True


def _label(
    index: int,
    frame: Frame,
    label: Callable[[Frame], Frame],
    finished: FinishedLabels,
    batch: LabelledBatch,
) -> None:
    try:
        labelled = label(frame)
    except Exception as error:  # noqa: BLE001 - no failure of one may end the batch
        failure = QuarantinedCalculation(
            index=index,
            content_hash=frame.content_hash if _is_finite(frame) else "",
            reason=f"{type(error).__name__}: {error}",
            directory=str(Path.cwd()),
        )
        finished.add_failure(failure)
        batch.quarantined.append(failure)
    else:
        finished.add(labelled)
        batch.frames.append(labelled)


def _is_finite(frame: Frame) -> bool:
    return bool(np.isfinite(frame.positions).all() and np.isfinite(frame.cell).all())
