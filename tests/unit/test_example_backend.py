"""The backend of the documentation does what the contract says."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))

from amorph_flows.testing.potentials import PotentialConformance


class TestPairBackend(PotentialConformance):
    name = "pair_potential:PairBackend"
