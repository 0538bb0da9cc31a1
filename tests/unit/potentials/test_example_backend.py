"""The backend of the documentation does what the contract says."""

from __future__ import annotations

from pair_potential import PairSettings

from amorph_flows.testing.potentials import PotentialConformance


class TestPairBackend(PotentialConformance):
    settings = PairSettings(cutoff=4.5, size=6, max_steps=60, seed=1)
    other_model = PairSettings(cutoff=4.5, size=8)
