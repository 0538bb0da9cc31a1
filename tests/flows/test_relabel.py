"""A dataset gets another engine's labels: a dataset of its own, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from jobflow import Flow, JobStore
from shifted_calculator import SHIFT_EV_ATOM, STIFFER
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.engines import AseEngine
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.executors import run_study
from amorph_flows.executors.state import STATE_FILE
from amorph_flows.flows import RelabelMaker
from amorph_flows.jobs.dataset import build_dataset, extend_dataset
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.relabel import RelabelDoc
from amorph_flows.store import find_documents, load_document, open_store
from amorph_flows.structures import v2o5

PARTS = ("training", "validation", "test_random", "test_blocks")

Amorph = Callable[..., Result]


@pytest.fixture
def amorph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Amorph:
    """Call the command."""
    monkeypatch.delenv("AMORPH_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))

    def call(*args: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(args))
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture
def study(tmp_path: Path) -> tuple[Path, JobStore, DatasetDoc]:
    """A study that has sampled V2O5 with the toy engine, its store and its dataset."""
    sampling = SamplingMaker(
        engine=AseEngine(calculator="toy"), duration_fs=120.0, frame_stride=2, seed=3
    )
    sampled = sampling.make(v2o5(), 900.0, "V2O5")
    dataset = build_dataset([sampled.output])
    home = tmp_path / "mine"
    store = open_store(home)
    outputs = run_study(Flow([sampled, dataset]), store, home, 1, title="mine")
    return home, store, outputs[dataset.uuid]


def documents(printed: str, store: JobStore) -> tuple[DatasetDoc, RelabelDoc]:
    """Return the two documents that the command names at its end."""
    uuids = [line.partition(": ")[2] for line in printed.splitlines()[-2:]]
    dataset, comparison = (load_document(store, uuid) for uuid in uuids)
    assert isinstance(dataset, DatasetDoc)
    assert isinstance(comparison, RelabelDoc)
    return dataset, comparison


def test_every_frame_has_the_new_label_and_the_differences_are_those_of_the_engines(
    amorph: Amorph, study: tuple[Path, JobStore, DatasetDoc]
) -> None:
    home, store, former = study
    state = (home / STATE_FILE).read_bytes()
    shown = amorph("relabel", "mine", "--engine", "shifted_calculator:Shifted", "-j", "1").stdout
    dataset, comparison = documents(shown, store)

    assert len(dataset.frames) == len(former.frames) == comparison.n_frames == 31
    for part in PARTS:
        assert getattr(dataset, part) == getattr(former, part)
    assert dataset.engine.name == "shifted_calculator:Shifted"
    for old, new in zip(former.frames, dataset.frames, strict=True):
        assert new.provenance.parent == old.content_hash == new.content_hash
        assert new.provenance.engine == dataset.engine.name
        assert new.provenance.settings_hash == dataset.engine.settings_hash
        assert (new.provenance.run, new.provenance.step) == (
            old.provenance.run,
            old.provenance.step,
        )
        np.testing.assert_allclose(new.forces, STIFFER * old.forces)

    forces = np.concatenate([frame.forces for frame in dataset.frames]).ravel() / STIFFER
    assert comparison.dataset_uuid == former.job_uuid
    assert comparison.forces.mae.value == pytest.approx(0.1 * np.abs(forces).mean())
    assert comparison.forces.rmse.value == pytest.approx(0.1 * np.sqrt(np.mean(forces**2)))
    assert comparison.forces.correlation.value == pytest.approx(1.0)
    assert comparison.energies.offsets_ev_atom["V2O5"].value == pytest.approx(-SHIFT_EV_ATOM)
    assert comparison.energies.rmse.value == pytest.approx(0.0, abs=1e-6)
    assert "correlation 1.000 ± 0.000" in shown
    assert "energies, V2O5: toy is -0.2500 ± 0.0000 eV/atom above" in shown

    assert (home / STATE_FILE).read_bytes() == state
    found = {d["document"] for d in find_documents(store, study="mine")}
    assert found == {"DatasetDoc", "LabelDoc", "RelabelDoc"}
    # the study's own dataset is still the one that is meant
    again = amorph("relabel", "mine", "--engine", "shifted_calculator:Shifted", "-j", "1").stdout
    assert again.splitlines()[-2:] == shown.splitlines()[-2:]


def test_frames_that_the_engine_fails_on_are_left_out_with_their_reasons(
    amorph: Amorph, study: tuple[Path, JobStore, DatasetDoc]
) -> None:
    _, store, former = study
    calculator = "flaky_calculator:EveryThirdFails"
    shown = amorph("relabel", "mine", "-e", calculator, "--max-frames", "12", "-j", "1").stdout
    dataset, comparison = documents(shown, store)
    assert (comparison.n_frames, comparison.n_quarantined) == (8, 4)
    assert "set aside: frame 2: RuntimeError: the self-consistency cycle did not" in shown
    assert comparison.forces.mae.value == pytest.approx(0.0, abs=1e-12)
    old = {
        frame.content_hash: part
        for part in PARTS
        for frame in former.frames.take(getattr(former, part))
    }
    new = {
        frame.content_hash: part
        for part in PARTS
        for frame in dataset.frames.take(getattr(dataset, part))
    }
    assert len(new) == len(dataset.frames) == 8
    assert all(old[content] == part for content, part in new.items())
    steps = [frame.provenance.step for frame in former.frames]
    taken = [frame.provenance.step for frame in dataset.frames]
    assert taken[0] == steps[0]
    assert taken[-1] > steps[22]


def test_an_engine_that_fails_on_every_frame_fails_the_flow_with_the_first_reason(
    study: tuple[Path, JobStore, DatasetDoc],
) -> None:
    home, store, former = study
    engine = AseEngine(calculator="toy", calculator_kwargs={"no_such_setting": 1})
    flow = RelabelMaker(engine=engine, max_frames=2).make(former)
    with pytest.raises(CalculationError, match="no_such_setting"):
        run_study(flow, store, home / "again", 1)


def test_labels_of_two_engines_never_mix(study: tuple[Path, JobStore, DatasetDoc]) -> None:
    _, _, former = study
    frames = former.frames[:2]
    other = AseEngine(calculator="toy", name="other", calculator_kwargs={"max_displacement_a": 0.1})
    one = LabelDoc(engine=former.engine, frames=frames)
    two = LabelDoc(engine=other.info(), frames=frames)
    assert one.engine.settings_hash != two.engine.settings_hash
    with pytest.raises(InputError, match="labels of different engines never mix"):
        build_dataset.original([one, two])
    with pytest.raises(InputError, match="labels of different engines never mix"):
        extend_dataset.original(former, [two])


def test_what_cannot_be_relabelled_is_refused(
    amorph: Amorph, study: tuple[Path, JobStore, DatasetDoc], tmp_path: Path
) -> None:
    _, _, former = study
    said = amorph("relabel", "mine", "--engine", "toy", code=2).stderr
    assert "already has the labels of toy; name another engine" in said
    label = former.sources[0]
    said = amorph(
        "relabel", "mine", "-e", "shifted_calculator:Shifted", "--dataset", label, code=2
    ).stderr
    assert "is a LabelDoc, not a dataset" in said
    assert "unknown engine 'GPAV'" in amorph("relabel", "mine", "-e", "GPAV", code=2).stderr
    assert "no study nowhere" in amorph("relabel", "nowhere", "-e", "toy", code=2).stderr
