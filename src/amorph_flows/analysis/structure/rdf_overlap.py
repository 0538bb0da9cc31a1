"""How far radial distribution functions of two sources agree."""

from __future__ import annotations

import numpy as np

from amorph_flows.analysis.structure.rdf import RadialDistribution
from amorph_flows.errors import InputError


def rdf_overlap(first: RadialDistribution, second: RadialDistribution) -> float:
    """Return the share of the area under two total g(r) that they have in common.

    ``1 - ∫ |g1 - g2| dr / ∫ (g1 + g2) dr``: 1 for equal functions, 0 where neither has a
    neighbour at a distance at which the other has one.

    Parameters
    ----------
    first, second
        With the same bins and elements.

    Raises
    ------
    InputError
        If the bins or the elements differ, or there are no neighbours at all.
    """
    if first.elements != second.elements or not np.array_equal(
        first.distances_a, second.distances_a
    ):
        raise InputError(
            f"an RDF of {', '.join(first.elements)} to {first.distances_a[-1]:.2f} Å and one of "
            f"{', '.join(second.elements)} to {second.distances_a[-1]:.2f} Å cannot be compared; "
            "give the same elements, cutoff and bins"
        )
    both = float(np.sum(first.total + second.total))
    if not both:
        raise InputError("neither RDF has a neighbour; give a larger cutoff")
    return 1.0 - float(np.sum(np.abs(first.total - second.total))) / both
