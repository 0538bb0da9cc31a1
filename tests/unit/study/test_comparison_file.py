"""The file of `amorph compare`: what it gives, and what it refuses before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jobflow import run_locally

from amorph_flows.datasets import FrameSet
from amorph_flows.datasets.io import write_extxyz
from amorph_flows.errors import AmorphFlowsError, InputError
from amorph_flows.flows.comparison_presets import comparison_preset, preset_splits
from amorph_flows.jobs.dataset import build_dataset, split_dataset
from amorph_flows.schemas.fits import MTPSettings, PretrainedSettings, SnapSettings
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc
from amorph_flows.store import open_store
from amorph_flows.study.comparison_file import ComparisonStudy, load_any_study, load_comparison
from amorph_flows.study.study_file import load_study
from amorph_flows.testing.alloy import alloy_frames

EMT = "ase.calculators.emt:EMT"
EXACT = f"{{backend: pretrained, calculator: '{EMT}'}}"
INFO = EngineInfo(name="EMT", settings_hash="a", surrogate=True)
FRAMES = FrameSet(alloy_frames(20, seed=0))

Load = Callable[..., ComparisonStudy]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Write a study file beside labelled frames, and read it."""
    monkeypatch.delenv("AMORPH_GAP_PYTHON", raising=False)
    monkeypatch.setenv("AMORPH_CACHE_DIR", str(tmp_path / "cache"))
    write_extxyz(tmp_path / "frames.extxyz", FRAMES)

    def read(compare: str, more: str = "") -> ComparisonStudy:
        file = tmp_path / "methods.yaml"
        file.write_text(f"{more}\ncompare: {{{compare}}}\n")
        return load_comparison(file)

    return read


def compared(
    methods: str = EXACT, more: str = "labels: EMT", dataset: str = "frames.extxyz"
) -> str:
    return f"dataset: {dataset}, methods: [{methods}], {more}"


def test_everything_that_a_file_says(load: Load, tmp_path: Path) -> None:
    snap = "{backend: snap, cutoff: 4.5, try: [{twojmax: 4}, {twojmax: 6}], sizes: [4]}"
    more = (
        "labels: mine, seed: 3, sizes: [4, 8], splits: {random: 0.1, blocks: 0.15, validation: 0}"
    )
    study = load(compared(f"{snap}, {EXACT}", more), f"engine: {EMT}\nfolder: there")
    maker = study.maker()
    assert maker.methods == (
        SnapSettings(cutoff=4.5, twojmax=4),
        SnapSettings(cutoff=4.5, twojmax=6),
        PretrainedSettings(calculator=EMT),
    )
    assert (maker.sizes, maker.own_sizes, maker.seed) == ((4, 8), {"snap": (4,)}, 3)
    assert study.home == tmp_path / "there"
    study = load(compared(f"{snap}, {EXACT}", more))
    dataset = study.dataset()
    assert dataset.engine.name == "mine"
    assert (len(dataset.test_random), len(dataset.test_blocks)) == (2, 3)
    assert len(dataset.validation) == 0
    assert 8 <= len(dataset.training) <= 15
    flow = study.flow()
    names = [job.name for job in flow.jobs]
    assert sum("fit SNAP" in name for name in names) == 2
    assert sum("fit pretrained" in name for name in names) == 2
    assert flow.jobs[-1].metadata["study"] == "methods"


def test_the_dataset_of_a_store_is_taken_as_it_is_split(load: Load, tmp_path: Path) -> None:
    job = build_dataset([LabelDoc(engine=INFO, frames=FRAMES)])
    store = open_store(tmp_path / "study")
    run_locally(job, store=store, root_dir=tmp_path, create_folders=True, log=False)
    read = load(compared(dataset="study", more="")).dataset()
    assert read.job_uuid == job.uuid
    assert read.training == split_dataset(FRAMES, INFO).training
    named = load(compared(dataset=f"{{store: study, uuid: {job.uuid[:8]}}}", more="")).dataset()
    assert named.job_uuid == job.uuid
    with pytest.raises(InputError, match=r"compare.labels: the dataset .*study has its split"):
        load(compared(dataset="study")).dataset()


def test_frames_that_name_their_engine_need_no_labels(load: Load, tmp_path: Path) -> None:
    named = FrameSet(f.with_provenance(engine="mine", settings_hash="abc") for f in FRAMES)
    write_extxyz(tmp_path / "frames.extxyz", named)
    engine = load(compared(more="")).dataset().engine
    assert (engine.name, engine.settings_hash) == ("mine", "abc")
    with pytest.raises(InputError, match="energies of two engines"):
        load(compared(more=""), f"engine: {EMT}").dataset()
    with pytest.raises(InputError, match=r"are of 'mine', and the labels 'EMT' are named"):
        load(compared()).dataset()


def test_energies_of_two_engines_are_refused(load: Load, tmp_path: Path) -> None:
    mixed = [f.with_provenance(engine="VASP" if i > 6 else "GPAW") for i, f in enumerate(FRAMES)]
    write_extxyz(tmp_path / "frames.extxyz", mixed)
    message = "energies of 2 engines .*GPAW from configuration 1; VASP from configuration 8"
    with pytest.raises(InputError, match=message):
        load(compared(more="")).flow()


def test_labels_without_forces_are_refused(load: Load, tmp_path: Path) -> None:
    bare = [replace(f, forces=None) if i == 4 else f for i, f in enumerate(FRAMES)]
    write_extxyz(tmp_path / "frames.extxyz", bare)
    with pytest.raises(InputError, match=r"configuration 5 of .*frames.extxyz has no forces"):
        load(compared()).flow()


@pytest.mark.parametrize(
    ("methods", "more", "message"),
    [
        ("{backend: snpa}", "", "number 1: unknown potential backend 'snpa'.* 'snap'"),
        ("{backend: gap}", "labels: EMT", "install it with: amorph install-backend gap"),
        ("{backend: classical}", "", "number 1: 'classical' potentials are given, not fitted"),
        (f"{EXACT}, {{backend: snap, level: 8}}", "", "number 2: 'level' is a setting of mo"),
        ("{backend: snap, cutof: 5}", "", "unknown setting of snap 'cutof'.*'cutoff'"),
        ("{backend: snap, twojmax: 3}", "", "snap: twojmax: .*multiple of 2, got 3"),
        ("{level: 8}", "", "number 1: give settings with their backend"),
        ("{backend: snap, try: 3}", "", "try is 3; give a list of changes"),
        ("{backend: snap, sizes: 3}", "", "sizes is 3; give a list of whole numbers"),
        ("", "", "compare.methods is empty"),
        (EXACT, "labels: EMT, sizes: [17]", "sizes has 17, and the dataset has"),
        (EXACT, "labels: EMT, splits: {randm: 0.1}", "splits: unknown key 'randm'.*'random'"),
        (EXACT, "labels: EMT, splits: {random: 1}", "compare.splits: .*lower them"),
        (EXACT, "labels: EMT, splits: {random: x}", "compare.splits.random must be a number"),
        (EXACT, "", "do not name the engine that labelled them; name it, as in labels:"),
        (EXACT, "preset: choyal2042", "unknown preset of a comparison 'choyal2042'.*choyal2024"),
        (EXACT, "size: [3]", "compare: unknown key 'size'.*'sizes'"),
        (EXACT, "sizes: 3", "compare: sizes: .*list, got 3"),
    ],
)  # fmt: skip
def test_refused_before_anything_runs(load: Load, methods: str, more: str, message: str) -> None:
    with pytest.raises(AmorphFlowsError, match=message):
        load(compared(methods, more)).flow()


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("absent.extxyz", "there is no .*absent.extxyz; give an extended XYZ file"),
        ("{store: absent}", "there is no .*absent; give"),
        ("{stroe: absent}", "unknown key 'stroe'.*'store'"),
        ("{uuid: abc}", "the key 'store' is missing"),
        ("methods.yaml", "holds no configuration"),
    ],
)
def test_a_dataset_that_is_not_there(load: Load, dataset: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(compared(dataset=dataset, more="")).flow()


def test_a_file_is_of_one_kind(load: Load, tmp_path: Path) -> None:
    load(compared())
    file = tmp_path / "methods.yaml"
    assert isinstance(load_any_study(file), ComparisonStudy)
    with pytest.raises(InputError, match=re.escape(f"run it with: amorph compare {file}")):
        load_study(file)
    file.write_text("structure: V2O5.cif\n")
    with pytest.raises(InputError, match=re.escape(f"run it with: amorph run {file}")):
        load_comparison(file)
    file.write_text("compare: 3\n")
    with pytest.raises(InputError, match="compare must be keys with values, got 3"):
        load_comparison(file)
    with pytest.raises(InputError, match=r"unknown key 'preset'; .*known keys: compare, structure"):
        load(compared(), "preset: choyal2024")


def test_choyal2024_is_what_the_paper_compares(load: Load) -> None:
    fields = comparison_preset("choyal2024")
    energies_only = {s.backend for s in fields["methods"] if s.force_weight == 0}
    assert energies_only == {"gap", "aenet"}
    backends = [settings.backend for settings in fields["methods"]]
    assert set(backends) == {"mtp", "snap", "gap", "aenet", "qsnap", "nequip"}
    of_all = [1800, 2700, 3600, 4500, 5400, 6300, 7200, 8100, 9758]
    assert list(fields["sizes"]) == of_all
    assert fields["own_sizes"] == {"qsnap": (1800, 2700), "nequip": (1800,)}
    [aenet] = [s for s in fields["methods"] if s.backend == "aenet"]
    assert aenet.max_steps == 3300
    shares = {key: preset_splits("choyal2024")[key] for key in ("random", "blocks", "validation")}
    assert shares == {"random": pytest.approx(0.1), "blocks": 0, "validation": 0}
    study = load("dataset: frames.extxyz, labels: mine, preset: choyal2024")
    assert study.maker().methods == fields["methods"]
    dataset = study.dataset()
    assert (len(dataset.training), len(dataset.test_random)) == (18, 2)
    own = load(compared("{backend: mtp, level: 8}", "labels: mine, sizes: [9], preset: choyal2024"))
    assert own.maker().methods == (MTPSettings(level=8),)
    assert (own.maker().sizes, own.maker().own_sizes) == ((9,), {})
