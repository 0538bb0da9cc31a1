"""The document of a viscosity."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.result import ResultDocument


class ViscosityDoc(ResultDocument, StageDocument):
    """Shear viscosity of one run by Green and Kubo."""

    run_uuid: str = Field(default="", description="of the job whose run it is")
    temperature_k: float | None = Field(default=None, description="of the run, K")
    viscosity_pa_s: float = Field(description="Pa s; not to be used unless `plateau` passed")
    interval_pa_s: tuple[float, float] = Field(description="95 % interval, Pa s")
    plateau_fs: float = Field(description="upper limit of the integral, fs")
    long_time_pa_s: float = Field(description="from the means of whole segments, Pa s")
    plateau: Verdict = Field(description="whether the integral is the viscosity")
    lags_fs: Array = Field(description="of the curves, fs, shape (n,)")
    correlation_gpa2: Array = Field(description="of a shear stress, GPa², shape (n,)")
    integral_pa_s: Array = Field(description="integral up to each, Pa s, shape (n,)")
    integral_error_pa_s: Array = Field(description="its standard error, Pa s, shape (n,)")
