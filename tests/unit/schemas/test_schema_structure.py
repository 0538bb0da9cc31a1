from __future__ import annotations

import json

import numpy as np
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure.order import long_range_order
from amorph_flows.analysis.structure.rdf import radial_distribution
from amorph_flows.schemas.structure import LongRangeOrderDoc, RDFDoc

CELL = Structure.from_spacegroup(
    "Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
)


def test_rdf_survives_the_database():
    result = radial_distribution(CELL, cutoff=5.0, n_bins=50)
    stored = json.loads(RDFDoc.from_result(result).model_dump_json())
    assert set(stored["partial"]) == {"dtype", "shape", "b64"}
    back = RDFDoc.model_validate(stored).to_result()
    np.testing.assert_array_equal(back.partial, result.partial)
    np.testing.assert_array_equal(back.pair("Mg", "O"), result.pair("Mg", "O"))
    assert back.elements == result.elements


def test_long_range_order_survives_the_database():
    big = CELL.copy()
    big.make_supercell(3)
    result = long_range_order(big, "Mg", n_directions=100)
    doc = LongRangeOrderDoc.from_result(result)
    back = LongRangeOrderDoc.model_validate_json(doc.model_dump_json())
    np.testing.assert_array_equal(back.disorder, result.disorder)
    assert back.species == ["Mg"]
    assert back.lattice.answer == "LATTICE"
    assert back.lattice.passed
    assert back.lattice.thresholds["structure_factor"] == 0.5
