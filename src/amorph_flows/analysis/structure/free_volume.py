"""Density, Voronoi volumes and the free volume that atoms leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase.data import atomic_masses, atomic_numbers, covalent_radii
from scipy.constants import atomic_mass

from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    elements_of,
    mask_of,
    one_frame,
)
from amorph_flows.analysis.structure._voronoi import voronoi_volumes
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError


@dataclass(frozen=True)
class FreeVolume:
    """Voronoi volumes of the atoms and what their spheres leave free.

    Parameters
    ----------
    numbers
        Atomic numbers, shape ``(n_atoms,)``.
    voronoi_volumes_a3
        Volume nearer to each atom than to any other, Å³, shape ``(n_atoms,)``.
    free_volumes_a3
        The same less the atom's sphere, Å³, shape ``(n_atoms,)``. An atom larger than its
        neighbours can have a negative one, as the faces of the cell halve the distances.
    fraction
        Free share of the whole volume.
    radii_a
        Radius of each element, Å.
    """

    numbers: IntArray
    voronoi_volumes_a3: FloatArray
    free_volumes_a3: FloatArray
    fraction: float
    radii_a: dict[str, float]

    def of_element(self, element: str) -> FloatArray:
        """Return the free volumes of the atoms of one element, Å³, shape ``(n,)``."""
        return self.free_volumes_a3[mask_of(self.numbers, element)]


def density_g_cm3(structure: StructureLike) -> float:
    """Return the mass density, g/cm³; the mean over the frames of a trajectory.

    Parameters
    ----------
    structure
        A structure or a trajectory.
    """
    frames = as_trajectory(structure)
    mass_g = float(atomic_masses[frames.numbers].sum()) * atomic_mass * 1e3
    volumes_cm3 = np.abs(np.linalg.det(frames.cells)) * 1e-24
    return float((mass_g / volumes_cm3).mean())


def voronoi_free_volume(
    structure: StructureLike, radii_a: Mapping[str, float] | None = None
) -> FreeVolume:
    """Return the Voronoi volumes of one structure and the free volume in them.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    radii_a
        Radius of each element, Å; covalent radii (Cordero et al., Dalton Trans. 2008, 2832),
        whose spheres touch where atoms bond, for those not given.

    Raises
    ------
    InputError
        If a radius is not positive, belongs to an absent element, or a trajectory has several
        frames.
    """
    frame = one_frame(structure)
    for element, radius in (radii_a or {}).items():
        mask_of(frame.numbers, element)
        if not 0.0 < radius < np.inf:
            raise InputError(f"the radius of {element} is {radius} Å; give a positive one")
    radii = {e: float(covalent_radii[atomic_numbers[e]]) for e in elements_of(frame.numbers)}
    radii |= dict(radii_a or {})
    of_number = np.zeros(len(covalent_radii))
    for element, radius in radii.items():
        of_number[atomic_numbers[element]] = radius
    voronoi = voronoi_volumes(frame.positions[0], frame.cells[0])
    free = voronoi - 4.0 / 3.0 * np.pi * of_number[frame.numbers] ** 3
    return FreeVolume(frame.numbers, voronoi, free, float(free.sum() / voronoi.sum()), radii)
