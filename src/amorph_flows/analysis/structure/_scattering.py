"""Neutron and X-ray structure factors S(Q), from density waves or as the transform of g(r)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    elements_of,
    mask_of,
)
from amorph_flows.analysis.structure.rdf import RadialDistribution
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_BLOCK = 128  # atoms at a time: their phases stay in the processor's cache


@dataclass(frozen=True)
class StructureFactor:
    """Partial structure factors, averaged over frames and directions of Q.

    Parameters
    ----------
    q_inv_a
        Mean |Q| of the wave vectors in each bin, 1/Å, shape ``(n_q,)``; empty bins are left out.
    elements
        Elements in order of atomic number; they label the axes of the partials.
    fractions
        Atomic fraction of each element, shape ``(n_elements,)``.
    ashcroft_langreth
        S_ij(Q) = <ρ_i ρ_j*> / sqrt(N_i N_j), shape ``(n_elements, n_elements, n_q)``; tends to 1
        for i = j and to 0 otherwise.
    n_vectors
        Wave vectors in each bin, shape ``(n_q,)``; zero where g(r) was transformed.
    seed
        Of the choice of wave vectors where a bin has more than were asked for.
    """

    q_inv_a: FloatArray
    elements: tuple[str, ...]
    fractions: FloatArray
    ashcroft_langreth: FloatArray
    n_vectors: IntArray
    seed: int = 0

    @property
    def faber_ziman(self) -> FloatArray:
        """A_ij(Q) = 1 + (S_ij - δ_ij) / sqrt(c_i c_j); every one tends to 1."""
        root = np.sqrt(np.outer(self.fractions, self.fractions))[..., None]
        unity = np.eye(len(self.fractions))[..., None]
        return 1.0 + (self.ashcroft_langreth - unity) / root

    @property
    def number(self) -> FloatArray:
        """S(Q) of all atoms alike, shape ``(n_q,)``."""
        return self._total(np.ones((len(self.elements), 1)))

    def neutron(self, lengths_fm: Mapping[str, float] | None = None) -> FloatArray:
        """Return the neutron S(Q) = 1 + Σ c_i c_j b_i b_j (A_ij - 1) / <b>², shape ``(n_q,)``.

        Faber and Ziman's total, with bound coherent scattering lengths b.

        Parameters
        ----------
        lengths_fm
            b of some elements, fm, such as of an isotope; the others have their natural one.
        """
        given = lengths_fm or {}
        lengths = [
            given[element] if element in given else neutron_scattering_lengths((element,))[0]
            for element in self.elements
        ]
        return self._total(np.array(lengths)[:, None])

    def xray(self) -> FloatArray:
        """Return the X-ray S(Q), as `neutron` with the atomic form factors f_i(Q) for b_i."""
        return self._total(xray_form_factors(self.elements, self.q_inv_a))

    def _total(self, weights: FloatArray) -> FloatArray:
        amplitude = self.fractions[:, None] * weights
        excess = np.einsum("iq,jq,ijq->q", amplitude, amplitude, self.faber_ziman - 1.0)
        total: FloatArray = 1.0 + excess / amplitude.sum(axis=0) ** 2
        return total


def neutron_scattering_lengths(elements: tuple[str, ...]) -> FloatArray:
    """Return bound coherent scattering lengths, fm, shape ``(n_elements,)``.

    Raises
    ------
    InputError
        If an element is not in pymatgen's table.
    """
    from pymatgen.analysis.diffraction.neutron import ATOMIC_SCATTERING_LEN

    for element in elements:
        if element not in ATOMIC_SCATTERING_LEN:
            raise InputError(f"no neutron scattering length of {element} is known")
    return np.array([float(ATOMIC_SCATTERING_LEN[element]) for element in elements])


def xray_form_factors(elements: tuple[str, ...], q_inv_a: FloatArray) -> FloatArray:
    """Return atomic form factors f(Q) in electrons, shape ``(n_elements, n_q)``.

    f = Z - 41.78214 s² Σ a exp(-b s²) with s = Q / 4π, the parametrisation of pymatgen's table.

    Raises
    ------
    InputError
        If an element is not in the table.
    """
    from pymatgen.analysis.diffraction.xrd import ATOMIC_SCATTERING_PARAMS

    s_squared = (np.asarray(q_inv_a) / (4.0 * np.pi)) ** 2
    factors = []
    for element in elements:
        if element not in ATOMIC_SCATTERING_PARAMS:
            raise InputError(f"no X-ray form factor of {element} is known")
        a, b = np.array(ATOMIC_SCATTERING_PARAMS[element]).T
        gaussians = a @ np.exp(-b[:, None] * s_squared)
        factors.append(atomic_numbers[element] - 41.78214 * s_squared * gaussians)
    return np.array(factors)


def structure_factor(
    trajectory: StructureLike,
    q_max: float = 15.0,
    n_bins: int = 150,
    vectors_per_bin: int = 500,
    seed: int = 0,
) -> StructureFactor:
    """Return partial structure factors from the wave vectors of the periodic cell.

    ρ_i(Q) = Σ exp(i Q·r) over the atoms of element i, for Q = 2π (h, k, l) / cell; there is no
    cut-off in real space, so none of the ripples of a Fourier transform of g(r).

    Parameters
    ----------
    trajectory
        A trajectory or a structure; every frame counts alike.
    q_max
        Largest |Q|, 1/Å.
    n_bins
        Bins of |Q| between 0 and the largest.
    vectors_per_bin
        Wave vectors wanted in each bin; where the cell has more, they are drawn at random.
    seed
        Of that draw.

    Raises
    ------
    InputError
        If a number is not positive, or the cell has no wave vector up to q_max.
    """
    for name, value in (("q_max", q_max), ("n_bins", n_bins), ("vectors_per_bin", vectors_per_bin)):
        if not 0 < value < np.inf:
            raise InputError(f"{name} is {value}; give a positive number")
    frames = as_trajectory(trajectory)
    elements = elements_of(frames.numbers)
    hkl = _wave_vectors(frames.cells[0], q_max, n_bins, vectors_per_bin, seed)
    members = [mask_of(frames.numbers, element) for element in elements]
    counts = np.array([mask.sum() for mask in members])
    sums, q_sums, n_vectors = _sums_in_bins(frames, hkl, members, q_max, n_bins)
    filled = n_vectors > 0
    normal = np.sqrt(np.outer(counts, counts))[..., None] * n_vectors[filled]
    return StructureFactor(
        q_inv_a=q_sums[filled] / n_vectors[filled],
        elements=elements,
        fractions=counts / counts.sum(),
        ashcroft_langreth=sums[..., filled] / normal,
        n_vectors=n_vectors[filled].astype(np.int64),
        seed=seed,
    )


def structure_factor_from_rdf(
    rdf: RadialDistribution, q_inv_a: FloatArray, lorch: bool = False
) -> StructureFactor:
    """Return partial structure factors as the sine transform of g(r).

    A_ij(Q) = 1 + 4π ρ ∫ r² (g_ij - 1) sin(Qr) / (Qr) dr, with ρ the atoms per volume and the
    integral up to where g(r) ends: half the cell at most, or atoms see their own images. It is
    fast and as most programs do, but its peaks are no sharper than 2π over that distance allows,
    and have ripples beside them. `structure_factor` has neither.

    Parameters
    ----------
    rdf
        Radial distribution functions, with ``own_images=False``.
    q_inv_a
        |Q| > 0, 1/Å, shape ``(n_q,)``.
    lorch
        Whether to multiply g(r) - 1 by sin(πr/R) / (πr/R) with R the end of g(r) (Lorch, J. Phys. C
        2, 229 (1969)), against the ripples; peaks are broader then.

    Raises
    ------
    InputError
        If a |Q| is not positive.
    """
    q = np.asarray(q_inv_a, dtype=float)
    if not (q.size and q.min() > 0 and np.isfinite(q).all()):
        raise InputError(f"q_inv_a is {q_inv_a}; give positive numbers in 1/Å")
    r, fractions = rdf.distances_a, rdf.counts / rdf.counts.sum()
    window = np.sinc(r / rdf.edges_a[-1]) if lorch else np.ones_like(r)
    widths = np.full(len(r), rdf.bin_width_a)
    widths[[0, -1]] /= 2  # by the trapezoidal rule
    waves = r**2 * widths * window * np.sinc(np.outer(q, r) / np.pi)
    density = rdf.counts.sum() / rdf.volume_a3
    excess = 4.0 * np.pi * density * ((rdf.partial - 1.0) @ waves.T)
    root = np.sqrt(np.outer(fractions, fractions))[..., None]
    return StructureFactor(
        q_inv_a=q,
        elements=rdf.elements,
        fractions=fractions,
        ashcroft_langreth=np.eye(len(fractions))[..., None] + root * excess,
        n_vectors=np.zeros(len(q), dtype=np.int64),
    )


def _sums_in_bins(
    frames: Trajectory,
    hkl: IntArray,
    members: list[np.ndarray[tuple[int], np.dtype[np.bool_]]],
    q_max: float,
    n_bins: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the sums of ρ_i ρ_j* and of |Q| and the number of wave vectors in each bin."""
    sums = np.zeros((len(members), len(members), n_bins))
    q_sums, n_vectors = np.zeros(n_bins), np.zeros(n_bins)
    for positions, cell in zip(frames.positions, frames.cells, strict=True):
        inverse = np.linalg.inv(cell)
        q = 2.0 * np.pi * np.linalg.norm(hkl @ inverse.T, axis=1)
        which = np.minimum((q / q_max * n_bins).astype(int), n_bins - 1)
        rho = _density_waves(positions @ inverse, hkl, members)
        products = np.einsum("iq,jq->ijq", rho, rho.conj()).real
        for i, j in np.ndindex(len(members), len(members)):
            sums[i, j] += np.bincount(which, products[i, j], minlength=n_bins)
        q_sums += np.bincount(which, q, minlength=n_bins)
        n_vectors += np.bincount(which, minlength=n_bins)
    return sums, q_sums, n_vectors


def _wave_vectors(
    cell: FloatArray, q_max: float, n_bins: int, vectors_per_bin: int, seed: int
) -> IntArray:
    """Return Miller indices, all at small |Q| and a random sample beyond, one of each ±pair."""
    volume = abs(float(np.linalg.det(cell)))
    width = q_max / n_bins
    per_q_squared = 2.0 * np.pi * width * volume / (2.0 * np.pi) ** 3  # of half a shell
    all_below = min(q_max, float(np.sqrt(vectors_per_bin / per_q_squared)) + width)
    chosen = [_all_indices(cell, all_below)]
    rng = np.random.default_rng(seed)
    inner = np.arange(n_bins) * width
    for low in inner[inner + width > all_below]:
        directions = rng.normal(size=(vectors_per_bin, 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        radii = rng.uniform(low**3, (low + width) ** 3, vectors_per_bin) ** (1 / 3)
        chosen.append(np.rint(directions * radii[:, None] @ cell.T / (2.0 * np.pi)).astype(int))
    hkl = np.concatenate(chosen)
    leading = np.take_along_axis(hkl, (hkl != 0).argmax(axis=1)[:, None], axis=1)
    hkl = np.unique(np.where(leading < 0, -hkl, hkl), axis=0)
    q = 2.0 * np.pi * np.linalg.norm(hkl @ np.linalg.inv(cell).T, axis=1)
    kept = hkl[(q > 0) & (q < q_max)]
    if len(kept) == 0:
        raise InputError(
            f"the cell has no wave vector below q_max = {q_max} 1/Å; give a larger one"
        )
    return kept


def _all_indices(cell: FloatArray, q_max: float) -> IntArray:
    reach = np.ceil(q_max * np.linalg.norm(cell, axis=1) / (2.0 * np.pi)).astype(int)
    axes = [np.arange(0, reach[0] + 1), *(np.arange(-n, n + 1) for n in reach[1:])]
    hkl: IntArray = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    q = 2.0 * np.pi * np.linalg.norm(hkl @ np.linalg.inv(cell).T, axis=1)
    return hkl[q < q_max]


def _density_waves(
    fractional: FloatArray, hkl: IntArray, members: list[np.ndarray[tuple[int], np.dtype[np.bool_]]]
) -> np.ndarray[tuple[int, int], np.dtype[np.complex128]]:
    """Return ρ_i(Q) of each element, shape ``(n_elements, n_vectors)``."""
    from amorph_flows.analysis.structure._wave_kernel import add_waves

    largest = int(np.abs(hkl).max())
    indices = np.arange(-largest, largest + 1)[None, :, None]
    rho = np.zeros((len(members), len(hkl), 2))
    for i, mask in enumerate(members):
        atoms = fractional[mask]
        for start in range(0, len(atoms), _BLOCK):
            angles = 2.0 * np.pi * indices * atoms[start : start + _BLOCK].T[:, None, :]
            phases = np.ascontiguousarray(np.stack([np.cos(angles), np.sin(angles)], axis=2))
            add_waves(hkl, phases, rho[i])
    return rho[..., 0] + 1j * rho[..., 1]
