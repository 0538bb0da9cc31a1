"""Random packings of atoms at a density, none closer than a distance of its pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pymatgen.core import Lattice, Structure
from scipy.constants import N_A

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError
from amorph_flows.structures._density import density_from_radii
from amorph_flows.structures._soft_spheres import SoftSpheres
from amorph_flows.structures.ions import parse_element
from amorph_flows.structures.mixture import CompositionLike, Mixture, read_mixture

MIN_DISTANCE_A = 1.7
MinDistance: TypeAlias = float | Mapping[str, float]


def random_packing(
    composition: CompositionLike | Mixture,
    n_atoms: int,
    density_g_cm3: float | None = None,
    min_distance_a: MinDistance = MIN_DISTANCE_A,
    seed: int = 0,
    oxidation_states: Mapping[str, float] | None = None,
    cell_shape: npt.ArrayLike | None = None,
) -> Structure:
    """Return a periodic cell of atoms placed at random at a density.

    Atoms start at random places and repel each other softly while the least distances grow to
    their full size (in units of which spheres fill a quarter of the cell at first), so packings up
    to random close packing are found in a bounded number of steps. The published protocol
    (Christensen et al., J. Mater. Chem. A (2025), section 2.2.1) keeps 1.7 Å.

    Parameters
    ----------
    composition
        Formula, moles of formulas such as ``{"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25}``, a
        composition, or one that `read_mixture` has read.
    n_atoms
        Wanted atoms; the cell has the nearest whole number of formula units.
    density_g_cm3
        Density, g/cm³; None: what ionic radii let expect (`density_from_radii`).
    min_distance_a
        Least distance of two atoms, periodic images included, Å: one, or by pair such as
        ``{"P-O": 1.4, "P-P": 2.6}``, where pairs without one have 1.7 Å.
    seed
        Seed of the first positions; the same seed gives the same structure.
    oxidation_states
        Charge of each element; None: pymatgen's most likely ones.
    cell_shape
        Row vectors of a cell of this shape, shape ``(3, 3)``; its size follows from the density.
        None: a cube.

    Returns
    -------
    Structure
        Atoms of one element after the other, without charges. ``properties`` has
        ``n_formula_units`` and ``formula_unit``.

    Raises
    ------
    InputError
        If the composition is no neutral one of known elements, has more atoms in a formula unit
        than are wanted, a number is not positive, an atom is too near to its own image, or no
        packing at this density keeps the distances; the error says what density was reached.

    Examples
    --------
    >>> random_packing("NaFePO4", 3003, density_g_cm3=3.38)
    """
    mixture = read_mixture(composition, oxidation_states)
    units = mixture.units_for(n_atoms)
    density = density_from_radii(mixture) if density_g_cm3 is None else density_g_cm3
    lattice = packed_lattice(mixture, units, density, cell_shape)
    symbols = [el.symbol for el in mixture.formula_unit]
    distances = pair_distances(symbols, min_distance_a)
    _refuse_own_images(lattice, distances, units * round(mixture.formula_unit.num_atoms))
    counts = [units * round(n) for n in mixture.formula_unit.values()]
    kinds = np.repeat(np.arange(len(symbols)), counts)
    start = np.random.default_rng(seed).random((len(kinds), 3)) @ lattice.matrix
    spheres = SoftSpheres(lattice.matrix.copy(), kinds, distances)
    positions, reached = spheres.grow(start)
    if reached < 1.0:
        raise InputError(
            f"no packing of {len(kinds)} atoms of {mixture.formula} at {density:.4g} g/cm³ keeps "
            f"the least distances; {density * reached**3:.3g} g/cm³ was reached; lower "
            "density_g_cm3 or min_distance_a"
        )
    return Structure(
        lattice,
        [symbols[kind] for kind in kinds],
        positions,
        coords_are_cartesian=True,
        to_unit_cell=True,
        properties={"n_formula_units": units, "formula_unit": mixture.formula},
    )


def scaled_copies(structure: Structure, scales: Sequence[float]) -> list[Structure]:
    """Return copies with other side lengths; fractional coordinates stay.

    Parameters
    ----------
    structure
        The cell.
    scales
        Factors of the side lengths, such as 0.8, 1.0 and 1.2.

    Raises
    ------
    InputError
        If there are none or one is not positive.
    """
    if not len(scales) or not all(0 < scale < np.inf for scale in scales):
        raise InputError(f"scales is {tuple(scales)}; give factors of the side lengths above 0")
    copies = []
    for scale in scales:
        copy = structure.copy()
        copy.lattice = Lattice(structure.lattice.matrix * scale)
        copies.append(copy)
    return copies


def pair_distances(symbols: Sequence[str], min_distance_a: MinDistance) -> FloatArray:
    """Return the least distances by pair of elements, Å, shape ``(n, n)``.

    Parameters
    ----------
    symbols
        The elements, in the order of the rows.
    min_distance_a
        One distance, or by pair such as ``"P-O"``; other pairs have 1.7 Å.

    Raises
    ------
    InputError
        If a distance is not positive, or a pair is not of two elements of the composition.
    """
    given = min_distance_a if isinstance(min_distance_a, Mapping) else {}
    general = MIN_DISTANCE_A if isinstance(min_distance_a, Mapping) else float(min_distance_a)
    for name, distance in [("", general), *given.items()]:
        if not 0 < distance < np.inf:
            of_pair = f" of {name}" if name else ""
            raise InputError(f"min_distance_a{of_pair} is {distance}; give a length in Å above 0")
    found = np.full((len(symbols), len(symbols)), general)
    for pair, distance in given.items():
        elements = pair.split("-")
        if len(elements) != 2 or not {parse_element(e).symbol for e in elements} <= set(symbols):
            raise InputError(
                f"min_distance_a names {pair!r}; give pairs as in 'P-O' of {', '.join(symbols)}"
            )
        i, j = (symbols.index(element) for element in elements)
        found[i, j] = found[j, i] = distance
    return found


def packed_lattice(
    mixture: Mixture, units: int, density_g_cm3: float, shape: npt.ArrayLike | None = None
) -> Lattice:
    """Return the cell of some formula units at a density.

    Parameters
    ----------
    mixture
        The composition.
    units
        Formula units.
    density_g_cm3
        Density, g/cm³.
    shape
        Row vectors of a cell of this shape; None: a cube.

    Raises
    ------
    InputError
        If the density is not positive, or the shape spans no volume.
    """
    if not 0 < density_g_cm3 < np.inf:
        raise InputError(f"density_g_cm3 is {density_g_cm3:g}; give more than 0")
    volume_a3 = units * float(mixture.formula_unit.weight) / N_A / density_g_cm3 * 1e24
    cell = np.eye(3) if shape is None else np.asarray(shape, dtype=float)
    if cell.shape != (3, 3) or not np.all(np.isfinite(cell)) or abs(np.linalg.det(cell)) < 1e-9:
        raise InputError(
            f"cell_shape is {cell.tolist()}; give three row vectors that span a volume"
        )
    return Lattice(cell * (volume_a3 / abs(np.linalg.det(cell))) ** (1 / 3))


def _refuse_own_images(lattice: Lattice, distances: FloatArray, n_atoms: int) -> None:
    shortest = min(lattice.get_lll_reduced_lattice().abc)
    needed = float(distances.diagonal().max())
    if shortest < needed:
        raise InputError(
            f"an atom of this cell of {n_atoms} atoms is {shortest:.3g} Å from its own image, "
            f"nearer than min_distance_a of {needed:g} Å; give more atoms, a lower density_g_cm3 "
            "or a cell_shape nearer to a cube"
        )
