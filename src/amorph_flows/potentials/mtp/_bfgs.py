"""BFGS from a given metric, with a weak Wolfe line search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from amorph_flows.arrays import FloatArray

Gradient = Callable[[], FloatArray]
Function = Callable[[FloatArray], tuple[float, Gradient]]

SUFFICIENT_DECREASE, CURVATURE = 1e-4, 0.9


@dataclass(frozen=True)
class Point:
    """A point, its value and its gradient."""

    x: FloatArray
    value: float
    gradient: FloatArray


def bfgs(function: Function, start: Point, inverse: FloatArray, steps: int) -> Iterator[Point]:
    """Minimise by BFGS (Nocedal and Wright, Numerical Optimization, algorithm 6.1).

    Parameters
    ----------
    function
        Gives the value and a call that gives the gradient there.
    start
        Where to start.
    inverse
        First estimate of the inverse Hessian; changed in place.
    steps
        Most steps.

    Yields
    ------
    Point
        Each new point; ends early when no step lowers the value.
    """
    point = start
    for _ in range(steps):
        direction = -inverse @ point.gradient
        slope = float(direction @ point.gradient)
        if not slope < 0.0:
            return
        new = _line_search(function, point, direction, slope)
        if new is None:
            return
        _update(inverse, new.x - point.x, new.gradient - point.gradient)
        point = new
        yield point


def _line_search(
    function: Function, point: Point, direction: FloatArray, slope: float, trials: int = 20
) -> Point | None:
    """Look for a step that meets the weak Wolfe conditions; a rejected one costs no gradient."""
    low, high, length = 0.0, np.inf, 1.0
    best: Point | None = None
    for _ in range(trials):
        x = point.x + length * direction
        value, gradient_there = function(x)
        rise = value - point.value - length * slope
        if not value <= point.value + SUFFICIENT_DECREASE * length * slope:
            high = length
            # minimum of the parabola through the values and the slope, kept inside the bracket
            minimum = -0.5 * slope * length**2 / rise if np.isfinite(rise) else 0.0
            length = low + np.clip(minimum - low, 0.1 * (high - low), 0.5 * (high - low))
            continue
        gradient = gradient_there()
        if best is None or value < best.value:
            best = Point(x, value, gradient)
        if gradient @ direction >= CURVATURE * slope:
            return best
        low = length
        length = 0.5 * (low + high) if np.isfinite(high) else 2.0 * length
    return best


def _update(inverse: FloatArray, step: FloatArray, change: FloatArray) -> None:
    """Update the inverse Hessian (equation 6.17 of the book), in two outer products."""
    curvature = float(step @ change)
    if curvature <= 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return
    product = inverse @ change
    factor = (1.0 + float(change @ product) / curvature) / curvature
    mixed = np.outer(product, step) / curvature
    inverse += factor * np.outer(step, step) - mixed - mixed.T
