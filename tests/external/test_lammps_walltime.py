"""LAMMPS runs in pieces: stopped by a walltime, killed, and gone on with as one trajectory."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from held_lammps import killed_at
from jobflow import JobStore
from lammps_backends import ARGON, TOY, argon_that, settings
from maggma.stores import MemoryStore
from pymatgen.core import Structure
from unfitted_backend import potential

from amorph_flows.analysis.readers.dump_text import frames_of
from amorph_flows.datasets.binary import decode_array
from amorph_flows.datasets.cfg import read_cfg
from amorph_flows.errors import InputError, WalltimeError
from amorph_flows.executors import run_study
from amorph_flows.jobs.active_learning.explore import explore
from amorph_flows.jobs.production_md import run_production
from amorph_flows.lammps import load_trajectory, run_lammps_md
from amorph_flows.lammps._grades import read_grades
from amorph_flows.lammps._restart import last_restart
from amorph_flows.lammps._run_pieces import langevin_seed, read_pieces
from amorph_flows.lammps.command import lammps_command
from amorph_flows.lammps.run_files import DUMP_FILE, FINISHED, LOG_FILE
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.structures import v2o5
from amorph_flows.upstream.lammps import environment

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")


@pytest.fixture
def argon() -> Structure:
    """Solid argon, 864 atoms."""
    return Structure.from_spacegroup(
        "Fm-3m", np.eye(3) * 5.4, ["Ar"], [(0.0, 0.0, 0.0)]
    ).make_supercell(6)


@pytest.fixture
def oxide() -> Structure:
    """V2O5, 14 atoms."""
    return v2o5()


@pytest.fixture(autouse=True)
def _time_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMORPH_WALLTIME_MARGIN_S", "0")
    monkeypatch.delenv("AMORPH_DEADLINE", raising=False)


@pytest.mark.filterwarnings("ignore:No Pauling electronegativity for Ar")
def test_production_goes_on_in_new_jobs(argon: Structure, tmp_path: Path) -> None:
    """Times, thermo and frames are those of one run; after a seam they follow its path."""
    md = settings(equilibration_fs=0, production_fs=16_000)
    whole = run_lammps_md(argon, ARGON, md, tmp_path / "whole")
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    stopping = argon_that(stops="1510 2777")
    job = run_production(stopping, argon, 60.0, md, (1, 1, 1), "here")
    doc = run_study(job, store, tmp_path / "study")[job.uuid]
    assert isinstance(doc, TrajectoryDoc)
    starts = [piece.first_step for piece in doc.pieces]
    assert starts == [0, 1510, 2777]
    assert store.count({"uuid": job.uuid}) == 3
    ours, theirs = load_trajectory(doc.trajectory), load_trajectory(whole.trajectory)
    np.testing.assert_allclose(ours.times_fs, theirs.times_fs, rtol=1e-12)
    before = ours.times_fs < starts[1] * 4.0 - 1
    np.testing.assert_array_equal(ours.positions[before], theirs.positions[before])
    near = ours.times_fs <= starts[1] * 4.0 + 800
    np.testing.assert_allclose(ours.positions[near], theirs.positions[near], atol=1e-3)
    assert doc.production_fs == doc.asked_fs == 16_000
    assert len(whole.thermo["step"]) == 401
    times = decode_array(doc.curves["time_fs"])
    np.testing.assert_allclose(times, whole.thermo["time_fs"])


def test_rest_is_what_lammps_gives_from_the_restart(argon: Structure, tmp_path: Path) -> None:
    """A script of its own, from a copy of the restart file that the walltime left."""
    md = settings(equilibration_fs=0, production_fs=16_000)
    first = run_lammps_md(argon, argon_that(stops="1510"), md, tmp_path)
    assert not first.is_complete
    found = last_restart(first.directory)
    assert found is not None
    step = found.step
    assert (found.stage, step) == (0, 1510)
    shutil.copy(found.path, tmp_path / "own.restart")
    whole = run_lammps_md(argon, ARGON, md, tmp_path)
    assert whole.is_complete
    script = f"""
        read_restart own.restart
        pair_style lj/cut 6.0
        pair_coeff * * 0.0103 3.4
        neighbor 0.5 bin
        neigh_modify every 1 delay 0 check yes
        timestep 0.004
        restart {md.restart_stride} own.*
        fix stage0 all nvt temp 60 60 0.2
        dump d all custom 20 own.lammpstrj id type xu yu zu
        dump_modify d sort id time yes units yes format float %.8f
        run 4000 upto
    """
    (tmp_path / "in.own").write_text(script)
    command = [*lammps_command(), "-in", "in.own", "-log", "none", "-screen", "none"]
    subprocess.run(command, cwd=tmp_path, env=environment(), check=True)
    own = (tmp_path / "own.lammpstrj").read_bytes()
    dump = (whole.directory / DUMP_FILE).read_bytes()
    frames = chain.from_iterable(frames_of(whole.directory / DUMP_FILE))
    starts = [frame.start for frame in frames if frame.step >= step]
    assert starts
    assert dump[starts[0] :] == own


def test_killed_while_it_equilibrates(argon: Structure, tmp_path: Path) -> None:
    """At most one restart interval is lost, and the random forces are not those of before."""
    md = settings(equilibration_fs=16_000, production_fs=400, restart_stride=200)
    killed_at(650, argon, md, tmp_path)
    result = run_lammps_md(argon, ARGON, md, tmp_path)
    start, rest = result.pieces
    assert rest.first_step == 600
    assert (start.first_step, start.langevin_seed) == (0, md.seed + 1)
    assert rest.langevin_seed == langevin_seed(md, 0, rest.first_step) != start.langevin_seed
    script = (result.directory / "in.lammps").read_text()
    assert f"langevin 60.0 60.0 0.2 {rest.langevin_seed} zero yes" in script
    assert read_pieces(result.directory) == result.pieces
    times = load_trajectory(result.trajectory).times_fs
    np.testing.assert_allclose(times, np.arange(16_000, 16_401, 80))
    thermo = result.thermo_of(1)
    np.testing.assert_allclose(thermo["step"], np.arange(4000, 4101, 10))
    assert thermo["temperature_k"].mean() == pytest.approx(60, rel=0.15)


def test_a_walltime_shorter_than_a_step_still_gets_on(oxide: Structure, tmp_path: Path) -> None:
    """LAMMPS looks at the clock every ten steps, so a chain of pieces comes to its end."""
    slow = potential("lammps_backends:Slow", ["V", "O"])
    md = settings(time_step_fs=1, equilibration_fs=0, production_fs=15, walltime_s=1.0)
    assert not run_lammps_md(oxide, slow, md, tmp_path).is_complete
    rest = run_lammps_md(oxide, slow, md, tmp_path)
    assert rest.is_complete
    assert [piece.first_step for piece in rest.pieces] == [0, 10]


def test_nothing_is_begun_when_the_queue_job_ends(
    argon: Structure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMORPH_DEADLINE", str(time.time() - 1))
    with pytest.raises(WalltimeError, match="not begun"):
        run_lammps_md(argon, ARGON, settings(), tmp_path)
    assert not list(tmp_path.glob("lammps-*/" + LOG_FILE))


def test_what_should_go_on_must_be_there(argon: Structure, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no run of this structure, potential and settings"):
        run_lammps_md(argon, ARGON, settings(), tmp_path, goes_on=True)
    job = run_production(
        ARGON, argon, 60.0, settings(), (1, 1, 1), "here", prev_dir=str(tmp_path / "gone")
    )
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    with pytest.raises(InputError, match="is not a folder on this machine"):
        job.run(store)


def test_resumed_grades_and_saved_configurations_count_once(
    oxide: Structure, tmp_path: Path
) -> None:
    """A run cut back to its first restart, with the last saved configuration torn."""
    start = potential("lammps_backends:Toy", ["Mg", "V", "O"], start=str(oxide.cart_coords[0, 0]))
    md = settings(temperature_k=600, time_step_fs=1, equilibration_fs=0, production_fs=60)
    md = md.model_copy(update={"restart_stride": 30})
    grade = GradeSettings(every=2, select=0.1, stop=None)
    whole = run_lammps_md(oxide, start, md, tmp_path, grade)
    assert whole.saved_file is not None
    saved = [frame.provenance.step for frame in read_cfg(whole.saved_file, TOY.species)]
    grades = read_grades(whole.directory)
    assert saved[0] is not None
    assert saved[0] < 30 < len(saved) * 2
    for restart in whole.directory.glob("restart.*.60"):
        restart.unlink()
    log = whole.directory / LOG_FILE
    log.write_text(log.read_text().replace(FINISHED, ""))
    whole.saved_file.write_bytes(whole.saved_file.read_bytes()[:-100])
    resumed = run_lammps_md(oxide, start, md, tmp_path, grade)
    assert [piece.first_step for piece in resumed.pieces] == [0, 30]
    assert resumed.saved_file is not None
    again = read_cfg(resumed.saved_file, TOY.species)
    assert [frame.provenance.step for frame in again] == saved
    assert resumed.n_saved == len(saved)
    np.testing.assert_allclose(read_grades(resumed.directory), grades, rtol=1e-6)


def test_configuration_that_a_failure_tore_is_dropped_and_told(
    oxide: Structure, tmp_path: Path
) -> None:
    torn = potential(
        "lammps_backends:Torn", ["Mg", "V", "O"], start=str(oxide.cart_coords[0, 0] - 1)
    )
    md = settings(temperature_k=600, time_step_fs=1, equilibration_fs=0, production_fs=200)
    grade = GradeSettings(every=10, select=0.1, stop=None)
    job = explore(torn, oxide, "V2O5", 600.0, md, grade, 1)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    doc = job.run(store).output
    assert "the node is gone" in doc.run.failure
    assert re.search(r"selected\.cfg, line \d+", doc.run.damage)
    assert doc.run.n_saved == len(doc.frames) == 5
    assert [frame.provenance.step for frame in doc.frames] == [0, 10, 20, 30, 40]
