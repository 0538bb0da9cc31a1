"""The document of elastic constants."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.result import ResultDocument


def _no_rows() -> npt.NDArray[np.float64]:
    return np.empty((0, 6))


class ElasticDoc(ResultDocument, StageDocument):
    """Elastic constants and isotropic moduli."""

    tensor_gpa: Array = Field(description="C_ij, Voigt's order, GPa, shape (6, 6)")
    young_gpa: float
    shear_gpa: float
    bulk_gpa: float
    poisson: float
    residual_stress_ev_a3: Array = Field(description="tension positive, eV/Å³, shape (6,)")
    isotropic: Verdict = Field(description="whether to use the moduli")
    inputs_cpu_seconds: float | None = Field(
        default=None, description="CPU time of the jobs behind, s; None where it is not known"
    )
    strains: Array = Field(default_factory=_no_rows, description="Voigt's, shape (n, 6)")
    stresses_ev_a3: Array = Field(
        default_factory=_no_rows, description="Voigt's, eV/Å³, shape (n, 6)"
    )
