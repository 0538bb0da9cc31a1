"""V4+ and V5+ are counted from moments; what is neither stays undecided."""

from __future__ import annotations

import numpy as np
import pytest
from ase.optimize import FIRE

from amorph_flows.analysis import oxidation_states
from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets import Frame
from amorph_flows.errors import InputError
from amorph_flows.structures import find_void_sites, v2o5
from amorph_flows.structures.configuration import to_atoms

NUMBERS = np.array([23, 8, 23, 23, 23])


def test_sizes_are_counted_over_atoms_and_frames() -> None:
    moments = np.array([[0.02, 0.9, -1.05, 0.5, 2.0], [0.3, 0.9, 1.3, -0.7, 0.34]])
    found = oxidation_states(NUMBERS, moments, "V")
    assert (found.d0_ion, found.d1_ion) == ("V5+", "V4+")
    assert (found.d0, found.d1, found.undecided) == (2 / 8, 3 / 8, 3 / 8)
    assert (found.n_atoms, found.n_frames) == (4, 2)
    assert found.mean_moment_mub == pytest.approx(6.21 / 8)


def test_with_half_a_bohr_magneton_nothing_lies_between() -> None:
    moments = np.array([0.49, 0.0, 0.51, 1.49, 1.51])
    found = oxidation_states(NUMBERS, moments, "V", tolerance_mub=0.5)
    assert (found.d0, found.d1, found.undecided) == (0.25, 0.5, 0.25)


@pytest.mark.parametrize(
    ("numbers", "moments", "element", "tolerance", "message"),
    [
        (NUMBERS, np.zeros(5), "Fe", 0.3, "element is 'Fe'; give one of Ti, V"),
        (NUMBERS, np.zeros(5), "V", 0.6, "tolerance_mub is 0.6"),
        (NUMBERS, np.zeros(4), "V", 0.3, r"magmoms has shape \(4,\); give \(n_frames, 5\)"),
        (NUMBERS, np.empty((0, 5)), "V", 0.3, r"magmoms has shape \(0, 5\)"),
        (NUMBERS, np.zeros(5), "Ti", 0.3, "no atom is Ti"),
        (NUMBERS, np.full(5, np.nan), "V", 0.3, "a moment of V is not finite"),
    ],
)
def test_bad_input_is_named(
    numbers: np.ndarray, moments: np.ndarray, element: str, tolerance: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        oxidation_states(numbers, moments, element, tolerance)


def test_magnesium_turns_v5_into_v4_by_chgnet() -> None:
    pytest.importorskip("chgnet")
    empty, full = v2o5(), v2o5()
    for site in find_void_sites(empty, "Mg").frac_coords[:2]:
        full.append("Mg", site)
    calculator = get_calculator("CHGNet", {})
    shares = []
    for crystal, steps in ((empty, 0), (full, 14)):
        atoms = to_atoms(crystal)
        atoms.calc = calculator
        FIRE(atoms, logfile=None).run(fmax=0.1, steps=steps)
        frame = Frame.from_atoms(atoms)
        assert frame.magmoms is not None
        shares.append(oxidation_states(frame.numbers, frame.magmoms, "V"))
    v2o5_states, mgv2o5_states = shares
    assert v2o5_states.d0 == 1.0
    assert mgv2o5_states.d1 == 1.0
    assert mgv2o5_states.mean_moment_mub > 0.8
