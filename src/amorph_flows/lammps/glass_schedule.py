"""The stages in which a glass is made with a potential."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from amorph_flows.lammps.stages import NPT, NVT, Minimise, Stage
from amorph_flows.schemas.base import Document


class GlassSchedule(Document):
    """Minimised, warmed, molten, cooled and relaxed; a part of no length is left out.

    The defaults are those of Christensen et al., J. Mater. Chem. A (2025), sections 2.1 and 2.3.

    Examples
    --------
    The glass that they made with density functional theory, at constant volume:

    >>> GlassSchedule(
    ...     start_nvt_fs=0, start_npt_fs=0, melt_nvt_fs=2000, melt_npt_fs=0,
    ...     rate_k_per_ps=100, relax_fs=1000, ensemble="nvt",
    ... )
    """

    start_temperature_k: float = Field(
        default=300.0, gt=0, description="after the minimisation of the energy, K"
    )
    start_nvt_fs: float = Field(default=10_000.0, ge=0, description="how long at first, fs")
    start_npt_fs: float = Field(default=10_000.0, ge=0, description="and with the barostat, fs")
    melt_temperature_k: float = Field(
        default=3000.0, gt=0, description="of the melt, which is that hot at once, K"
    )
    melt_nvt_fs: float = Field(default=100_000.0, ge=0, description="how long at first, fs")
    melt_npt_fs: float = Field(default=100_000.0, ge=0, description="and with the barostat, fs")
    rate_k_per_ps: float = Field(default=1.0, gt=0, description="of the cooling, K/ps")
    final_temperature_k: float = Field(default=300.0, gt=0, description="end of the cooling, K")
    relax_fs: float = Field(default=100_000.0, gt=0, description="how long that is held, fs")
    ensemble: Literal["npt", "nvt"] = Field(
        default="npt", description="of cooling and end; 'nvt' keeps the volume that came before"
    )
    pressure_gpa: float = Field(default=0.0, description="of the barostat, GPa")
    damping_fs: float = Field(default=100.0, gt=0, description="of the thermostat, fs")
    barostat_damping_fs: float = Field(default=1000.0, gt=0, description="of the barostat, fs")
    time_step_fs: float = Field(default=1.0, gt=0, le=20, description="time step, fs")
    frame_stride: int = Field(
        default=1000, ge=1, description="steps between frames of the end, which alone keeps any"
    )

    @model_validator(mode="after")
    def _cools(self) -> Self:
        if self.melt_temperature_k <= self.final_temperature_k:
            raise ValueError(
                f"melt_temperature_k is {self.melt_temperature_k:g}, not above "
                f"final_temperature_k, {self.final_temperature_k:g}; nothing would be cooled"
            )
        return self

    @property
    def cooling_fs(self) -> float:
        """Length of the cooling, fs."""
        return (self.melt_temperature_k - self.final_temperature_k) / self.rate_k_per_ps * 1e3

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in order."""
        warm, hot, cold = (
            self.start_temperature_k,
            self.melt_temperature_k,
            self.final_temperature_k,
        )
        parts: list[tuple[str, float, float, dict[str, Any]]] = [
            ("nvt", warm, self.start_nvt_fs, {}),
            ("npt", warm, self.start_npt_fs, {}),
            ("nvt", hot, self.melt_nvt_fs, {}),
            ("npt", hot, self.melt_npt_fs, {}),
            (self.ensemble, hot, self.cooling_fs, {"end_temperature_k": cold}),
            (self.ensemble, cold, self.relax_fs, {"frame_stride": self.frame_stride}),
        ]
        stages: list[Stage] = [Minimise()]
        now_k = None
        for ensemble, temperature_k, duration_fs, more in parts:
            if not duration_fs:
                continue
            if now_k != temperature_k:
                more["velocities"] = "draw" if now_k is None else "scale"
            now_k = more.get("end_temperature_k", temperature_k)
            stages.append(self._stage(ensemble, temperature_k, duration_fs, more))
        return tuple(stages)

    def _stage(
        self, ensemble: str, temperature_k: float, duration_fs: float, more: dict[str, Any]
    ) -> Stage:
        held = {
            "temperature_k": temperature_k,
            "duration_fs": duration_fs,
            "time_step_fs": self.time_step_fs,
            "damping_fs": self.damping_fs,
            **more,
        }
        if ensemble == "nvt":
            return NVT.model_validate(held)
        return NPT.model_validate(
            held
            | {"pressure_gpa": self.pressure_gpa, "barostat_damping_fs": self.barostat_damping_fs}
        )
