"""The published NaFePO4 glasses against Table 1 of their paper."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from amorph_flows.analysis.coordination import coordination_numbers
from amorph_flows.analysis.network import network_statistics

DATA = Path(__file__).parents[3] / "shared" / "data" / "nafepo4"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the published NaFePO4 glasses are not at {DATA}"
)


@pytest.fixture(scope="module", params=["ACE_1", "ACE_2"])
def glass(request):
    with gzip.open(DATA / f"glass_300K_{request.param}.lammps-data.gz", "rt") as stream:
        return read(
            stream,
            format="lammps-data",
            atom_style="atomic",
            Z_of_type={1: 26, 2: 11, 3: 8, 4: 15},
        )


def test_coordination(glass):
    phosphorus = coordination_numbers(glass, "P", "O")
    iron = coordination_numbers(glass, "Fe", "O")
    assert phosphorus.mean == pytest.approx(4.00, abs=0.01)
    assert iron.mean == pytest.approx(5.15, abs=0.10)


def test_linkages(glass):
    found = network_statistics(glass, "P", ["Fe"])
    assert found.linkages_per_former["P-O-P"] == pytest.approx(0.08, abs=0.03)
    assert found.linkages_per_former["P-O-Fe"] == pytest.approx(3.53, abs=0.05)
    assert found.bridging + found.non_bridging + found.free == np.sum(glass.numbers == 8)
