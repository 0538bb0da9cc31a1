"""A toy engine that loses the first label of each turn of the active-learning loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from jobflow import CURRENT_JOB

from amorph_flows.calculators.toy import ToyCalculator


class FirstLabelFails(ToyCalculator):
    """Fails for the first configuration that it sees in a first batch of labels."""

    def __init__(self) -> None:
        super().__init__()
        self._failing: Any = None

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        """Compute, or fail."""
        job = CURRENT_JOB.job
        if job is not None and "label" in job.name and "batch 1" in job.name:
            positions = (args[0] if args else kwargs["atoms"]).positions
            if self._failing is None:
                self._failing = positions.copy()
            if np.array_equal(positions, self._failing):
                raise RuntimeError("the self-consistency cycle did not converge")
        super().calculate(*args, **kwargs)
