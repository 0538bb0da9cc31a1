"""Search of the basis of a SNAP potential, of the ridge and of the weights of a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import Frame
from amorph_flows.potentials.snap._least_squares import RidgeProblem, squared_error
from amorph_flows.potentials.snap._potential import SnapBasis
from amorph_flows.potentials.snap._rows import ENERGY, weights_by_kind
from amorph_flows.schemas.fits import SnapSettings

_RIDGES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4)
_ENERGY_FACTORS = (0.1, 1.0, 10.0, 100.0)
_SMALLEST_RADIUS, _SMALLEST_WEIGHT = 0.4, 0.2
_SHORTEST = 0.65
_STEP = 0.1
_FIRST_WEIGHT, _LAST_WEIGHT = 1.0, 0.7


@dataclass(frozen=True)
class Solution:
    """Coefficients, how they were found, and their loss.

    Parameters
    ----------
    unknowns
        Shape ``(n_parameters,)``.
    ridge
        The ridge.
    energy_factor
        What the weight of the energies was multiplied by.
    loss
        With the weights of the settings, on validation frames; without them, on training frames.
    """

    unknowns: FloatArray
    ridge: float
    energy_factor: float
    loss: float


def loss_of(held: Mapping[str, FloatArray], unknowns: FloatArray, settings: SnapSettings) -> float:
    """Return the loss of the frames that triangles stand for.

    Parameters
    ----------
    held
        Triangle of each kind of labels.
    unknowns
        Coefficients.
    settings
        The weights.
    """
    weights = weights_by_kind(settings)
    return sum(weights[kind] * squared_error(r, unknowns) for kind, r in held.items())


def best_solution(
    training: Mapping[str, FloatArray],
    validation: Mapping[str, FloatArray] | None,
    settings: SnapSettings,
) -> Solution:
    """Return the solution whose loss on validation frames is the lowest.

    Without them it is that of the settings. With them, ridges and weights of the energies in the
    fit are compared; the loss that compares them keeps the weights of the settings.

    Parameters
    ----------
    training, validation
        Triangle of each kind of labels.
    settings
        Weights and ridge.
    """
    weights = {kind: w for kind, w in weights_by_kind(settings).items() if kind in training}
    if validation is None:
        unknowns = RidgeProblem(training, weights).solve(settings.ridge)
        return Solution(unknowns, settings.ridge, 1.0, loss_of(training, unknowns, settings))
    found: list[Solution] = []
    factors = _ENERGY_FACTORS if ENERGY in weights and len(weights) > 1 else (1.0,)
    for factor in factors:
        scaled = {kind: w * (factor if kind == ENERGY else 1.0) for kind, w in weights.items()}
        problem = RidgeProblem(training, scaled)
        for ridge in sorted({settings.ridge, *_RIDGES}):
            unknowns = problem.solve(ridge)
            loss = loss_of(validation, unknowns, settings)
            found.append(Solution(unknowns, ridge, factor, loss))
    return min(found, key=lambda solution: solution.loss)


def basis_of(settings: SnapSettings, species: Sequence[str]) -> SnapBasis:
    """Return the basis of settings, for species in the order of the potential.

    Parameters
    ----------
    settings
        Cutoff, twojmax, radii and weights.
    species
        Element symbols.
    """
    spread = np.linspace(_FIRST_WEIGHT, _LAST_WEIGHT, len(species)).tolist()
    radii = np.array([settings.radii.get(symbol, 1.0) for symbol in species])
    return SnapBasis(
        species=tuple(species),
        cutoff=settings.cutoff,
        twojmax=settings.twojmax,
        radii=tuple((0.5 * radii / radii.max()).tolist()),
        weights=tuple(
            float(settings.neighbour_weights.get(symbol, default))
            for symbol, default in zip(species, spread, strict=True)
        ),
        is_quadratic=settings.backend == "qsnap",
    )


def drawn_basis(
    limits: SnapBasis, best: SnapBasis, *, is_near: bool, rng: np.random.Generator
) -> SnapBasis:
    """Return a basis that may be better.

    Parameters
    ----------
    limits
        Its cutoff and twojmax are not exceeded, since they decide what a step of MD costs.
    best
        The best so far.
    is_near
        Whether to draw near the best; else anywhere.
    rng
        Of the draw.
    """
    n = len(limits.species)
    if is_near:
        shift = rng.normal(0.0, _STEP, 2 * n + 1)
        radii = np.clip(2.0 * np.array(best.radii) + shift[:n], 0.3, 1.0)
        weights = np.clip(np.array(best.weights) + shift[n:-1], 0.05, 1.5)
        cutoff = float(np.clip(best.cutoff * (1 + shift[-1]), 0.5 * limits.cutoff, limits.cutoff))
        twojmax = best.twojmax
    else:
        radii = rng.uniform(_SMALLEST_RADIUS, 1.0, n)
        weights = rng.uniform(_SMALLEST_WEIGHT, 1.0, n)
        cutoff = float(rng.uniform(_SHORTEST, 1.0)) * limits.cutoff
        twojmax = int(rng.choice([max(2, limits.twojmax - 2), limits.twojmax]))
    return SnapBasis(
        species=limits.species,
        cutoff=cutoff,
        twojmax=twojmax,
        radii=tuple((0.5 * radii / radii.max()).tolist()),
        weights=tuple(weights.tolist()),
        is_quadratic=limits.is_quadratic,
    )


def spread_frames(frames: Sequence[Frame], max_atoms: int) -> list[Frame]:
    """Return evenly spaced frames with not many more atoms than a number.

    Parameters
    ----------
    frames
        All frames.
    max_atoms
        The number.
    """
    n_atoms = sum(frame.n_atoms for frame in frames)
    stride = max(1, -(-n_atoms // max_atoms))
    return list(frames[::stride])
