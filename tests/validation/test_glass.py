"""The published NaFePO4 glasses against Table 1 and the figures of their paper."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from ase.io import read
from published import NAFEPO4, needs_nafepo4

from amorph_flows.analysis import (
    bond_angles,
    coordination_numbers,
    density_g_cm3,
    guttman_rings,
    long_range_order,
    network_statistics,
    radial_distribution,
    structure_factor,
    structure_factor_from_rdf,
    voronoi_free_volume,
)
from amorph_flows.analysis.structure._fluctuation import above_noise, rdf_fluctuation
from amorph_flows.analysis.structure.amorphous import AmorphousThresholds
from amorph_flows.analysis.structure.order import LatticeVerdict

pytestmark = needs_nafepo4

CUTOFFS = {("P", "O"): 2.3, ("Fe", "O"): 2.75, ("O", "P"): 2.3, ("O", "Fe"): 2.75}


@pytest.fixture(scope="module", params=["ACE_1", "ACE_2"])
def glass(request):
    with gzip.open(NAFEPO4 / f"glass_300K_{request.param}.lammps-data.gz", "rt") as stream:
        return read(
            stream,
            format="lammps-data",
            atom_style="atomic",
            Z_of_type={1: 26, 2: 11, 3: 8, 4: 15},
        )


def test_density(glass):
    assert density_g_cm3(glass) == pytest.approx(3.071, rel=0.005)


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


def test_phosphate_tetrahedra_and_their_edge_sharing_with_iron(glass):
    tetrahedron = bond_angles(glass, "O", "P", "O", CUTOFFS)
    assert tetrahedron.mean_deg == pytest.approx(109.4, abs=0.5)
    bridge = bond_angles(glass, "P", "O", "Fe", CUTOFFS)
    sharing_edges = bridge.density[bridge.angles_deg < 105].sum() * 2.0
    valley = bridge.density[abs(bridge.angles_deg - 105) < 3].mean()
    assert 0.2 < sharing_edges < 0.45
    assert valley < 0.2 * bridge.density[abs(bridge.angles_deg - 92) < 4].mean()
    assert valley < 0.2 * bridge.density[abs(bridge.angles_deg - 125) < 6].mean()


def test_rings_shared_edges_are_two_rings(glass):
    rings = guttman_rings(glass, ["P", "Fe"], "O", CUTOFFS)
    assert {2, 3, 4, 5, 6, 7, 8} <= set(rings.distribution)
    numbers = glass.numbers
    assert all(np.sum(numbers[list(ring)] == 8) == len(ring) // 2 for ring in rings.members)
    assert max(rings.sizes) < rings.largest


def test_structure_factor_is_the_transform_of_the_rdf(glass):
    found = structure_factor(glass, q_max=12.0, n_bins=120, vectors_per_bin=500)
    rdf = radial_distribution(glass, 17.0, 850)
    transform = structure_factor_from_rdf(rdf, found.q_inv_a, lorch=True).number
    five = np.full(5, 0.2)  # the wave vectors of one bin scatter by their small number
    smooth, smooth_transform = (np.convolve(s, five, "same") for s in (found.number, transform))
    np.testing.assert_allclose(smooth[15:-2], smooth_transform[15:-2], atol=0.06)
    np.testing.assert_allclose(found.neutron()[found.q_inv_a > 8].mean(), 1.0, atol=0.03)
    np.testing.assert_allclose(found.xray()[found.q_inv_a > 8].mean(), 1.0, atol=0.03)


def test_voronoi_volumes_fill_the_cell(glass):
    found = voronoi_free_volume(glass)
    assert found.voronoi_volumes_a3.sum() == pytest.approx(glass.get_volume(), rel=1e-5)


def test_glass_has_no_long_range_order(glass):
    limits = AmorphousThresholds()
    rdf = radial_distribution(glass, 11.0, 220)
    assert above_noise(*rdf_fluctuation(rdf, ["P", "Fe", "O"])) < 0.8 * limits.rdf_fluctuation
    for element in ("P", "Fe", "O"):
        order = long_range_order(glass, element, plane_numbers=range(2, 24))
        assert order.verdict is LatticeVerdict.NO_LATTICE
        assert order.structure_factors.max() < 0.3
