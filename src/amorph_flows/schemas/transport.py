"""The document of the transport of one ion."""

from __future__ import annotations

import dataclasses
import math
from typing import Self

import numpy as np
from pydantic import ConfigDict, Field

from amorph_flows.analysis.transport.findings import Finding
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.transport.transport import TransportResult
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.verdict import Verdict

MOST_LAGS = 400
"""Curves are kept at about this many lags, evenly spaced in the logarithm."""

Interval = tuple[float, float]


class TransportAtTemperatureDoc(Document):
    """Transport at one temperature."""

    model_config = ConfigDict(ser_json_inf_nan="constants")

    temperature_k: float
    n_trajectories: int
    n_ions: int
    n_frames: int = Field(description="over all trajectories")
    frame_spacing_fs: float
    drift: str = Field(description="which drift was removed: none, cell or host")
    tracer_diffusivity_cm2_s: float = Field(description="from the fitted slope")
    tracer_diffusivity_interval_cm2_s: Interval = Field(description="95 %")
    tracer_diffusivity_axes_cm2_s: tuple[float, float, float] = Field(description="along x, y, z")
    tracer_diffusivity_axes_interval_cm2_s: tuple[Interval, Interval, Interval] | None = Field(
        default=None, description="95 %, of each axis"
    )
    tracer_diffusivity_single_time_cm2_s: float = Field(description="MSD(Δt)/6Δt")
    single_time_fs: float = Field(description="Δt")
    tracer_diffusivity_with_drift_cm2_s: float = Field(description="had no drift been removed")
    jump_diffusivity_cm2_s: float
    jump_diffusivity_interval_cm2_s: Interval = Field(description="95 %")
    haven_ratio: float | None
    haven_ratio_interval: Interval | None = Field(description="95 %")
    conductivity_s_cm: float | None = Field(description="Nernst-Einstein with D_J")
    conductivity_interval_s_cm: Interval | None = Field(description="95 %")
    host_diffusivity_cm2_s: float | None
    relative_error: float = Field(description="standard error of the tracer diffusivity over it")
    fit_window_fs: Interval = Field(description="first and last lag of the fit")
    discontinuities: list[int] = Field(description="first frames of new pieces")
    implied_frame_spacing_fs: float | None = Field(description="from equipartition")
    implied_frame_spacing_by_species_fs: dict[str, float]
    believable: bool
    verdicts: list[Verdict]
    lags_fs: Array
    msd_a2: Array
    msd_axes_a2: Array
    mscd_a2: Array
    host_msd_a2: Array = Field(description="empty without a host")
    non_gaussian_lags_fs: Array
    non_gaussian: Array

    @classmethod
    def from_result(cls, result: TransportAtTemperature) -> Self:
        """Return the document of one temperature, its curves thinned.

        Parameters
        ----------
        result
            What the analysis found.
        """
        values = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
        values["verdicts"] = [as_verdict(finding) for finding in values.pop("reasons")]
        kept = _kept_lags(len(result.lags_fs))
        for name in ("lags_fs", "msd_a2", "msd_axes_a2", "mscd_a2", "host_msd_a2"):
            curve = values[name]
            values[name] = curve[kept] if len(curve) == len(result.lags_fs) else curve[:0]
        return cls(**values)


class TransportDoc(StageDocument):
    """Transport of one ion over temperatures (Choyal et al. 2025, Eqs. 2-5)."""

    ion: str = Field(description="element symbol")
    charge: float | None = Field(description="in the conductivity, elementary charges")
    temperatures: list[TransportAtTemperatureDoc] = Field(description="by increasing temperature")
    activation_energy_ev: float | None = Field(description="of the tracer diffusivity")
    activation_energy_interval_ev: Interval | None = Field(description="95 %")
    d0_cm2_s: float | None
    d0_interval_cm2_s: Interval | None = Field(description="95 %")
    d_300k_cm2_s: float | None = Field(description="tracer diffusivity at 300 K from the fit")
    d_300k_interval_cm2_s: Interval | None = Field(description="95 %")
    fitted_temperatures_k: list[float]
    believable: bool = Field(description="whether Ea and D(300 K) may be believed")
    verdicts: list[Verdict] = Field(description="on the temperatures together")
    thresholds: dict[str, float] = Field(description="what everything was held to")

    @classmethod
    def from_result(cls, result: TransportResult) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            What `amorph_flows.analysis.analyse_transport` returned.
        """
        fit = result.arrhenius
        return cls(
            ion=result.ion,
            charge=result.charge,
            temperatures=[TransportAtTemperatureDoc.from_result(t) for t in result.temperatures],
            activation_energy_ev=result.activation_energy_ev,
            activation_energy_interval_ev=result.activation_energy_interval_ev,
            d0_cm2_s=result.d0_cm2_s,
            d0_interval_cm2_s=fit.d0_interval_cm2_s if fit else None,
            d_300k_cm2_s=result.d_300k_cm2_s,
            d_300k_interval_cm2_s=result.d_300k_interval_cm2_s,
            fitted_temperatures_k=result.fitted_temperatures_k,
            believable=result.believable,
            verdicts=[as_verdict(finding) for finding in result.reasons],
            thresholds={k: float(v) for k, v in dataclasses.asdict(result.thresholds).items()},
        )


def as_verdict(finding: Finding) -> Verdict:
    """Return the document of a finding.

    Parameters
    ----------
    finding
        One judgement of the analysis.
    """
    return Verdict(
        question=finding.question,
        answer=finding.verdict.name,
        believable=finding.believable,
        reason=finding.reason,
        numbers={k: v for k, v in finding.numbers.items() if math.isfinite(v)},
        thresholds=finding.thresholds,
    )


def _kept_lags(n_lags: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the indices of lags evenly spaced in the logarithm, zero and the last included."""
    if n_lags <= MOST_LAGS:
        return np.arange(n_lags)
    spaced = np.geomspace(1, n_lags - 1, MOST_LAGS).round().astype(np.int64)
    return np.unique(np.append(0, spaced))
