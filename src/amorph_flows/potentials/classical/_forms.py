"""The pair terms of classical potentials, beside Coulomb's law."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.optimize import brentq

from amorph_flows.arrays import FloatArray
from amorph_flows.schemas.base import Document

INNERMOST_A = 0.1
"""Distance below which no term is asked for, Å."""


class _Pair(Document):
    """A term of two species."""

    between: tuple[str, str]


class CoulombOnly(_Pair):
    """No term beside Coulomb's law."""

    form: Literal["coulomb"]


class Pedone(_Pair):
    """``d {exp[-2 a (r - r0)] - 2 exp[-a (r - r0)]} + c / r^12``."""

    form: Literal["pedone"]
    d: float = Field(ge=0, description="eV")
    a: float = Field(gt=0, description="1/Å")
    r0: float = Field(gt=0, description="Å")
    c: float = Field(ge=0, description="eV Å^12")


class Buckingham(_Pair):
    """``a exp(-r / rho) - c / r^6``, and ``b / r^n + e r^2`` below the splice.

    Value, slope and curvature go on at the splice, which gives b, n and e. Without a splice, the
    third derivative is zero there: closer in, ``- c / r^6`` bends the repulsion down.
    """

    form: Literal["buckingham"]
    a: float = Field(gt=0, description="eV")
    rho: float = Field(gt=0, description="Å")
    c: float = Field(ge=0, description="eV Å^6")
    splice: float | None = Field(default=None, gt=0, description="Å")

    @model_validator(mode="after")
    def _repels_below_the_splice(self) -> Self:
        radius = self.splice_radius
        if radius is None:
            return self
        b, n, _ = self.inner
        if not (b > 0 and n > 1 and _derivatives(self, radius)[1] < 0):
            raise ValueError(
                f"the Buckingham term of {self.between[0]}-{self.between[1]} does not repel below "
                f"{radius:.3f} Å (b = {b:.3g}, n = {n:.3g}); give a splice where it is repulsive "
                "and curved upwards"
            )
        return self

    @property
    def splice_radius(self) -> float | None:
        """Radius below which the inner form acts, Å; None where c is too small to need one."""
        if self.splice is not None or not self.c:
            return self.splice
        outer = 9 * self.rho
        if _derivatives(self, outer)[3] > 0:
            raise ValueError(
                f"the Buckingham term of {self.between[0]}-{self.between[1]} is attractive at all "
                "distances; check a, rho and c"
            )

        def third(r: float) -> float:
            return float(_derivatives(self, r)[3])

        if third(INNERMOST_A) <= 0:
            return None
        return float(brentq(third, INNERMOST_A, outer, xtol=1e-14))

    @property
    def inner(self) -> tuple[float, float, float]:
        """b, n and e of the inner form.

        They follow from r V' = 2 e r^2 - n b / r^n and its like for V and V''.
        """
        radius = self.splice_radius or 0.0
        value, slope, curvature, _ = (float(one) for one in _derivatives(self, radius))
        balance = 2 * value - radius * slope
        n = (radius * curvature - slope) * radius / balance
        at_splice = balance / (n + 2)
        return at_splice * radius**n, n, (value - at_splice) / radius**2

    def energy_and_force(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the energy, eV, and the force, eV/Å, at distances.

        Parameters
        ----------
        r
            Distances, Å.
        """
        splice = self.splice_radius
        outside = np.maximum(r, splice) if splice else r
        energy, slope, _, _ = _derivatives(self, outside)
        if splice is None:
            return energy, -slope
        b, n, e = self.inner
        near = r < splice
        inside = np.minimum(r, splice)
        energy = np.where(near, b / inside**n + e * inside**2, energy)
        slope = np.where(near, -n * b / inside ** (n + 1) + 2 * e * inside, slope)
        return energy, -slope


def _derivatives(
    term: Buckingham, distances: FloatArray | float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return value and first three derivatives of a Buckingham term."""
    r = np.asarray(distances, dtype=float)
    wall = term.a * np.exp(-r / term.rho)
    return (
        wall - term.c / r**6,
        -wall / term.rho + 6 * term.c / r**7,
        wall / term.rho**2 - 42 * term.c / r**8,
        -wall / term.rho**3 + 336 * term.c / r**9,
    )
