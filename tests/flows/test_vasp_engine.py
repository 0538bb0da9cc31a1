"""The VASP engine on the stand-in: inputs, custodian, parsing, restarts, quarantine, for real."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vasp_md
from jobflow import Job, JobStore, run_locally
from maggma.stores import MemoryStore
from processes import started
from pymatgen.core import SETTINGS, Structure
from pymatgen.io.vasp import Incar
from vasp_md import ENGINE, HELD, HOLD, NVE, STAGE, long_md, mixed_up

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.engines.vasp._run import read_run
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures.configuration import to_atoms
from amorph_flows.testing.vasp import write_potcars

pytestmark = pytest.mark.filterwarnings(
    # no POTCAR that may be shipped is one of VASP's
    "ignore:POTCAR data with symbol",
)


@pytest.fixture(autouse=True)
def _potcars(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_potcars(tmp_path_factory.mktemp("potcars"), ["V", "O"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(folder))


@pytest.fixture
def fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make some calls of the stand-in fail."""

    def plan(text: str) -> None:
        monkeypatch.setenv("STAND_IN_VASP_CALLS", str(tmp_path / "calls"))
        monkeypatch.setenv("STAND_IN_VASP_FAIL", text)

    return plan


def frames(n: int) -> FrameSet:
    origin = Provenance(run="given", stage="test")
    return FrameSet(Frame.from_atoms(to_atoms(mixed_up(seed)), origin) for seed in range(n))


def execute(job: Job, folder: Path) -> tuple[Any, int]:
    """Return the output of a job and how many jobs it took."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    again = Job.from_dict(json.loads(json.dumps(job.as_dict())))
    responses = run_locally(again, store=store, create_folders=True, root_dir=folder)
    return job.output.resolve(store), sum(len(by_index) for by_index in responses.values())


def md(structure: Structure, steps: int, **more: Any) -> LabelDoc:
    stage = MDStage(**NVE | {"duration_fs": 2.0 * steps, "frame_stride": 2})
    return VaspEngine.md.original(ENGINE, structure, stage, **more)


def assert_toy_labels(doc: LabelDoc) -> None:
    for frame in doc.frames:
        atoms = frame.to_atoms()
        atoms.calc = ToyCalculator()
        assert frame.energy_ev == pytest.approx(atoms.get_potential_energy(), abs=1e-5)
        np.testing.assert_allclose(frame.forces, atoms.get_forces(), atol=1e-4)
        np.testing.assert_allclose(frame.stress, atoms.get_stress(voigt=False), atol=1e-6)


def test_labels_are_those_of_the_calculator_in_the_order_given(tmp_path: Path) -> None:
    given = FrameSet(replace(f, magmoms=np.full(len(f.numbers), 9.0)) for f in frames(2))
    doc, _ = execute(ENGINE.static(given, run="batch"), tmp_path)
    assert_toy_labels(doc)
    assert not doc.quarantined
    for frame, original in zip(doc.frames, given, strict=True):
        assert frame.content_hash == original.content_hash
        assert (frame.provenance.run, frame.provenance.stage) == ("given", "test")
        assert frame.provenance.engine == "VASP SCAN+U"
        assert frame.provenance.settings_hash == ENGINE.info().settings_hash
        assert frame.magmoms is None, "those of another engine are none of VASP's"


def test_md_in_one_job_holds_the_frames_of_the_stride(tmp_path: Path) -> None:
    start = mixed_up()
    stage = MDStage(
        name="ramp", start_temperature_k=900, end_temperature_k=300, duration_fs=25, frame_stride=5
    )
    doc, n_jobs = execute(ENGINE.md(start, stage, run="V2O5 ramp", seed=3), tmp_path)
    assert n_jobs == 1
    assert [f.provenance.step for f in doc.frames] == [0, 5, 10, 12]
    assert [f.provenance.time_fs for f in doc.frames] == [0, 10, 20, 24]
    assert [f.provenance.temperature_k for f in doc.frames] == pytest.approx([900, 650, 400, 300])
    np.testing.assert_allclose(doc.frames[0].positions, start.cart_coords, atol=1e-6)
    assert_toy_labels(doc)
    assert doc.engine.version == "0.0.0"
    assert (doc.n_steps, doc.seed, doc.run) == (12, 3, "V2O5 ramp")
    steps = np.diff([f.positions for f in doc.frames], axis=0)
    assert np.abs(steps).max() < 1.0


def test_two_stages_are_one_trajectory() -> None:
    """Without a thermostat 6 + 6 steps equal 12, and no configuration comes twice."""
    whole = md(mixed_up(), 12, seed=1, run="whole")
    first = md(mixed_up(), 6, seed=1, run="first")
    passed_on = Structure.from_dict(first.structure.as_dict())
    second = md(passed_on, 6, seed=99, run="second")
    assert [f.provenance.step for f in second.frames] == [2, 4, 6]
    pieces = [*first.frames, *second.frames]
    for one, two in zip(pieces, whole.frames, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-6)


def test_walltime_cuts_md_into_pieces_of_one_trajectory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each queue job ends at the ninth ionic step."""
    job = ENGINE.md(mixed_up(), STAGE, run="run", seed=5)
    whole, _ = execute(job, tmp_path)
    for variable, value in HOLD.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(
        "amorph_flows.engines.vasp._handlers.remaining_s",
        lambda: 0.0 if any(tmp_path.rglob(HELD)) else 1e9,
    )
    cut, n_jobs = execute(ENGINE.md(mixed_up(), STAGE, run="run", seed=5), tmp_path)
    assert n_jobs == 3
    assert [f.provenance.step for f in cut.frames] == [f.provenance.step for f in whole.frames]
    assert [f.provenance.step for f in cut.frames] == list(range(0, 25, 3))
    for one, two in zip(cut.frames, whole.frames, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-6)
        assert one.energy_ev == pytest.approx(two.energy_ev, abs=1e-5)
    assert_toy_labels(cut)


def test_npt_moves_the_cell_and_goes_on_with_its_velocity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without friction and noise two pieces, cut at the ninth ionic step, are one."""
    tags = {"LANGEVIN_GAMMA": [0.0, 0.0], "LANGEVIN_GAMMA_L": 0.0, "PMASS": 300.0}
    engine = replace(ENGINE, user_incar_settings=tags)
    stage = STAGE.model_copy(
        update={"ensemble": "npt", "coupling": "triclinic", "duration_fs": 30.0}
    )
    whole, _ = execute(engine.md(mixed_up(), stage, run="run", seed=5), tmp_path)
    for variable, value in HOLD.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(
        "amorph_flows.engines.vasp._handlers.remaining_s",
        lambda: 0.0 if any(tmp_path.rglob(HELD)) else 1e9,
    )
    cut, n_jobs = execute(engine.md(mixed_up(), stage, run="run", seed=5), tmp_path)
    assert n_jobs == 2
    assert [f.provenance.step for f in cut.frames] == list(range(0, 16, 3))
    for one, two in zip(cut.frames, whole.frames, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-5)
        np.testing.assert_allclose(one.cell, two.cell, atol=1e-5)
    assert_toy_labels(cut)
    moved = [np.abs(f.cell - mixed_up().lattice.matrix).max() for f in cut.frames]
    assert moved[0] < 1e-6 < moved[1] < moved[2] < moved[-1]
    assert "lattice_velocities" in cut.structure.properties


def test_killed_md_goes_on_from_what_vasp_left(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for folder in (killed, whole):
        folder.mkdir()
    command = [sys.executable, vasp_md.__file__, str(SETTINGS["PMG_VASP_PSP_DIR"])]
    with started(command, tmp_path / "process.log", killed, HOLD) as process:
        process.wait_until(lambda: any(killed.glob(f"*/{HELD}")), "the ninth step")
    doc = long_md(prev_dir=str(killed))
    later = [f.name for f in killed.iterdir() if f.is_dir() and not f.name.endswith("step_0")]
    assert len(later) == 1
    os.chdir(whole)
    undisturbed = long_md()
    assert [f.provenance.step for f in doc.frames] == list(range(0, 25, 3))
    for one, two in zip(doc.frames, undisturbed.frames, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-6)


def test_going_on_from_a_folder_without_the_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no state of this MD run"):
        md(mixed_up(), 4, prev_dir=str(tmp_path))


def test_unconverged_configurations_of_md_are_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_VASP_UNCONVERGED_STEPS", "3,6")
    stage = MDStage(**NVE | {"duration_fs": 20.0, "frame_stride": 2})
    lenient = replace(ENGINE, max_unconverged=0.3)
    doc = VaspEngine.md.original(lenient, mixed_up(), stage, run="run")
    assert [f.provenance.step for f in doc.frames] == [0, 4, 6, 8, 10]
    assert [(q.index, "did not converge" in q.reason) for q in doc.quarantined] == [(2, True)]
    with pytest.raises(CalculationError, match="density of 2 of 11 configurations"):
        VaspEngine.md.original(ENGINE, mixed_up(), stage, run="strict")


def test_crashed_md_fails_with_its_folder(fails: Callable[[str], None]) -> None:
    fails("crash:1-9")
    with pytest.raises(CalculationError, match=r"VASP: .*files: .*md_.*step_0"):
        md(mixed_up(), 6)


def test_failing_labels_are_quarantined_and_the_others_go_on(
    tmp_path: Path, fails: Callable[[str], None]
) -> None:
    """The second label crashes; the third does not converge, whatever custodian tries."""
    fails("crash:2")
    doc, _ = execute(ENGINE.static(frames(3), run="batch"), tmp_path)
    assert (len(doc.frames), [q.index for q in doc.quarantined]) == (2, [1])
    failed = doc.quarantined[0]
    assert "VASP" in failed.reason
    assert Path(failed.directory).is_dir()
    assert_toy_labels(doc)


def test_density_that_never_converges_is_quarantined(
    tmp_path: Path, fails: Callable[[str], None]
) -> None:
    fails("scf:1-99")
    doc, _ = execute(ENGINE.static(frames(1)), tmp_path)
    assert len(doc.frames) == 0
    assert doc.quarantined[0].index == 0


def test_custodian_helps_a_density_that_converges_at_the_second_try(
    tmp_path: Path, fails: Callable[[str], None]
) -> None:
    fails("scf:1")
    doc, _ = execute(ENGINE.static(frames(1)), tmp_path)
    assert not doc.quarantined
    assert_toy_labels(doc)
    assert (tmp_path / "calls").read_text() == "2"
    (log,) = tmp_path.rglob("custodian.json*")
    assert log.exists()


def test_rerun_in_the_same_folder_repeats_no_finished_label(
    tmp_path: Path, fails: Callable[[str], None]
) -> None:
    fails("crash:2")
    first = VaspEngine.static.original(ENGINE, frames(3))
    assert len(first.frames) == 2
    again = VaspEngine.static.original(ENGINE, frames(3))
    assert (len(again.frames), len(again.quarantined)) == (3, 0)
    assert (tmp_path / "calls").read_text() == "4"


def test_batch_in_several_jobs(tmp_path: Path, fails: Callable[[str], None]) -> None:
    fails("crash:3")
    cut = replace(ENGINE, labels_per_job=1)
    doc, n_jobs = execute(cut.static(frames(3), run="batch"), tmp_path)
    assert n_jobs == 1 + 3 + 1
    assert [f.content_hash for f in doc.frames] == [f.content_hash for f in frames(2)]
    assert [q.index for q in doc.quarantined] == [2]


@pytest.mark.parametrize("relax_cell", [False, True])
def test_relaxation(tmp_path: Path, relax_cell: bool) -> None:
    start = mixed_up()
    doc, _ = execute(ENGINE.relax(start, relax_cell), tmp_path)
    assert doc.converged
    assert doc.max_force_ev_a < 0.03
    assert doc.structure.species == start.species
    atoms = to_atoms(doc.structure)
    atoms.calc = ToyCalculator()
    assert doc.energy_ev == pytest.approx(atoms.get_potential_energy(), abs=1e-5)
    assert (doc.structure.lattice == start.lattice) != relax_cell
    folders = {file.parent.name: file for file in tmp_path.rglob("INCAR*")}
    assert set(folders) == ({"relax", "relaxed"} if relax_cell else {"relax"})
    if relax_cell:  # the energy is that of a single point in the basis of the last cell
        incar = Incar.from_file(folders["relaxed"])
        assert incar.get("NSW", 0) == 0
        single = read_run(folders["relaxed"].parent, doc.structure)
        assert doc.energy_ev == single.steps[-1].energy_ev
        np.testing.assert_allclose(single.steps[-1].cell, doc.structure.lattice.matrix, atol=1e-6)


def test_relaxation_that_runs_out_of_steps_says_so() -> None:
    doc = VaspEngine.relax.original(replace(ENGINE, relax_max_steps=2), mixed_up())
    assert (doc.converged, doc.n_steps) == (False, 2)
