"""Random effects of glasses and of occupations in glasses, of one sample or many at once.

Runs are the last axis of arrays; the axes before it are samples of the same design.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, ndtri, stdtrit

from amorph_flows.arrays import FloatArray, IntArray

_TINY = 1e-150
"""Variance of what has none, so that weights stay finite."""

_BISECTIONS = 45


@dataclass(frozen=True)
class Design:
    """Which run belongs to which occupation, and which occupation to which glass.

    Parameters
    ----------
    runs
        1 where a run is of an occupation, shape ``(n_occupations, n_runs)``.
    occupations
        1 where an occupation is of a glass, shape ``(n_glasses, n_occupations)``.
    """

    runs: FloatArray
    occupations: FloatArray

    @classmethod
    def of(cls, groups: Sequence[tuple[Hashable, Hashable]]) -> Design:
        """Return the design of runs with these glasses and occupations.

        Parameters
        ----------
        groups
            Glass and occupation of each run.
        """
        pairs = list(dict.fromkeys(groups))
        glasses = list(dict.fromkeys(glass for glass, _ in pairs))
        return cls(
            np.array([[float(run == pair) for run in groups] for pair in pairs]),
            np.array([[float(pair[0] == glass) for pair in pairs] for glass in glasses]),
        )

    def levels(self) -> list[tuple[FloatArray, IntArray]]:
        """Return groups of runs, of occupations and of glasses, and what each run belongs to."""
        n_glasses = len(self.occupations)
        occupation = self.runs.argmax(axis=0)
        glass = self.occupations.argmax(axis=0)[occupation]
        return [
            (self.runs, np.arange(self.runs.shape[1])),
            (self.occupations, occupation),
            (np.ones((1, n_glasses)), glass),
        ]


@dataclass(frozen=True)
class Effects:
    """What the model finds, each of the shape of the samples unless said otherwise.

    Parameters
    ----------
    value, half_width
        Of the mean, and half of its 95 % interval; nan where nothing tells how sure it is.
    glasses, occupations
        Variance between glasses and between occupations; None where the design cannot tell.
    runs
        Variance of the error of each run, shape ``(..., n_runs)``; nan where it is not known.
    error_factor
        By how much the errors were enlarged, because repeated runs scatter more.
    weights
        Of the runs in the value, which sum to 1, shape ``(..., n_runs)``.
    """

    value: FloatArray
    half_width: FloatArray
    glasses: FloatArray | None
    occupations: FloatArray | None
    runs: FloatArray
    error_factor: FloatArray
    weights: FloatArray


def random_effects(values: FloatArray, errors: FloatArray, design: Design) -> Effects:
    """Fit the model value = mean + glass + occupation + error of the run.

    Parameters
    ----------
    values
        Shape ``(..., n_runs)``.
    errors
        Standard errors; nan where not known, for the same runs of all samples.
    design
        Which run belongs where.
    """
    runs, factor = _error_variances(values, errors, design.runs)
    means, own = values, np.where(np.isnan(runs), 0.0, runs)
    weights = np.ones_like(values)
    half = np.full(values.shape[:-1], np.nan)
    between: list[FloatArray | None] = []
    for level, (members, of_run) in enumerate(design.levels()):
        n_groups, n_members = members.shape
        extra = None
        if level and n_members > n_groups:
            extra = variance_between(means, own, members)
        between.append(extra)
        total = own if extra is None else own + extra[..., None]
        scattered = n_groups == 1 < n_members
        if scattered:  # the last level with more than one member: its scatter is the interval's
            if extra is not None:
                total = own + np.maximum(extra, own.mean(axis=-1))[..., None]
            half = student_half_width(means, total)
        parts = weights_in_groups(total, members)
        weights = weights * parts[..., of_run]
        means, own = (parts * means) @ members.T, (parts**2 * total) @ members.T
    if design.runs.shape[0] == 1 and not np.isnan(errors).any():
        half = ndtri(0.975) * np.sqrt((weights**2 * runs).sum(axis=-1))
    return Effects(means[..., 0], half, between[2], between[1], runs, factor, weights)


def weights_in_groups(variances: FloatArray, members: FloatArray) -> FloatArray:
    """Return one over each variance, made to sum to 1 in each group, shape ``(..., n)``.

    Parameters
    ----------
    variances
        Shape ``(..., n)``.
    members
        1 where a value is of a group, shape ``(n_groups, n)``.
    """
    weights = 1 / np.maximum(variances, _TINY)
    return weights / (weights @ members.T @ members)


def squared_deviations(
    values: FloatArray, variances: FloatArray, members: FloatArray
) -> FloatArray:
    """Return squared deviations from the means of groups over the variances, shape ``(...)``.

    Parameters
    ----------
    values, variances
        Shape ``(..., n)``.
    members
        1 where a value is of a group, shape ``(n_groups, n)``.
    """
    means = (weights_in_groups(variances, members) * values) @ members.T @ members
    return ((values - means) ** 2 / np.maximum(variances, _TINY)).sum(axis=-1)


def variance_between(values: FloatArray, variances: FloatArray, members: FloatArray) -> FloatArray:
    """Return the variance that values have in their groups besides their own, shape ``(...)``.

    It is the one with which their weighted squared deviations are as large as expected (R. C.
    Paule and J. Mandel, J. Res. Natl. Bur. Stand. 87, 377 (1982)), 0 where there is none such.

    Parameters
    ----------
    values, variances, members
        As for `squared_deviations`.
    """
    freedom = members.shape[1] - members.shape[0]
    high = squared_deviations(values, np.ones_like(values), members) / freedom
    negligible = 1e-12 * high
    low = np.zeros_like(high)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        larger = squared_deviations(values, variances + middle[..., None], members) > freedom
        low, high = np.where(larger, middle, low), np.where(larger, high, middle)
    return np.where(high > negligible, high, 0.0)


def student_half_width(values: FloatArray, variances: FloatArray) -> FloatArray:
    """Return half of the 95 % interval of the weighted mean, from the scatter of the values.

    J. Hartung and G. Knapp, Stat. Med. 20, 3875 (2001): the squared error is that of the weights
    times the weighted squared deviations over their degrees of freedom.

    Parameters
    ----------
    values, variances
        Shape ``(..., n)``, with n of at least 2.
    """
    freedom = values.shape[-1] - 1
    growth = squared_deviations(values, variances, np.ones((1, freedom + 1))) / freedom
    squared_error = 1 / (1 / np.maximum(variances, _TINY)).sum(axis=-1)
    return float(stdtrit(freedom, 0.975)) * np.sqrt(growth * squared_error)


def _error_variances(
    values: FloatArray, errors: FloatArray, members: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the error variance of each run, and by how much known errors were enlarged."""
    known = ~np.isnan(errors.reshape(-1, errors.shape[-1])[0])
    factor = np.ones(values.shape[:-1])
    variances = np.broadcast_to(errors**2, values.shape).copy()
    if known.any():
        factor = _error_factor(values[..., known], variances[..., known], members[:, known])
        variances *= factor[..., None] ** 2
    if known.all():
        return variances, factor
    scatter = _scatter_of_repeats(values[..., ~known], members[:, ~known])
    if scatter is None and known.any():
        scatter = np.median(variances[..., known], axis=-1)
    if scatter is not None:
        variances[..., ~known] = scatter[..., None]
    return variances, factor


def _scatter_of_repeats(values: FloatArray, members: FloatArray) -> FloatArray | None:
    """Return the variance of repeated runs; None where none is repeated."""
    members = members[members.any(axis=1)]
    freedom = members.shape[1] - members.shape[0]
    if not freedom:
        return None
    return squared_deviations(values, np.ones_like(values), members) / freedom


def _error_factor(values: FloatArray, variances: FloatArray, members: FloatArray) -> FloatArray:
    """Return how many times their errors repeated runs scatter; 1 where it may be by chance."""
    members = members[members.any(axis=1)]
    freedom = members.shape[1] - members.shape[0]
    if not freedom:
        return np.ones(values.shape[:-1])
    squared = squared_deviations(values, variances, members)
    return np.where(squared > chdtri(freedom, 0.05), np.sqrt(squared / freedom), 1.0)
