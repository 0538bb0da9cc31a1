"""Ways to combine values of glasses with known errors, on many samples at once.

Each takes values and error variances of shape ``(n_samples, n_glasses)`` and returns the value and
the two ends of its 95 % interval, each of shape ``(n_samples,)``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri

from amorph_flows.analysis._random_effects import (
    Design,
    random_effects,
    squared_deviations,
    student_half_width,
    weights_in_groups,
)
from amorph_flows.arrays import FloatArray

Estimate = tuple[FloatArray, FloatArray, FloatArray]


def this_package(values: FloatArray, own: FloatArray) -> Estimate:
    """Weights of Paule and Mandel's variance, at least the mean of the glasses' own."""
    design = Design.of([(glass, 0) for glass in range(values.shape[1])])
    found = random_effects(values, own**0.5, design)
    return found.value, found.value - found.half_width, found.value + found.half_width


def equal_weights(values: FloatArray, own: FloatArray) -> Estimate:
    """Student's t of the values."""
    return _hartung_knapp(values, np.ones_like(own))


def dersimonian_laird(values: FloatArray, own: FloatArray) -> Estimate:
    """Its weights with the normal interval."""
    total = own + _moments(values, own)[:, None]
    mean, half = _mean(values, total), ndtri(0.975) / np.sqrt((1 / total).sum(axis=1))
    return mean, mean - half, mean + half


def dersimonian_laird_hartung_knapp(values: FloatArray, own: FloatArray) -> Estimate:
    """The same weights with the interval of Hartung, Knapp, Sidik and Jonkman."""
    return _hartung_knapp(values, own + _moments(values, own)[:, None])


def restricted_likelihood_hartung_knapp(values: FloatArray, own: FloatArray) -> Estimate:
    """Weights of the variance with the largest restricted likelihood."""
    low = np.zeros(len(values))
    high = best = 2 * values.shape[1] * values.var(axis=1)
    for turn in range(6):
        grid = np.linspace(0, 1, 21) ** (1 if turn else 3)
        tried = low[:, None] + (high - low)[:, None] * grid
        index = _restricted_likelihood(values, own, tried)[0].argmax(axis=1)
        rows = np.arange(len(values))
        best = tried[rows, index]
        low, high = tried[rows, np.maximum(index - 1, 0)], tried[rows, np.minimum(index + 1, 20)]
    return _hartung_knapp(values, own + best[:, None])


def bayes(values: FloatArray, own: FloatArray) -> Estimate:
    """Posterior with a flat prior of the mean and a half-Cauchy one of the deviation of glasses.

    The scale of the prior is the median error.
    """
    scale = np.sqrt(np.median(own, axis=1))[:, None]
    reach = np.sqrt(scale**2 + values.var(axis=1)[:, None])
    deviation = reach * np.exp(np.linspace(-6, 6, 121))
    logarithm, means, errors = _restricted_likelihood(values, own, deviation**2)
    logarithm = logarithm - np.log1p((deviation / scale) ** 2) + np.log(deviation)
    weight = np.exp(logarithm - logarithm.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    centre = (weight * means).sum(axis=1)
    ends = []
    for level in (0.025, 0.975):
        low, high = centre - 1e3 * reach[:, 0], centre + 1e3 * reach[:, 0]
        for _ in range(40):
            middle = (low + high) / 2
            beyond = (weight * ndtr((middle[:, None] - means) / errors)).sum(axis=1) > level
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        ends.append((low + high) / 2)
    return centre, ends[0], ends[1]


METHODS: dict[str, Callable[[FloatArray, FloatArray], Estimate]] = {
    "this package": this_package,
    "equal weights, Student": equal_weights,
    "DL, normal": dersimonian_laird,
    "DL, HKSJ": dersimonian_laird_hartung_knapp,
    "REML, HKSJ": restricted_likelihood_hartung_knapp,
    "Bayes": bayes,
}


def _mean(values: FloatArray, total: FloatArray) -> FloatArray:
    return (weights_in_groups(total, np.ones((1, values.shape[1]))) * values).sum(axis=1)


def _hartung_knapp(values: FloatArray, total: FloatArray) -> Estimate:
    mean, half = _mean(values, total), student_half_width(values, total)
    return mean, mean - half, mean + half


def _moments(values: FloatArray, own: FloatArray) -> FloatArray:
    weights = 1 / own
    excess = squared_deviations(values, own, np.ones((1, values.shape[1]))) - values.shape[1] + 1
    total = weights.sum(axis=1)
    return np.maximum(0.0, excess / (total - (weights**2).sum(axis=1) / total))


def _restricted_likelihood(
    values: FloatArray, own: FloatArray, between: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return logarithm, mean and standard error for each variance, shapes ``(n, n_tried)``."""
    total = own[:, None, :] + between[:, :, None]
    sum_of_weights = (1 / total).sum(axis=2)
    means = (values[:, None, :] / total).sum(axis=2) / sum_of_weights
    squared = ((values[:, None, :] - means[:, :, None]) ** 2 / total).sum(axis=2)
    logarithm = -(np.log(total).sum(axis=2) + np.log(sum_of_weights) + squared) / 2
    return logarithm, means, 1 / np.sqrt(sum_of_weights)
