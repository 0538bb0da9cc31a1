"""Loops and cavities of periodic structures, against what is known and a count of one's own."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, make_supercell

from amorph_flows.analysis import persistence_diagrams
from amorph_flows.errors import InputError, MissingDependencyError

pytest.importorskip("gudhi", reason="pip install 'amorph-flows[persistence]'")

A = 3.0
SHEARED = [[4, 0, 0], [1, 4, 0], [-1, 1, 4]]


@pytest.mark.parametrize("transform", [np.diag([4, 4, 5]), SHEARED])
def test_simple_cubic_has_its_squares_and_cubes(transform) -> None:
    """Of 3 edges an atom, one goes to the tree of all, and 3 loops run through the cell."""
    cell = make_supercell(bulk("Po", "sc", a=A), transform)
    found = persistence_diagrams(cell)
    n = len(cell)
    assert len(found.loops) == 3 * n - (n - 1) - 3
    np.testing.assert_allclose(found.loops, [[A**2 / 4, A**2 / 2]] * len(found.loops), atol=2e-4)
    assert len(found.cavities) == n - 1  # the last cube closes the cell as a whole
    np.testing.assert_allclose(
        found.cavities, [[A**2 / 2, 3 * A**2 / 4]] * len(found.cavities), atol=2e-4
    )


def test_radii_are_taken_off_and_larger_atoms_come_first() -> None:
    cell = bulk("NaCl", "rocksalt", a=2 * A, cubic=True).repeat(2)
    found = persistence_diagrams(cell, {"Na": 0.5, "Cl": 0.5})
    plain = persistence_diagrams(cell)
    np.testing.assert_allclose(found.loops, plain.loops - 0.25, atol=1e-4)
    np.testing.assert_allclose(found.cavities, plain.cavities - 0.25, atol=1e-4)
    larger = persistence_diagrams(cell, {"Cl": 1.2})
    # the balls of an edge meet where its power distances are equal
    from_na = (A**2 - 1.44) / (2 * A)
    assert larger.loops[:, 0].min() == pytest.approx(from_na**2, abs=1e-3)
    assert larger.radii_a == {"Na": 0.0, "Cl": 1.2}


@pytest.fixture(scope="module")
def disordered() -> Atoms:
    rng = np.random.default_rng(3)
    crystal = bulk("NaCl", "rocksalt", a=5.6, cubic=True).repeat(2)
    crystal.positions += rng.normal(0, 0.5, crystal.positions.shape)
    return crystal


def test_translation_permutation_and_another_cell_change_nothing(disordered: Atoms) -> None:
    found = persistence_diagrams(disordered, {"Cl": 0.9})
    moved = disordered[np.random.default_rng(1).permutation(len(disordered))]
    moved.translate([3.1, -20.0, 7.7])
    moved.set_cell(np.array([[1, 0, 0], [1, 1, 0], [0, -1, 1]]) @ moved.cell.array)
    other = persistence_diagrams(moved, {"Cl": 0.9})
    np.testing.assert_allclose(other.loops, found.loops, atol=5e-4)
    np.testing.assert_allclose(other.cavities, found.cavities, atol=5e-4)


def test_a_repeated_cell_has_them_as_often(disordered: Atoms) -> None:
    """Only what closes through the cell differs: at most a loop and a cavity an image and axis."""
    once, twice = (persistence_diagrams(disordered.repeat([n, 1, 1])) for n in (1, 2))
    for few, many in ((once.loops, twice.loops), (once.cavities, twice.cavities)):
        assert 0 <= len(many) - 2 * len(few) <= 3
        for alpha in (1.5, 2.5, 4.0):
            there = [((p[:, 0] <= alpha) & (p[:, 1] > alpha)).sum() for p in (few, many)]
            assert abs(there[1] - 2 * there[0]) <= 3


def test_the_first_loop_is_found_by_hand() -> None:
    """A square of atoms far from all others: born at its side, filled at its diagonal."""
    square = [[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]]
    places = np.stack(np.meshgrid(*[np.arange(4) * 6.0] * 3), axis=-1).reshape(-1, 3)[1:]
    others = places + np.random.default_rng(0).normal(0, 0.3, places.shape)
    atoms = Atoms(f"C4He{len(others)}", [*square, *others], cell=[24] * 3, pbc=True)
    loops = persistence_diagrams(atoms).loops
    np.testing.assert_allclose(loops[0], [1.0, 2.0], atol=1e-3)
    assert loops[1, 0] > 4.0


@pytest.mark.parametrize(
    ("atoms", "radii", "message"),
    [
        (bulk("Po", "sc", a=A), {}, "the cell is too small .* repeat it"),
        (bulk("Po", "sc", a=A).repeat([1, 4, 4]), {}, "the cell is too small"),
        (bulk("Po", "sc", a=A).repeat(4), {"Na": 1.0}, "radii_a names Na; the structure has Po"),
        (bulk("Po", "sc", a=A).repeat(4), {"Po": -1.0}, "radii_a of Po is -1.0 Å; give 0 or more"),
    ],
)
def test_bad_input(atoms: Atoms, radii: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        persistence_diagrams(atoms, radii)


def test_without_gudhi_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gudhi", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'amorph-flows\[persistence\]'"):
        persistence_diagrams(bulk("Po", "sc", a=A).repeat(4))
