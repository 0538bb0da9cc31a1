"""Settings of the training of moment tensor potentials."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class TrainingSettings(BaseModel):
    """Optimiser and stopping of `MTPTrainer`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threads: int = Field(default=0, ge=0, description="threads over structures; 0: one a core")
    sweeps: int = Field(
        default=8, ge=1, description="most random sums a frame in the sketch of the curvature"
    )
    damping: float = Field(
        default=1e-4, gt=0.0, description="share of its diagonal added to the curvature"
    )
    block_steps: int = Field(default=40, ge=1, description="BFGS steps between two sketches")
    max_blocks: int = Field(default=1000, ge=0, description="most sketches")
    tolerance: float = Field(
        default=1e-3, ge=0.0, description="stop when a block lowers the loss by less, relative"
    )
    patience: int = Field(
        default=4, ge=1, description="blocks without a better validation loss before stopping"
    )
    linear_frames: int = Field(default=200, ge=1, description="most frames of the linear fit")
    ridge: float = Field(default=1e-10, gt=0.0, description="of the linear fit, unit columns")
    checkpoint: Path | None = Field(
        default=None, description=".mtp file written after every block; None: none"
    )

    @property
    def n_threads(self) -> int:
        """Number of threads."""
        return self.threads or len(os.sched_getaffinity(0))
