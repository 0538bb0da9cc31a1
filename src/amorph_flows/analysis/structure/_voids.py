"""The room between the atoms of a glass: its voids, how they hang together, what fits in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from ase.data import atomic_numbers, chemical_symbols, covalent_radii

from amorph_flows.analysis.structure._cavities import find_cavities
from amorph_flows.analysis.structure._clearance import clearance_of_grid
from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    elements_of,
    mask_of,
    one_frame,
)
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_MOST_POINTS = 30_000_000


@dataclass(frozen=True)
class Voids:
    """The voids of one structure, largest first.

    Parameters
    ----------
    probe_radius_a
        Radius of the sphere that is to fit, Å.
    spacing_a
        Largest distance between points of the grid, Å: lengths are good to half of it.
    volumes_a3
        Volume that the centre of the sphere can be in, of each void, Å³, shape ``(n_voids,)``.
    radii_a
        Of the largest sphere that fits into each void, Å, shape ``(n_voids,)``.
    centres
        Where that is, Å, shape ``(n_voids, 3)``.
    dimensions
        Directions in which each void runs through the periodic cell without an end, 0 (a closed
        cavity) to 3, shape ``(n_voids,)``.
    fraction
        Share of the whole volume that the centre of the sphere can be in.
    open_fraction
        Share of that which is in voids that run on without an end: where an ion of this radius
        could travel through the atoms as they are.
    limiting_radius_a
        Radius of the largest sphere that could cross the cell from image to image, Å; it may be
        larger or smaller than the probe, and negative where atoms overlap on every way.
    largest_radius_a
        Radius of the largest sphere that fits anywhere, Å.
    atom_radii_a
        Radius of each element, Å.
    left_out
        Elements that were taken out before.
    """

    probe_radius_a: float
    spacing_a: float
    volumes_a3: FloatArray
    radii_a: FloatArray
    centres: FloatArray
    dimensions: IntArray
    fraction: float
    open_fraction: float
    limiting_radius_a: float
    largest_radius_a: float
    atom_radii_a: dict[str, float]
    left_out: tuple[str, ...]

    @property
    def n_voids(self) -> int:
        """Number of voids."""
        return len(self.volumes_a3)


def voids(
    structure: StructureLike,
    probe: float | str = 1.0,
    leave_out: str | Iterable[str] = (),
    radii_a: Mapping[str, float] | None = None,
    spacing_a: float = 0.3,
) -> Voids:
    """Return the voids of one structure that a sphere of some radius fits into.

    A grid of points is judged by the distance to the nearest surface of an atom; neighbouring
    points with room for the sphere are one void, through the periodic images of a cell of any
    shape.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    probe
        Radius of the sphere, Å, or an ion such as ``"Na+"``, which has Shannon's crystal radius.
    leave_out
        Elements to take out first, such as the mobile ions, so that the voids are those of the
        network that they move in.
    radii_a
        Radius of each element, Å; covalent radii (Cordero et al., Dalton Trans. 2008, 2832) for
        those not given. With them Na+ has room 1.8 Å from an oxygen,
        0.75 of their bond.
    spacing_a
        Largest distance between points of the grid, Å.

    Raises
    ------
    InputError
        If a radius or the spacing is not positive, an element is absent or unknown, nothing is
        left, the grid would have too many points, or a trajectory has several frames.
    """
    frame = one_frame(structure)
    gone = (leave_out,) if isinstance(leave_out, str) else tuple(leave_out)
    left = ~mask_of(frame.numbers, gone) if gone else np.ones(frame.n_atoms, dtype=bool)
    if not left.any():
        raise InputError(f"without {', '.join(gone)} no atoms are left; leave out fewer elements")
    numbers, cell = frame.numbers[left], frame.cells[0]
    probe_a = _probe_radius(probe)
    radii = _radii(numbers, radii_a or {})
    n_points = float(np.prod(np.linalg.norm(cell, axis=1) / spacing_a)) if spacing_a > 0 else np.inf
    if not n_points <= _MOST_POINTS:
        raise InputError(
            f"spacing_a is {spacing_a} Å, which makes {n_points:.3g} points; give a positive one "
            f"for at most {_MOST_POINTS:.0e}"
        )
    of_atom = np.array([radii[chemical_symbols[number]] for number in numbers])
    clearance = clearance_of_grid(frame.positions[0][left], cell, of_atom, spacing_a)
    cavities = find_cavities(clearance >= probe_a)
    point_a3 = abs(float(np.linalg.det(cell))) / clearance.size
    labels = np.arange(1, len(cavities.dimensions) + 1)
    counts = np.bincount(cavities.labels.ravel(), minlength=len(labels) + 1)[1:]
    order = np.argsort(-counts, kind="stable")
    tops = _tops(clearance, cavities.labels, len(labels))[order]
    dimensions = cavities.dimensions[order]
    corner = np.stack(np.unravel_index(tops, clearance.shape), axis=-1) / clearance.shape
    volumes: FloatArray = (counts[order] * point_a3).astype(float)
    total = float(volumes.sum())
    return Voids(
        probe_radius_a=probe_a,
        spacing_a=spacing_a,
        volumes_a3=volumes,
        radii_a=clearance.ravel()[tops],
        centres=corner.reshape(-1, 3) @ cell,
        dimensions=dimensions,
        fraction=total / (clearance.size * point_a3),
        open_fraction=float(volumes[dimensions > 0].sum()) / total if total else 0.0,
        limiting_radius_a=_limiting_radius(clearance),
        largest_radius_a=float(clearance.max()),
        atom_radii_a=radii,
        left_out=gone,
    )


def _probe_radius(probe: float | str) -> float:
    if isinstance(probe, str):
        from pymatgen.core import Species

        try:
            found = Species.from_str(probe)
        except ValueError:
            found = None
        if found is None or not found.oxi_state or not found.ionic_radius:
            raise InputError(f"no radius of {probe!r} is known; give a radius in Å, or an ion")
        return float(found.ionic_radius)
    if not 0.0 < probe < np.inf:
        raise InputError(f"probe is {probe} Å; give a positive radius")
    return float(probe)


def _radii(numbers: IntArray, given: Mapping[str, float]) -> dict[str, float]:
    for element, radius in given.items():
        mask_of(numbers, element)
        if not 0.0 < radius < np.inf:
            raise InputError(f"the radius of {element} is {radius} Å; give a positive one")
    radii = {e: float(covalent_radii[atomic_numbers[e]]) for e in elements_of(numbers)}
    return radii | dict(given)


def _tops(clearance: FloatArray, labels: IntArray, n_labels: int) -> IntArray:
    """Return the flat index of the point with the most room in each void."""
    order = np.argsort(clearance, axis=None)
    tops = np.zeros(n_labels + 1, dtype=np.int64)
    tops[labels.ravel()[order]] = order
    return tops[1:]


def _limiting_radius(clearance: FloatArray) -> float:
    """Return the least clearance on the widest way from the cell to an image of it, Å."""
    low, high = float(clearance.min()), float(clearance.max())
    while high - low > 1e-3:
        middle = (low + high) / 2
        if (find_cavities(clearance >= middle).dimensions > 0).any():
            low = middle
        else:
            high = middle
    return low
