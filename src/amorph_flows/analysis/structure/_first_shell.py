"""The first shell of neighbours: where the RDF peaks, and how wide the shell is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.structure.coordination import first_minimum, first_peak
from amorph_flows.analysis.structure.rdf import RadialDistribution
from amorph_flows.errors import InputError


@dataclass(frozen=True)
class FirstShell:
    """Distances up to the first minimum of one g(r).

    Parameters
    ----------
    pair
        The two elements.
    peak_a
        Place of the first peak, Å.
    mean_a, standard_deviation_a
        Of the distances up to the minimum, Å: 2.35 times the second is the full width at half
        maximum of a Gaussian shell.
    minimum_a
        Place of the first minimum, Å.
    """

    pair: tuple[str, str]
    peak_a: float
    mean_a: float
    standard_deviation_a: float
    minimum_a: float


def first_shell(rdf: RadialDistribution, first: str, second: str) -> FirstShell | None:
    """Return the first shell of one element around another; None where g(r) shows none.

    Parameters
    ----------
    rdf
        Radial distribution functions, up to beyond the second peak.
    first, second
        The elements.
    """
    peak = first_peak(rdf, first, second)
    try:
        minimum = first_minimum(rdf, first, second)
    except InputError:
        return None
    if peak is None:
        return None
    inside = rdf.distances_a < minimum
    r = rdf.distances_a[inside]
    number = rdf.pair(first, second)[inside] * r**2
    mean = float(np.average(r, weights=number))
    variance = float(np.average((r - mean) ** 2, weights=number))
    return FirstShell((first, second), peak, mean, variance**0.5, minimum)
