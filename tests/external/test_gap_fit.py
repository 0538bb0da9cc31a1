"""GAP fitted by gap_fit for real: the conformance suite, and small parts of two systems."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from published import needs_nafepo4
from small_systems import check_system, mgv2o5, nafepo4

from amorph_flows.errors import MissingDependencyError
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import GAP
from amorph_flows.schemas.fits import GAPSettings
from amorph_flows.testing.potentials import PotentialConformance

try:
    find_installed(GAP)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)


class TestGAP(PotentialConformance):
    settings = GAPSettings(
        labels="energies, forces and stresses",
        cutoff=4.5,
        n_max=4,
        l_max=3,
        atom_sigma=0.8,
        zeta=2.0,
        pair_sparse=30,
        pair_delta=5.0,
        soap_delta=0.1,
        energy_sigma=0.002,
        force_sigma=0.02,
        virial_sigma=0.02,
        n_sparse=60,
        seed=1,
    )
    another: ClassVar[dict[str, object]] = {"energy_sigma": 0.05}
    highest_inside = 2.0
    unseen_pair_grade = 10.0


SMALL_PART = GAPSettings(
    labels="energies and forces", cutoff=4.5, n_max=4, l_max=3, n_sparse=40, seed=1
)


@needs_nafepo4
def test_published_configurations_of_nafepo4(tmp_path: Path) -> None:
    """The variance is near its prior everywhere: the grade of a dense cell is not larger."""
    check_system(SMALL_PART, nafepo4(15, 6), tmp_path, gain=0.8, tells_dense=False)


def test_mgv2o5_with_labels_of_chgnet(tmp_path: Path) -> None:
    check_system(SMALL_PART, mgv2o5(), tmp_path, gain=0.8)
