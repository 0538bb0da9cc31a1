"""The average voltage follows Eq. 1 of the published study."""

from __future__ import annotations

import pytest

from amorph_flows.analysis.voltage import average_voltage
from amorph_flows.errors import InputError


def test_one_magnesium_ion_follows_equation_1() -> None:
    assert average_voltage(-110.0, -103.0, -1.5, 1, 2.0) == pytest.approx((110 - 103 - 1.5) / 2)


def test_voltage_is_intensive() -> None:
    one = average_voltage(-110.0, -103.0, -1.5, 1, 2.0)
    assert average_voltage(-880.0, -824.0, -1.5, 8, 2.0) == pytest.approx(one)


def test_no_gain_is_zero_volt() -> None:
    assert average_voltage(-104.5, -103.0, -1.5, 1, 2.0) == pytest.approx(0.0)


@pytest.mark.parametrize(("n_ions", "charge"), [(0, 2.0), (1, 0.0), (1, -2.0)])
def test_nonsense_is_refused(n_ions: int, charge: float) -> None:
    with pytest.raises(InputError, match="positive charge"):
        average_voltage(-1.0, -1.0, -1.0, n_ions, charge)
