"""A backend whose fits are counts in another process, and need several queue jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import ClassVar

import pytest
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from processes import wait_until
from served_emt import HERE, SCRIPT
from unfitted_backend import Unfitted

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.task import run_task
from amorph_flows.potentials.learned import Fit, UnfinishedFitError
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc

MARGIN_S = 10.0
"""Longer than the fit takes, which comes to its end where the margin is not kept free."""


@contextmanager
def queue_job_ends_once_begun(folder: Path) -> Iterator[None]:
    """Let the margin of the queue job begin as soon as the count in a folder has a checkpoint."""
    over = threading.Event()

    def end_it() -> None:
        begun = (folder / "checkpoint.json").exists
        wait_until(lambda: begun() or over.is_set(), "the count has begun")
        patch.setenv("AMORPH_DEADLINE", repr(time.time() + MARGIN_S))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMORPH_WALLTIME_MARGIN_S", str(MARGIN_S))
        watch = threading.Thread(target=end_it)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()


class StoppedFit(Unfitted):
    """The first queue job ends as soon as a step is counted, the next has no end."""

    name: ClassVar[str] = "stopped_fit:StoppedFit"

    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        folder = Path.cwd() / "counted"
        files = {"training.npz": frames_file(training)}
        goes_on = (folder / "checkpoint.json").exists()
        with nullcontext() if goes_on else queue_job_ends_once_begun(folder):
            end = run_task(HERE, SCRIPT, "count", folder, {"to": settings.max_steps}, files=files)
        if end.ended == "walltime":
            raise UnfinishedFitError(str(folder))
        begun = str(end.result["begun_at"]).encode()
        return Fit({"begun_at": begun}, ["Cu"], 1, end.cpu_seconds, end.history)

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return EMT()
