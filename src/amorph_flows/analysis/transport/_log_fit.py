"""Least squares of logarithms whose errors are given as 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtrit

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

Interval = tuple[float, float]
_NORMAL = float(ndtri(0.975))


@dataclass(frozen=True)
class LogFit:
    """ln y = design · coefficients.

    Parameters
    ----------
    coefficients, covariance
        Shapes ``(n,)`` and ``(n, n)``.
    chi_squared, degrees_of_freedom
        Misfit in units of the errors.
    """

    coefficients: FloatArray
    covariance: FloatArray
    chi_squared: float
    degrees_of_freedom: int

    @property
    def misfit_p(self) -> float | None:
        """Probability of so large a misfit by chance; None without degrees of freedom."""
        freedom = self.degrees_of_freedom
        return float(chdtrc(freedom, self.chi_squared)) if freedom > 0 else None

    def along(self, row: Sequence[float]) -> tuple[float, float]:
        """Return a sum of coefficients and half of its 95 % interval.

        Where the points scatter more than their errors, the interval grows by √(χ²/ν) and
        Student's factor of ν degrees of freedom (Birge, Phys. Rev. 40, 207 (1932)).

        Parameters
        ----------
        row
            Factors of the coefficients.
        """
        factors = np.asarray(row, dtype=float)
        error = float(np.sqrt(factors @ self.covariance @ factors)) * self._growth
        quantile = float(stdtrit(self.degrees_of_freedom, 0.975)) if self._grows else _NORMAL
        return float(factors @ self.coefficients), quantile * error

    def probability_of_none(self, index: int) -> float:
        """Return the probability that a coefficient is so far from zero by chance.

        It is that of the likelihood ratio with and without the coefficient.

        Parameters
        ----------
        index
            Which coefficient.
        """
        error = float(np.sqrt(self.covariance[index, index]))
        return float(2 * ndtr(-abs(float(self.coefficients[index])) / error))

    @property
    def _grows(self) -> bool:
        return self.degrees_of_freedom > 0 and self.chi_squared > self.degrees_of_freedom

    @property
    def _growth(self) -> float:
        return float(np.sqrt(self.chi_squared / self.degrees_of_freedom)) if self._grows else 1.0


def fit_logarithms(
    design: FloatArray, values: Sequence[float], intervals: Sequence[Interval]
) -> LogFit:
    """Fit the logarithms of some values, each weighted by its own 95 % interval.

    The error of a logarithm is half of its interval over 1.96, whatever the degrees of freedom
    behind it, so that few of them count through the Student factor that made the interval wide.

    Parameters
    ----------
    design
        Shape ``(n_values, n_coefficients)``, of full rank.
    values
        Positive.
    intervals
        Low and high end at 95 %, each positive and finite.

    Raises
    ------
    InputError
        If a value or an end is not positive and finite, or an interval has no width.
    """
    y, ends = np.asarray(values, dtype=float), np.asarray(intervals, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms, errors = np.log(y), np.diff(np.log(ends), axis=1)[:, 0] / (2 * _NORMAL)
    if not (np.isfinite(logarithms).all() and np.isfinite(errors).all() and (errors >= 0).all()):
        raise InputError(
            f"values {y.tolist()} with intervals {ends.tolist()}; positive and finite numbers, "
            "low ends first, are needed"
        )
    errors = np.maximum(errors, 1e-6)
    covariance = np.linalg.inv(design.T @ (design / errors[:, None] ** 2))
    fitted = covariance @ (design.T @ (logarithms / errors**2))
    chi_squared = float(np.sum(((logarithms - design @ fitted) / errors) ** 2))
    return LogFit(fitted, covariance, chi_squared, len(y) - design.shape[1])


def usable_interval(interval: Interval | None) -> bool:
    """Return whether an interval can weigh a logarithm: both ends positive and finite.

    Parameters
    ----------
    interval
        Low and high end.
    """
    return interval is not None and 0 < interval[0] <= interval[1] < float("inf")


def exponential(logarithm: float, half: float) -> tuple[float, Interval]:
    """Return a value and its interval from its logarithm, kept within floating point.

    Parameters
    ----------
    logarithm, half
        Of the value, and half of its interval.
    """
    low, value, high = np.exp(
        np.clip([logarithm - half, logarithm, logarithm + half], -700, 700)
    ).tolist()
    return value, (low, high)
