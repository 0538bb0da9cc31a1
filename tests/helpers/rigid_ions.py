"""Cells of ions and plain sums of their energies, to compare LAMMPS with."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.neighborlist import neighbor_list
from scipy.special import erfc

from amorph_flows.potentials.classical import Buckingham, Pedone
from amorph_flows.schemas.potential import ClassicalSettings

E2 = 14.399645
"""Energy of two unit charges 1 Å apart in LAMMPS's ``units metal``, eV."""

SILICATE = """
name: silicate
charges: {Na: 0.6, Si: 2.4, O: -1.2}
pairs:
  - {between: [Na, O], form: buckingham, a: 4383.7555, rho: 0.243838, c: 30.7}
  - {between: [Si, O], form: buckingham, a: 13702.905, rho: 0.193817, c: 54.681}
  - {between: [O, O], form: buckingham, a: 2029.2204, rho: 0.343645, c: 192.58, splice: 1.85}
"""

PHOSPHATE = """
name: bmp-like
charges: {Na: 0.6, P: 3.0, O: -1.2}
pairs:
  - {between: [Na, O], form: pedone, d: 0.023363, a: 1.763867, r0: 3.006315, c: 5.0}
  - {between: [P, O], form: pedone, d: 0.831326, a: 2.585833, r0: 1.800790, c: 1.0}
  - {between: [O, O], form: pedone, d: 0.042395, a: 1.379316, r0: 3.618701, c: 22.0}
angles:
  - {center: O, ends: [P, P], k: 32.5, theta0: 109.47, rho: 1.0, cutoff: 3.3}
  - {center: O, ends: [Na, Na], k: 0.0, theta0: 109.47, rho: 1.2, cutoff: 3.1}
  - {center: O, ends: [P, Na], k: 12.5, theta0: 100.0}
"""


def ions(formula: str, seed: int = 0) -> Atoms:
    """Return ions at random places of a simple lattice in a skewed cell, no two of them close."""
    symbols = Atoms(formula).get_chemical_symbols()
    n = round(len(symbols) ** (1 / 3) + 0.499)
    sites = bulk("H", "sc", a=2.3).repeat(n)
    rng = np.random.default_rng(seed)
    atoms = sites[rng.permutation(len(sites))[: len(symbols)]]
    atoms.set_chemical_symbols(symbols)
    skew = np.eye(3) + 0.06 * rng.normal(size=(3, 3))
    atoms.set_cell(atoms.cell @ skew, scale_atoms=True)
    atoms.positions += rng.normal(scale=0.12, size=(len(atoms), 3))
    return atoms


def charges_of(atoms: Atoms, charges: dict[str, float]) -> np.ndarray:
    """Return the charge of each atom."""
    return np.array([charges[symbol] for symbol in atoms.symbols])


def damped_coulomb(atoms: Atoms, charges: dict[str, float], settings: ClassicalSettings) -> float:
    """Return the energy of the damped, shifted force (Fennell and Gezelter 2006), eV.

    With the energy of each ion itself, that LAMMPS adds.
    """
    alpha, cut = settings.damping, settings.coulomb_cutoff
    i, j, r = neighbor_list("ijd", atoms, cut)
    q = charges_of(atoms, charges)
    value = erfc(alpha * cut) / cut
    slope = value / cut + 2 * alpha / np.sqrt(np.pi) * np.exp(-((alpha * cut) ** 2)) / cut
    pairs = q[i] * q[j] * (erfc(alpha * r) / r - value + slope * (r - cut))
    own = q**2 * ((value + slope * cut) / 2 + alpha / np.sqrt(np.pi))
    return float(E2 * (pairs.sum() / 2 - own.sum()))


def pair_energy(atoms: Atoms, terms: list[Pedone | Buckingham], cutoff: float) -> float:
    """Return the sum of the pair terms, each shifted to zero at the cutoff, eV."""
    i, j, r = neighbor_list("ijd", atoms, cutoff)
    symbols = np.array(atoms.get_chemical_symbols())
    total = 0.0
    for term in terms:
        a, b = term.between
        is_pair = ((symbols[i] == a) & (symbols[j] == b)) | ((symbols[i] == b) & (symbols[j] == a))
        shift = _value(term, np.array([cutoff]))[0]
        if isinstance(term, Pedone):
            # LAMMPS of July 2025 takes this part of the shift with the wrong sign
            shift -= 2 * term.c / cutoff**12
        total += (_value(term, r[is_pair]) - shift).sum() / 2
    return float(total)


def angle_energy(
    atoms: Atoms, bonds: dict[tuple[str, str], tuple[float, float]], angles: list[tuple]
) -> float:
    """Return the sum of ``k (theta - theta0)^2 exp(-r1/rho1 - r2/rho2)``, eV.

    ``bonds`` gives rho and cutoff of a centre and an end; ``angles`` are centre, both ends, k and
    theta0 in degrees.
    """
    i, j, r, d = neighbor_list("ijdD", atoms, max(cut for _, cut in bonds.values()))
    symbols = atoms.get_chemical_symbols()
    total = 0.0
    for center in range(len(atoms)):
        near = [
            (symbols[b], x, v / x)
            for a, b, x, v in zip(i, j, r, d, strict=True)
            if a == center and x < bonds.get((symbols[a], symbols[b]), (0, 0))[1]
        ]
        for n, (s1, r1, u1) in enumerate(near):
            for s2, r2, u2 in near[n + 1 :]:
                for middle, ends, k, theta0 in angles:
                    if middle == symbols[center] and sorted(ends) == sorted((s1, s2)):
                        theta = np.arccos(np.clip(u1 @ u2, -1, 1)) - np.radians(theta0)
                        rho1, rho2 = (bonds[middle, s][0] for s in (s1, s2))
                        total += k * theta**2 * np.exp(-r1 / rho1 - r2 / rho2)
    return float(total)


def _value(term: Pedone | Buckingham, r: np.ndarray) -> np.ndarray:
    if isinstance(term, Pedone):
        stretch = np.exp(-term.a * (r - term.r0))
        return term.d * (stretch**2 - 2 * stretch) + term.c / r**12
    buckingham = term.a * np.exp(-r / term.rho) - term.c / r**6
    if term.splice_radius is None:
        return buckingham
    b, n, e = term.inner
    return np.where(r < term.splice_radius, b / r**n + e * r**2, buckingham)
