"""A crystal that is repeated until it holds a whole number of ions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.flows.crystal import Crystal, multiples_of_melt
from amorph_flows.structures import v2o5
from amorph_flows.structures.stoichiometry import count_ions, repeated_for_ions


def tis2() -> Structure:
    """Return layered TiS2, one formula (R. R. Chianelli et al., J. Solid State Chem. 1975)."""
    third = 1 / 3
    return Structure(
        Lattice.hexagonal(3.407, 5.695),
        ["Ti", "S", "S"],
        [[0, 0, 0], [third, 2 * third, 0.25], [2 * third, third, 0.75]],
    )


def test_a_cell_that_fits_stays() -> None:
    assert repeated_for_ions(v2o5(), [1.0]) == v2o5()


@pytest.mark.parametrize(("x", "cells", "n_ions"), [(0.5, 2, 1), (0.1, 10, 1), (0.75, 4, 3)])
def test_fewest_cells_hold_a_whole_number(x: float, cells: int, n_ions: int) -> None:
    repeated = repeated_for_ions(tis2(), [x])
    assert len(repeated) == 3 * cells
    assert count_ions(repeated, x) == n_ions


@pytest.mark.parametrize(
    ("contents", "multiples"),
    [((0.5, 1.0), (1, 3, 2)), ((0.1, 1.0), (1, 5, 2)), ((0.3, 0.75), (1, 5, 2))],
)
def test_the_cell_that_is_molten_holds_every_content(
    contents: tuple[float, ...], multiples: tuple[int, int, int]
) -> None:
    paper = (11.5, 8.8, 10.8)
    assert multiples_of_melt(v2o5(), paper, contents) == multiples
    cell = Crystal.near(v2o5(), paper, contents).cell
    for x in contents:
        assert count_ions(cell, x) == pytest.approx(x * len(cell) / 7)


def test_of_equal_supercells_the_widest_is_taken() -> None:
    lengths = repeated_for_ions(tis2(), [0.25]).lattice.abc
    assert lengths == pytest.approx((2 * 3.407, 2 * 3.407, 5.695))


def test_a_fraction_of_too_many_cells_is_refused() -> None:
    with pytest.raises(InputError, match=r"0\.012 ions for each TiS2 .* in up to 20 cells"):
        repeated_for_ions(tis2(), [0.012])


def test_a_study_of_half_an_ion_in_a_crystal_of_one_formula_is_not_refused() -> None:
    crystal = tis2()
    crystal.replace_species({"Ti": "V", "S": "O"})  # the toy engine knows no sulphur
    crystal.scale_lattice(0.55 * crystal.volume)
    a, _, c = crystal.lattice.abc
    demo = AmorphousElectrodeMaker.from_preset("demo")
    study = replace(
        demo,
        ions_per_formula=0.5,
        cell_lengths_a=(4 * a, 4 * a, 2 * c),
        engine=AseEngine(calculator="toy"),
    )
    study.check(crystal)
    [job] = [
        job for job, _ in study.make(crystal).iterflow() if job.name == "insertion Mg2+ crystal"
    ]
    host, _, n_ions = job.function_args
    assert (len(host), n_ions) == (2 * len(crystal), 1)
