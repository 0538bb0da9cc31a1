"""Which frames the scale of the grades comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amorph_flows.jobs.potential import fit_potential
from amorph_flows.potentials.pretrained._backend import PretrainedBackend
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import PretrainedSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.testing.alloy import alloy_frames

SETTINGS = PretrainedSettings.model_validate(
    {"calculator": "ase.calculators.emt:EMT", "committee": ["ase.calculators.lj:LennardJones"]}
)


@pytest.mark.parametrize(
    ("needed", "validation", "n_frames"),
    [("training", [6, 7], 6), ("held-out", [6, 7], 2), ("held-out", [], 6)],
)
def test_scale_comes_from_the_frames_that_the_method_asks_for(
    needed: str,
    validation: list[int],
    n_frames: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Held-out ones where there are any."""
    monkeypatch.setattr(PretrainedBackend, "grades_need", needed)
    monkeypatch.chdir(tmp_path)
    dataset = DatasetDoc.empty(
        EngineInfo(name="EMT", settings_hash="emt", surrogate=True)
    ).model_copy(
        update={
            "frames": alloy_frames(8, seed=0),
            "training": list(range(6)),
            "validation": validation,
        }
    )
    doc = fit_potential.original(dataset, SETTINGS)
    assert json.loads(doc.files["committee.json"])["n_frames"] == n_frames
    assert doc.n_training_frames == 6
