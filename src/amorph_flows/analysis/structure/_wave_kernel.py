"""The compiled part of the density waves: products of phases along the three cell vectors."""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(nogil=True, cache=True, fastmath=True)
def add_waves(hkl: Any, phases: Any, rho: Any) -> None:
    """Add to each density wave the part of some atoms.

    Parameters
    ----------
    hkl
        Miller indices, shape ``(n_vectors, 3)``.
    phases
        Real and imaginary parts of exp(2πi n u) of each atom's fractional coordinates u, for n
        from minus the largest index to the largest, shape ``(3, 2 largest + 1, 2, n_atoms)``.
    rho
        Real and imaginary parts of the density waves, added to, shape ``(n_vectors, 2)``.
    """
    middle, n_atoms = phases.shape[1] // 2, phases.shape[3]
    for q in range(len(hkl)):
        x, y = phases[0, middle + hkl[q, 0]], phases[1, middle + hkl[q, 1]]
        z = phases[2, middle + hkl[q, 2]]
        real = imaginary = 0.0
        for a in range(n_atoms):
            c = x[0, a] * y[0, a] - x[1, a] * y[1, a]
            s = x[0, a] * y[1, a] + x[1, a] * y[0, a]
            real += c * z[0, a] - s * z[1, a]
            imaginary += c * z[1, a] + s * z[0, a]
        rho[q, 0] += real
        rho[q, 1] += imaginary
