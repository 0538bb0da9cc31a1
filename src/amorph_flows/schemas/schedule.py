"""One stage of a molecular-dynamics schedule."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from amorph_flows.schemas.base import Document


class MDStage(Document):
    """A hold or a linear ramp of the temperature.

    A stage whose two temperatures agree is a hold.
    """

    name: str = Field(description="what the stage is for, such as 'melt' or 'ramp to 1500 K'")
    start_temperature_k: float = Field(gt=0, description="temperature at the start, K")
    end_temperature_k: float = Field(gt=0, description="temperature at the end, K")
    duration_fs: float = Field(gt=0, description="length, fs")
    time_step_fs: float = Field(default=2.0, gt=0, le=20, description="time step, fs")
    ensemble: Literal["nve", "nvt"] = Field(default="nvt", description="ensemble")
    thermostat_damping_fs: float = Field(default=80.0, gt=0, description="damping time, fs")
    frame_stride: int = Field(default=50, ge=1, description="steps between stored frames")

    @property
    def n_steps(self) -> int:
        """Number of MD steps, at least one."""
        return max(1, round(self.duration_fs / self.time_step_fs))

    @property
    def is_hold(self) -> bool:
        """Whether the temperature stays."""
        return self.start_temperature_k == self.end_temperature_k
