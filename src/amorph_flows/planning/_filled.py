"""Ions in the widest holes of a host, for cells that are only timed."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Structure

_SPACING_A = 0.8


def with_ions(host: Structure, symbol: str, n_ions: int) -> Structure:
    """Return a host with ions, one after the other in the point farthest from all atoms.

    Parameters
    ----------
    host
        The host.
    symbol
        Element of the ions.
    n_ions
        How many.
    """
    counts = [max(2, round(length / _SPACING_A)) for length in host.lattice.abc]
    axes = [np.arange(n) / n for n in counts]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    nearest = host.lattice.get_all_distances(points, host.frac_coords).min(axis=1)
    filled = Structure(host.lattice, [s.specie.symbol for s in host], host.frac_coords)
    for _ in range(n_ions):
        chosen = points[int(nearest.argmax())]
        filled.append(symbol, chosen)
        new = host.lattice.get_all_distances(points, [chosen])[:, 0]
        nearest = np.minimum(nearest, new)
    return filled
