from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from amorph_flows.analysis import (
    curve_deviation,
    first_sharp_diffraction_peak,
    first_shell,
    radial_distribution,
    read_curve,
)
from amorph_flows.errors import InputError


def test_the_first_sharp_peak_of_a_known_curve():
    q = np.linspace(0.3, 15, 300)
    s = 1 + 0.8 * np.exp(-(((q - 1.52) / 0.3) ** 2) / 2) + np.exp(-(((q - 4) / 0.5) ** 2) / 2)
    found = first_sharp_diffraction_peak(q, s)
    assert found.q_inv_a == pytest.approx(1.52, abs=0.02)
    assert found.height == pytest.approx(1.8, rel=0.03)
    broadened = np.hypot(0.3, 0.08)
    assert found.width_inv_a == pytest.approx(2 * np.sqrt(2 * np.log(2)) * broadened, rel=0.05)


def test_a_gas_has_no_first_sharp_peak():
    q = np.linspace(0.3, 15, 300)
    assert first_sharp_diffraction_peak(q, 1 - np.exp(-q)) is None
    late = 1 + np.exp(-(((q - 4) / 0.5) ** 2) / 2)
    assert first_sharp_diffraction_peak(q, late) is None


def test_the_first_shell_of_thermal_pairs_has_their_mean_and_width():
    rng = np.random.default_rng(1)
    corners = np.stack(np.meshgrid(*[np.arange(8)] * 3), axis=-1).reshape(-1, 3) * 6.0
    ends = rng.normal(size=corners.shape)
    lengths = rng.normal(1.6, 0.07, len(ends))
    ends *= (lengths / np.linalg.norm(ends, axis=1))[:, None]
    atoms = Atoms("P512O512", np.vstack([corners, corners + ends]), cell=[48.0] * 3, pbc=True)
    found = first_shell(radial_distribution(atoms, 10.0, 500), "P", "O")
    assert found.mean_a == pytest.approx(1.6, abs=0.02)
    assert found.standard_deviation_a == pytest.approx(0.07, abs=0.01)
    assert found.peak_a == pytest.approx(1.6, abs=0.03)
    assert first_shell(radial_distribution(atoms[:2], 10.0, 500), "P", "P") is None


@pytest.mark.parametrize("text", ["# Q S\n2 0.5\n1, 0.25\n", "1\t0.25\n2\t0.5  # last\n\n"])
def test_measured_curves_of_two_columns_are_read_in_order(tmp_path, text):
    (tmp_path / "s.dat").write_text(text)
    np.testing.assert_array_equal(read_curve(tmp_path / "s.dat"), [[1, 0.25], [2, 0.5]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3\n", "3 columns in row 1"),
        ("1 2\n3\n", "1 columns in row 2"),
        ("1 2\n", "at least two rows"),
        ("Q S\n1 2\n", "no number"),
        ("1 nan\n2 3\n", "finite"),
    ],
)
def test_other_curves_are_refused(tmp_path, text, message):
    (tmp_path / "s.dat").write_text(text)
    with pytest.raises(InputError, match=message):
        read_curve(tmp_path / "s.dat")
    with pytest.raises(InputError, match="cannot be read"):
        read_curve(tmp_path / "absent.dat")


def test_the_deviation_is_relative_to_the_measured_curve():
    q = np.linspace(1, 10, 91)
    measured = np.column_stack([np.linspace(0, 12, 121), np.full(121, 2.0)])
    assert curve_deviation(q, np.full(91, 2.0), measured) == 0
    assert curve_deviation(q, np.full(91, 1.5), measured) == pytest.approx(0.25)
    with pytest.raises(InputError, match="overlaps"):
        curve_deviation(q, q, [[20.0, 1.0], [30.0, 1.0]])
