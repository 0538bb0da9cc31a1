"""The document of elastic constants."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from amorph_flows.analysis.elastic import ElasticConstants, ElasticVerdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.result import judged, verdict_on
from amorph_flows.schemas.verdict import Verdict


def _no_rows() -> npt.NDArray[np.float64]:
    return np.empty((0, 6))


class ElasticDoc(StageDocument):
    """Elastic constants and isotropic moduli."""

    tensor_gpa: Array = Field(description="C_ij, Voigt's order, GPa, shape (6, 6)")
    young_gpa: float
    shear_gpa: float
    bulk_gpa: float
    poisson: float
    residual_stress_ev_a3: Array = Field(description="tension positive, eV/Å³, shape (6,)")
    isotropic: Verdict
    strains: Array = Field(default_factory=_no_rows, description="Voigt's, shape (n, 6)")
    stresses_ev_a3: Array = Field(
        default_factory=_no_rows, description="Voigt's, eV/Å³, shape (n, 6)"
    )

    @classmethod
    def from_result(cls, result: ElasticConstants) -> Self:
        """Return the document of what `elastic_constants` returned."""
        isotropic = result.verdict is ElasticVerdict.ISOTROPIC
        verdict = verdict_on("isotropic?", result, isotropic, "nonlinearity", "anisotropy")
        return judged(cls, result, isotropic=verdict)
