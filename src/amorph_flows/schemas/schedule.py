"""One stage of a molecular-dynamics schedule."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from amorph_flows.schemas.base import Document

Coupling = Literal["isotropic", "axes", "triclinic"]
"""What of a cell follows the pressure: its volume, its three lengths, or lengths and angles."""

_OF_THE_BAROSTAT = ("pressure_gpa", "end_pressure_gpa", "barostat_damping_fs", "coupling")


class MDStage(Document):
    """A hold or a linear ramp of the temperature, and of the pressure in the NPT ensemble.

    A stage whose two temperatures agree is a hold. With a damping time t of the barostat the
    volume swings with a period of 2π t / sqrt(3 V B / N k_B T): with 1 ps, the default, some tenths
    of a picosecond in an oxide (bulk modulus B of 50 to 200 GPa), slower than its bonds and faster
    than a hold. ``coupling = "isotropic"`` is the one for melts, which do not resist a change of
    shape.
    """

    name: str = Field(description="what the stage is for, such as 'melt' or 'ramp to 1500 K'")
    start_temperature_k: float = Field(gt=0, description="temperature at the start, K")
    end_temperature_k: float = Field(gt=0, description="temperature at the end, K")
    duration_fs: float = Field(gt=0, description="length, fs")
    time_step_fs: float = Field(default=2.0, gt=0, le=20, description="time step, fs")
    ensemble: Literal["nve", "nvt", "npt"] = Field(default="nvt", description="ensemble")
    thermostat_damping_fs: float = Field(default=80.0, gt=0, description="damping time, fs")
    pressure_gpa: float = Field(
        default=0.0, allow_inf_nan=False, description="pressure at the start, GPa; npt only"
    )
    end_pressure_gpa: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="pressure at the end, GPa; none: as at the start; npt only",
    )
    barostat_damping_fs: float = Field(
        default=1000.0, gt=0, description="damping time of the cell, fs; npt only"
    )
    coupling: Coupling = Field(
        default="isotropic",
        description="what of the cell follows the pressure: volume, the three lengths, or lengths "
        "and angles; npt only",
    )
    frame_stride: int = Field(default=50, ge=1, description="steps between stored frames")

    @model_validator(mode="after")
    def _has_a_barostat(self) -> Self:
        given = [
            f"{name} = {getattr(self, name)}"
            for name in _OF_THE_BAROSTAT
            if getattr(self, name) != type(self).model_fields[name].default
        ]
        if given and self.ensemble != "npt":
            raise ValueError(
                f"{', '.join(given)} with ensemble = {self.ensemble!r}, which has no barostat; "
                "use ensemble = 'npt', or leave it out"
            )
        return self

    @property
    def n_steps(self) -> int:
        """Number of MD steps, at least one."""
        return max(1, round(self.duration_fs / self.time_step_fs))

    @property
    def is_hold(self) -> bool:
        """Whether the temperature stays."""
        return self.start_temperature_k == self.end_temperature_k

    @property
    def has_constant_pressure(self) -> bool:
        """Whether the pressure of the barostat stays."""
        return self.end_pressure_gpa in (None, self.pressure_gpa)

    def temperature_at(self, step: int) -> float:
        """Return the temperature that the schedule asks for at a step, K.

        Parameters
        ----------
        step
            MD step; after the last one the temperature stays.
        """
        change = self.end_temperature_k - self.start_temperature_k
        return self.start_temperature_k + change * min(step, self.n_steps) / self.n_steps

    def pressure_at(self, step: int) -> float:
        """Return the pressure that the schedule asks for at a step, GPa.

        Parameters
        ----------
        step
            MD step; after the last one the pressure stays.
        """
        end = self.pressure_gpa if self.end_pressure_gpa is None else self.end_pressure_gpa
        change = end - self.pressure_gpa
        return self.pressure_gpa + change * min(step, self.n_steps) / self.n_steps
