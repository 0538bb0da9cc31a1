"""Reference values of the published MgV2O5 cells (300 K and 900 K)."""

from __future__ import annotations

import pytest
from published import MGV2O5
from pymatgen.core import Structure

from amorph_flows.analysis.structure.amorphous import AmorphousVerdict, judge_amorphous
from amorph_flows.analysis.structure.order import LatticeVerdict, long_range_order
from amorph_flows.structures._library import v2o5

REFERENCE = {
    300: ((4, 6, 2), 0.118, 0.020, (0.095, 0.051, 0.049)),
    900: ((2, 4, 4), 0.218, 0.055, (0.108, 0.142, 0.126)),
}
LATTICE = {300: LatticeVerdict.LATTICE, 900: LatticeVerdict.NO_LATTICE}


@pytest.mark.parametrize("temperature_k", REFERENCE)
def test_magnesium_sublattice(temperature_k):
    planes, maximum, minimum, axes = REFERENCE[temperature_k]
    order = long_range_order(
        Structure.from_file(MGV2O5 / f"POSCAR_lro_{temperature_k}K"), "Mg", n_directions=700
    )
    assert order.plane_numbers == planes
    assert order.maximum == pytest.approx(maximum, abs=0.001)
    assert order.minimum == pytest.approx(minimum, abs=0.001)
    assert (order.along_a, order.along_b, order.along_c) == pytest.approx(axes, abs=0.001)
    assert order.verdict is LATTICE[temperature_k]


def test_host_is_crystalline_at_300_k_and_amorphous_at_900_k():
    cold, hot = (
        judge_amorphous(Structure.from_file(MGV2O5 / f"POSCAR_lro_{t}K"), v2o5(), ["V", "O"])
        for t in (300, 900)
    )
    assert cold.verdict is AmorphousVerdict.CRYSTALLINE
    assert hot.verdict is AmorphousVerdict.AMORPHOUS
    assert cold.numbers["rdf_fluctuation"] > 1.4 * cold.thresholds["rdf_fluctuation"]
    assert hot.numbers["rdf_fluctuation"] < 0.6 * hot.thresholds["rdf_fluctuation"]
    assert cold.numbers["fluctuation_ratio"] > cold.thresholds["crystalline_ratio"] + 0.1
    assert hot.numbers["fluctuation_ratio"] < hot.thresholds["amorphous_ratio"] - 0.2
