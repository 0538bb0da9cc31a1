from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure._network import network_statistics
from amorph_flows.errors import InputError

CRISTOBALITE = Structure.from_spacegroup(
    "Fd-3m", Lattice.cubic(7.16), ["Si", "O"], [[0, 0, 0], [0.125, 0.125, 0.125]]
)


def test_ideal_cristobalite_is_fully_polymerised():
    found = network_statistics(CRISTOBALITE, "Si", cutoffs_a={("Si", "O"): 2.0})
    assert (found.bridging, found.non_bridging, found.free) == (16, 0, 0)
    np.testing.assert_array_equal(found.qn, [0, 0, 0, 0, 1])
    assert found.linkages_per_former == {"Si-O-Si": 2.0}
    assert found.connectivity == 4


def test_removed_former_leaves_non_bridging_oxygens():
    broken = CRISTOBALITE.copy()
    broken.remove_sites([0])
    found = network_statistics(broken, "Si", cutoffs_a={("Si", "O"): 2.0})
    assert (found.bridging, found.non_bridging, found.free) == (12, 4, 0)
    np.testing.assert_allclose(found.qn, [0, 0, 0, 4 / 7, 3 / 7])


def test_linkages_to_other_cations_are_counted_once_for_each_anion():
    mixed = CRISTOBALITE.copy()
    silicon = [n for n, site in enumerate(mixed) if site.specie.symbol == "Si"]
    mixed.replace(silicon[0], "Al")
    cutoffs = {("Si", "O"): 2.0, ("Al", "O"): 2.0}
    found = network_statistics(mixed, "Si", ["Al"], cutoffs_a=cutoffs)
    assert found.linkages_per_former == pytest.approx({"Si-O-Si": 12 / 7, "Si-O-Al": 4 / 7})
    assert found.n_formers == 7


def test_invariant_under_translation_order_and_supercell():
    glass = CRISTOBALITE.copy()
    glass.remove_sites([0, 9])
    wanted = network_statistics(glass, "Si", cutoffs_a={("Si", "O"): 2.0})
    moved = glass.copy()
    moved.translate_sites(range(len(moved)), [0.3, 0.9, 0.4])
    moved.make_supercell([2, 1, 1])
    moved = Structure.from_sites([moved[n] for n in np.random.default_rng(0).permutation(44)])
    found = network_statistics(moved, "Si", cutoffs_a={("Si", "O"): 2.0})
    np.testing.assert_allclose(found.qn, wanted.qn)
    assert found.linkages_per_former == wanted.linkages_per_former
    assert found.free == 2 * wanted.free


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="no 'P'"):
        network_statistics(CRISTOBALITE, "P")
