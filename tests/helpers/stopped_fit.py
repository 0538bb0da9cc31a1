"""A backend whose fits are counts in another process, and need several queue jobs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import ClassVar

from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from served_emt import HERE, SCRIPT
from unfitted_backend import Unfitted

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.task import run_task
from amorph_flows.potentials.learned import Fit, UnfinishedFitError
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc


class StoppedFit(Unfitted):
    """The first queue job ends after some seconds, the next has no end."""

    name: ClassVar[str] = "stopped_fit:StoppedFit"

    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        folder = Path.cwd() / "counted"
        os.environ["AMORPH_WALLTIME_MARGIN_S"] = "0"
        if (folder / "checkpoint.json").exists():
            os.environ.pop("AMORPH_DEADLINE", None)
        else:
            os.environ["AMORPH_DEADLINE"] = repr(time.time() + 8.0)
        files = {"training.npz": frames_file(training)}
        try:
            end = run_task(HERE, SCRIPT, "count", folder, {"to": settings.max_steps}, files=files)
        finally:
            os.environ.pop("AMORPH_DEADLINE", None)
        if end.ended == "walltime":
            raise UnfinishedFitError(str(folder))
        begun = str(end.result["begun_at"]).encode()
        return Fit({"begun_at": begun}, ["Cu"], 1, end.cpu_seconds, end.history)

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return EMT()
