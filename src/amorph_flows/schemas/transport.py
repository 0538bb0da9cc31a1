"""The document of the transport of one ion."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Self

import numpy as np
import pydantic.dataclasses
from pydantic import ConfigDict, Field

from amorph_flows.analysis.transport.ion_motion import IonMotion
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.transport.transport import TransportResult
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.ion_motion import IonMotionDoc

_MOST_LAGS = 400
"""Curves are kept at about this many lags, evenly spaced in the logarithm."""

Interval = tuple[float, float]


@pydantic.dataclasses.dataclass(
    frozen=True,
    config=ConfigDict(extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="constants"),
)
class TransportAtTemperatureDoc(TransportAtTemperature):
    """Transport at one temperature as it is stored, its curves thinned."""

    lags_fs: Array
    msd_a2: Array
    msd_axes_a2: Array
    mscd_a2: Array
    host_msd_a2: Array
    non_gaussian_lags_fs: Array
    non_gaussian: Array

    @classmethod
    def from_result(cls, result: TransportAtTemperature) -> Self:
        """Return the document of one temperature.

        Parameters
        ----------
        result
            What the analysis found.
        """
        kept = _kept_lags(len(result.lags_fs))
        thinned = {}
        for name in ("lags_fs", "msd_a2", "msd_axes_a2", "mscd_a2", "host_msd_a2"):
            curve = getattr(result, name)
            thinned[name] = curve[kept] if len(curve) == len(result.lags_fs) else curve[:0]
        return cls(**{**vars(result), **thinned})


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
    extrapolation_300k: float | None = Field(
        description="how far 300 K is from the nearest fitted temperature, in 1/T, over their span"
    )
    fitted_temperatures_k: list[float]
    glass_transition_k: float | None = Field(
        description="what the fit was tested against, K; None where the study has none"
    )
    glass_transition_interval_k: Interval | None = Field(description="95 %, K")
    haven_ratio_300k: float | None = Field(
        description="weighted mean of the logarithm over the fitted temperatures"
    )
    haven_ratio_300k_interval: Interval | None = Field(description="95 %")
    conductivity_300k_s_cm: float | None = Field(
        description="Nernst-Einstein with D*(300 K) over that Haven ratio; None where the charge "
        "is not known"
    )
    conductivity_300k_interval_s_cm: Interval | None = Field(description="95 %")
    haven_verdict: Verdict | None = Field(
        description="whether the Haven ratio is the same at all temperatures"
    )
    believable: bool = Field(description="whether Ea and D(300 K) are converged")
    verdicts: list[Verdict] = Field(description="on the temperatures together")
    thresholds: dict[str, float] = Field(description="what everything was held to")
    motion: list[IonMotionDoc] = Field(
        default_factory=list, description="of the longest run at each temperature"
    )

    @classmethod
    def from_result(cls, result: TransportResult, motion: Sequence[IonMotion] = ()) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            What `amorph_flows.analysis.analyse_transport` returned.
        motion
            What `amorph_flows.analysis.ion_motion` returned at each temperature.
        """
        fit, room = result.arrhenius, result.room_conductivity
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
            extrapolation_300k=result.extrapolation_300k,
            fitted_temperatures_k=result.fitted_temperatures_k,
            glass_transition_k=result.glass_transition_k,
            glass_transition_interval_k=result.glass_transition_interval_k,
            haven_ratio_300k=room.haven_ratio if room else None,
            haven_ratio_300k_interval=room.haven_ratio_interval if room else None,
            conductivity_300k_s_cm=result.conductivity_300k_s_cm,
            conductivity_300k_interval_s_cm=result.conductivity_300k_interval_s_cm,
            haven_verdict=room.haven_verdict if room else None,
            believable=result.believable,
            verdicts=list(result.verdicts),
            thresholds={k: float(v) for k, v in dataclasses.asdict(result.thresholds).items()},
            motion=[IonMotionDoc.from_result(one) for one in motion],
        )


def _kept_lags(n_lags: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the indices of lags evenly spaced in the logarithm, zero and the last included."""
    if n_lags <= _MOST_LAGS:
        return np.arange(n_lags)
    spaced = np.geomspace(1, n_lags - 1, _MOST_LAGS).round().astype(np.int64)
    return np.unique(np.append(0, spaced))
