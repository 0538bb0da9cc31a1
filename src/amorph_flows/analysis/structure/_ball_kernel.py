"""The compiled part of distances in a network: all nodes within some bonds of an atom."""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(nogil=True, cache=True)
def fill_ball(
    atom: int,
    starts: Any,
    ends: Any,
    radius: int,
    side: int,
    depths: Any,
    queue: Any,
    codes: Any,
) -> int:
    """Fill what is within a number of bonds of an atom of cell 0, nearest first.

    Parameters
    ----------
    atom
        Where to start.
    starts
        First row of ``ends`` of each atom, shape ``(n_atoms + 1,)``.
    ends
        Atom and relative cell of each bond's other end, shape ``(n_bonds, 4)``.
    radius
        Bonds at most.
    side
        Cells along each axis that nodes can be in, the first in the middle.
    depths
        Filled at the nodes' codes with bonds from the atom; elsewhere -1, shape
        ``(n_atoms side³,)``.
    queue, codes
        Filled with the nodes (atom and cell) and their codes.

    Returns
    -------
    int
        Number of nodes.
    """
    n_atoms, half = len(starts) - 1, side // 2
    code = ((half * side + half) * side + half) * n_atoms + atom
    queue[0, 0] = atom
    queue[0, 1] = queue[0, 2] = queue[0, 3] = half
    codes[0] = code
    depths[code] = 0
    filled, at = 1, 0
    while at < filled:
        depth = depths[codes[at]]
        if depth == radius:
            break
        for row in range(starts[queue[at, 0]], starts[queue[at, 0] + 1]):
            x = queue[at, 1] + ends[row, 1]
            y = queue[at, 2] + ends[row, 2]
            z = queue[at, 3] + ends[row, 3]
            code = ((x * side + y) * side + z) * n_atoms + ends[row, 0]
            if depths[code] < 0:
                depths[code] = depth + 1
                codes[filled] = code
                queue[filled, 0] = ends[row, 0]
                queue[filled, 1], queue[filled, 2], queue[filled, 3] = x, y, z
                filled += 1
        at += 1
    return filled
