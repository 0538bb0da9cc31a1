"""A fast pair potential for oxides: screened charges, Born-Mayer repulsion, a metallic well."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.data import atomic_numbers
from scipy.spatial import KDTree
from typing_extensions import override

from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_COULOMB_EV_A = 14.399645
"""e²/(4πε₀), eV Å."""


@dataclass(frozen=True)
class ToyIon:
    """An ion of the toy potential.

    Parameters
    ----------
    charge
        Charge, e.
    radius
        Ionic radius, Å; the radii of a cation and an anion add up to their bond length.
    metal_distance
        Distance of neighbours in the elemental metal, Å; None: no metallic well.
    """

    charge: float
    radius: float
    metal_distance: float | None = None


TOY_IONS = {
    "O": ToyIon(-0.8, 1.35),
    "Li": ToyIon(0.4, 0.65, 3.02),
    "Na": ToyIon(0.4, 1.00, 3.66),
    "Mg": ToyIon(0.8, 0.70, 3.20),
    "Al": ToyIon(1.2, 0.50, 2.86),
    "Si": ToyIon(1.6, 0.26),
    "P": ToyIon(2.0, 0.20),
    "Ca": ToyIon(0.8, 1.00, 3.95),
    "Ti": ToyIon(1.6, 0.60),
    "V": ToyIon(2.0, 0.50),
    "Fe": ToyIon(1.2, 0.70),
    "Zn": ToyIon(0.8, 0.65, 2.70),
}
"""The elements that the toy potential knows."""


class ToyCalculator(Calculator):
    """Energy, forces and stress of an oxide from pair potentials.

    The energy of a pair at distance r is u(r) s(r) with s(r) = (1 - r²/r_c²)³ and

    - between ions: u = k q₁q₂ exp(-r/λ)/r + A exp(-r/ρ). Between cation and anion A puts the
      minimum of u at the sum of their radii; otherwise u's repulsion is ``contact_ev`` there;
    - between atoms of one metal: a Morse well of ``metal_ev`` at the metal's distance.

    It imitates no material: it is smooth, quick and stable, for tests of everything else.

    Parameters
    ----------
    cutoff
        r_c, Å.
    screening
        λ, Å.
    hardness
        ρ, Å.
    contact_ev
        Repulsion of ions of like charge at the sum of their radii, eV.
    metal_ev
        Depth of the metallic well, eV.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(
        self,
        cutoff: float = 5.0,
        screening: float = 2.0,
        hardness: float = 0.3,
        contact_ev: float = 0.2,
        metal_ev: float = 0.25,
    ) -> None:
        super().__init__()
        self._cutoff, self._screening, self._hardness = cutoff, screening, hardness
        self._tables = _tables(screening, hardness, contact_ev, metal_ev)
        self._pairs = _VerletList(cutoff)

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute energy (eV), forces (eV/Å) and stress (eV/Å³, Voigt order), all at once.

        An element that is not one of `TOY_IONS` raises an `InputError`.
        """
        super().calculate(atoms, properties, system_changes)
        species = _species_indices(self.atoms.numbers)
        first, second, vectors = self._pairs.get(self.atoms)
        distances = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        near = distances < self._cutoff
        first, second, vectors, distances = (a[near] for a in (first, second, vectors, distances))
        energies, slopes = self._pair(distances, species[first], species[second])
        pull = vectors * (slopes / distances)[:, None]
        n = len(species)
        forces = np.empty((n, 3))
        for axis in range(3):
            forces[:, axis] = np.bincount(first, pull[:, axis], n)
            forces[:, axis] -= np.bincount(second, pull[:, axis], n)
        stress = pull.T @ vectors / abs(np.linalg.det(self.atoms.cell.array))
        energy = float(energies.sum())
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "forces": forces,
            "stress": stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]],
        }

    def _pair(self, r: FloatArray, one: IntArray, two: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return u(r) s(r) and its derivative."""
        qq, repulsion, well, metal_r, steep = (table[one, two] for table in self._tables)
        coulomb = qq * np.exp(-r / self._screening) / r
        born = repulsion * np.exp(-r / self._hardness)
        morse = np.exp(-steep * (r - metal_r))
        u = coulomb + born + well * (morse * morse - 2 * morse)
        du = -coulomb * (1 / self._screening + 1 / r) - born / self._hardness
        du += -2 * well * steep * (morse * morse - morse)
        x = 1 - (r / self._cutoff) ** 2
        return u * x**3, du * x**3 - u * 6 * r / self._cutoff**2 * x**2


class _VerletList:
    """Pairs within a cutoff, each once, images included; rebuilt when atoms moved too far."""

    def __init__(self, cutoff: float, skin: float = 1.0) -> None:
        self._cutoff, self._skin = cutoff, skin
        self._built: tuple[IntArray, FloatArray, FloatArray] | None = None
        self._pairs: tuple[IntArray, IntArray, FloatArray] | None = None

    def get(self, atoms: Atoms) -> tuple[IntArray, IntArray, FloatArray]:
        """Return first atom, second atom and the vector from the first to the second, Å."""
        if not np.isfinite(atoms.positions).all():
            raise InputError("the positions hold a number that is not finite")
        if self._pairs is None or self._stale(atoms):
            self._build(atoms)
        assert self._pairs is not None
        first, second, shifts = self._pairs
        return first, second, atoms.positions[second] + shifts - atoms.positions[first]

    def _stale(self, atoms: Atoms) -> bool:
        assert self._built is not None
        numbers, positions, cell = self._built
        if not np.array_equal(numbers, atoms.numbers) or not np.array_equal(cell, atoms.cell.array):
            return True
        moved = ((atoms.positions - positions) ** 2).sum(axis=1).max()
        return bool(moved > (self._skin / 2) ** 2)

    def _build(self, atoms: Atoms) -> None:
        """Find pairs of the atoms in the cell and all images that a pair can reach."""
        cell, reach = atoms.cell.array, self._cutoff + self._skin
        scaled = np.linalg.solve(cell.T, atoms.positions.T).T
        home = np.floor(scaled)
        inside = (scaled - home) @ cell
        layers = np.ceil(reach * np.linalg.norm(np.linalg.inv(cell), axis=0)).astype(int)
        shifts = np.array(list(product(*(range(-k, k + 1) for k in layers))))
        images = (inside[None] + (shifts @ cell)[:, None]).reshape(-1, 3)
        near = ((images >= inside.min(0) - reach) & (images <= inside.max(0) + reach)).all(axis=1)
        kept = np.flatnonzero(near)
        found = KDTree(inside).sparse_distance_matrix(
            KDTree(images[kept]), reach, output_type="ndarray"
        )
        i, image = found["i"], kept[found["j"]]
        j, shift = image % len(inside), shifts[image // len(inside)]
        once = (i < j) | ((i == j) & (_sign(shift) > 0))
        i, j, shift = i[once], j[once], shift[once]
        image = shift - home[j] + home[i]
        # Sums then run in one order, however old the list is: equal input, equal last bit.
        order = np.lexsort((*image.T, j, i))
        self._pairs = i[order], j[order], image[order] @ cell
        self._built = atoms.numbers.copy(), atoms.positions.copy(), cell.copy()


def _sign(shift: IntArray) -> IntArray:
    """Return the sign of the first component that is not zero."""
    x, y, z = np.sign(shift).T
    return np.where(x != 0, x, np.where(y != 0, y, z))


def _species_indices(numbers: IntArray) -> IntArray:
    indices = _INDEX[numbers]
    if (indices < 0).any():
        unknown = sorted(set(numbers[indices < 0].tolist()))
        raise InputError(
            f"the toy potential does not know the atomic numbers {unknown}; "
            f"it knows {', '.join(TOY_IONS)}"
        )
    return indices


def _tables(screening: float, hardness: float, contact: float, metal: float) -> list[FloatArray]:
    """Return per pair of species: k q₁q₂, A, well depth, well distance, well steepness."""
    n = len(TOY_IONS)
    qq, repulsion, well = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    distance, steep = np.full((n, n), 3.0), np.full((n, n), 1.2)
    for a, one in enumerate(TOY_IONS.values()):
        for b, two in enumerate(TOY_IONS.values()):
            if a == b and one.metal_distance is not None:
                well[a, b], distance[a, b] = metal, one.metal_distance
                continue
            r = one.radius + two.radius
            qq[a, b] = _COULOMB_EV_A * one.charge * two.charge
            pull = -qq[a, b] * np.exp(-r / screening) / r * (1 / screening + 1 / r)
            at_contact = pull * hardness if qq[a, b] < 0 else contact
            repulsion[a, b] = at_contact * np.exp(r / hardness)
    return [qq, repulsion, well, distance, steep]


def _index() -> Any:
    index = np.full(120, -1)
    index[[atomic_numbers[symbol] for symbol in TOY_IONS]] = np.arange(len(TOY_IONS))
    return index


_INDEX = _index()
