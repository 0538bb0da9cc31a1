"""The backend of the documentation does what the contract says."""

from __future__ import annotations

from amorph_flows.testing.potentials import PotentialConformance


class TestPairBackend(PotentialConformance):
    name = "pair_potential:PairBackend"
