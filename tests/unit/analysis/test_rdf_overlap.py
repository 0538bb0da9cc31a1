"""The overlap of radial distribution functions."""

from __future__ import annotations

import pytest
from ase.build import bulk

from amorph_flows.analysis.structure.rdf import radial_distribution
from amorph_flows.analysis.structure.rdf_overlap import rdf_overlap
from amorph_flows.errors import InputError


def test_equal_functions_overlap_and_distant_shells_do_not() -> None:
    copper = radial_distribution(bulk("Cu", a=3.6), 3.0, 60)
    assert rdf_overlap(copper, copper) == pytest.approx(1.0)
    wider = radial_distribution(bulk("Cu", a=4.0), 3.0, 60)
    assert rdf_overlap(copper, wider) == pytest.approx(0.0)


def test_half_of_the_area_in_common() -> None:
    # two shells each, the second at sqrt(2) times the first; a cell scaled by it shares one
    first = radial_distribution(bulk("Cu", a=3.6), 4.3, 43)
    second = radial_distribution(bulk("Cu", a=3.6 * 2**0.5), 4.3, 43)
    assert 0.0 < rdf_overlap(first, second) < 0.5


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (("Ag", 3.0, 60), "of Cu to .* and one of Ag"),
        (("Cu", 3.5, 60), "cannot be compared"),
        (("Cu", 1.0, 10), "cannot be compared"),
    ],
)
def test_functions_that_cannot_be_compared(other: tuple[str, float, int], message: str) -> None:
    symbol, cutoff, n_bins = other
    with pytest.raises(InputError, match=message):
        rdf_overlap(
            radial_distribution(bulk("Cu"), 3.0, 60),
            radial_distribution(bulk(symbol), cutoff, n_bins),
        )
    lone = radial_distribution(bulk("Cu"), 1.0, 10)
    with pytest.raises(InputError, match="neither RDF has a neighbour"):
        rdf_overlap(lone, lone)
