"""Spheres without overlap: a soft repulsion is minimised while the spheres grow."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres
from scipy.optimize import minimize

from amorph_flows.arrays import FloatArray, IntArray

_MARGIN = 1e-3
"""By how much spheres are pushed beyond contact, so that the minimum need not be exact."""
_SAFETY = 1e-7
_SKIN_A = 0.4
_STEPS = 300
_GROWTH = 1.06
_BISECTIONS = 4


@dataclass
class SoftSpheres:
    """Atoms that repel each other harmonically below a distance of their pair.

    Parameters
    ----------
    cell
        Row vectors, Å, shape ``(3, 3)``.
    kinds
        Kind of each atom, shape ``(n_atoms,)``.
    distances_a
        Least distance by pair of kinds, Å, shape ``(n_kinds, n_kinds)``.
    """

    cell: FloatArray
    kinds: IntArray
    distances_a: FloatArray
    _built_at: FloatArray = field(default_factory=lambda: np.empty((0, 3)), init=False)
    _reach: float = field(default=0.0, init=False)
    _pairs: tuple[IntArray, IntArray, FloatArray, FloatArray] = field(init=False)

    def grow(self, positions: FloatArray) -> tuple[FloatArray, float]:
        """Grow the spheres to their size; return positions and the share of it that was reached.

        Bounded: at most about 30 minimisations of 300 steps.

        Parameters
        ----------
        positions
            Where the atoms start, Å, shape ``(n_atoms, 3)``.
        """
        reached, target = 0.0, min(1.0, self._loose())
        growth = _GROWTH
        failures = 0
        while reached < 1.0:
            moved = self._separate(positions, target)
            if moved is not None:
                positions, reached = moved, target
            else:
                failures += 1
                growth = growth**0.5
                if failures > _BISECTIONS:
                    break
            # below the loose start only where even that failed
            target = min(1.0, reached * growth) if reached else target / _GROWTH**4
        return positions, reached

    def _loose(self) -> float:
        """Return the share of the size at which spheres fill a quarter of the cell."""
        of_pair = self.distances_a[np.ix_(self.kinds, self.kinds)].diagonal()
        filled = np.pi / 6 * np.sum(of_pair**3) / abs(np.linalg.det(self.cell))
        return float((0.25 / filled) ** (1 / 3)) if filled > 0 else 1.0

    def _separate(self, positions: FloatArray, share: float) -> FloatArray | None:
        """Return positions without overlap at a share of the distances, None if there are none."""
        self._reach = 0.0
        shape = positions.shape

        def energy(flat: FloatArray) -> tuple[float, FloatArray]:
            return self._energy(flat.reshape(shape), share)

        def stop(xk: FloatArray) -> None:
            if self._free(xk.reshape(shape), share):
                raise StopIteration

        found = minimize(
            energy,
            positions.ravel(),
            jac=True,
            method="L-BFGS-B",
            callback=stop,
            options={"maxiter": _STEPS, "maxfun": 2 * _STEPS, "ftol": 0.0, "gtol": 1e-10},
        )
        moved = found.x.reshape(shape)
        return moved if self._free(moved, share) else None

    def _energy(self, positions: FloatArray, share: float) -> tuple[float, FloatArray]:
        first, second, vectors, lengths, limits = self._close(positions, share)
        overlap = np.maximum(0.0, 1.0 - lengths / (limits * (1 + _MARGIN)))
        slope = overlap / (limits * (1 + _MARGIN) * np.maximum(lengths, 1e-9))
        pushes = slope[:, None] * vectors
        n_atoms = len(positions)
        gradient = np.stack(
            [
                np.bincount(first, pushes[:, k], n_atoms)
                - np.bincount(second, pushes[:, k], n_atoms)
                for k in range(3)
            ],
            axis=1,
        )
        return 0.5 * float(overlap @ overlap), gradient.ravel()

    def _free(self, positions: FloatArray, share: float) -> bool:
        *_, lengths, limits = self._close(positions, share)
        return bool(np.all(lengths >= limits * (1 + _SAFETY)))

    def _close(
        self, positions: FloatArray, share: float
    ) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray]:
        """Return pairs of atoms, the vector and length from first to second, and their limit."""
        reach = share * float(self.distances_a.max()) * (1 + _MARGIN) + _SKIN_A
        if reach > self._reach or self._have_moved(positions):
            self._pairs, self._reach, self._built_at = (
                _pairs_within(positions, self.cell, reach, self.kinds, self.distances_a),
                reach,
                positions.copy(),
            )
        first, second, shifts, limits = self._pairs
        vectors = positions[second] - positions[first] + shifts
        return first, second, vectors, np.linalg.norm(vectors, axis=1), share * limits

    def _have_moved(self, positions: FloatArray) -> bool:
        if len(self._built_at) != len(positions):
            return True
        moved = ((positions - self._built_at) ** 2).sum(axis=1).max()
        return bool(moved > (_SKIN_A / 2) ** 2)


def _pairs_within(
    positions: FloatArray, cell: FloatArray, reach: float, kinds: IntArray, limits: FloatArray
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Return each pair once, with the shift of the second and the least distance; no own images."""
    fractional = positions @ np.linalg.inv(cell)
    cells = np.floor(fractional)
    inside = np.ascontiguousarray((fractional - cells) @ cell)
    first, second, images, _ = find_points_in_spheres(
        inside, inside, float(reach), np.ones(3, dtype=np.int64), np.ascontiguousarray(cell), 1e-8
    )
    once = first < second
    first, second, images = first[once], second[once], images[once]
    shifts = (images - cells[second] + cells[first]) @ cell
    return first, second, shifts, limits[kinds[first], kinds[second]]
