"""Which sublattices the comparison of structures looks at."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.jobs.structure import compare_structures


@pytest.mark.parametrize(
    ("symbols", "ordered"),
    [
        (("Mg", "O"), [["Mg"]]),
        (("Li", "F"), [["Li"]]),
        (("Fe", "S"), [["Fe"]]),
        (("O", "F"), [["O"]]),
        (("Si", "Si"), [["Si"]]),
    ],
)
def test_order_is_that_of_all_but_the_most_electronegative_element(
    symbols: tuple[str, str], ordered: list[list[str]]
) -> None:
    crystal = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.2), symbols, [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    [sample] = compare_structures.original(crystal * (2, 2, 2), [], []).samples
    assert [order.species for order in sample.order] == ordered


def test_planes_that_are_fixed_are_those_of_every_sample() -> None:
    crystal = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    fixed = compare_structures.original(crystal * (2, 2, 2), [], [], {"Mg": (3, 4, 2)})
    assert fixed.samples[0].order[0].plane_numbers == (3, 4, 2)
    free = compare_structures.original(crystal * (2, 2, 2), [], [], {"Al": (3, 4, 2)})
    assert free.samples[0].order[0].plane_numbers == (4, 4, 4)
