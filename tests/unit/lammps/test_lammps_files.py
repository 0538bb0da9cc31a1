"""What LAMMPS reads and writes, without running it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io.lammpsdata import read_lammps_data
from pydantic import ValidationError

from amorph_flows.analysis import read_trajectory
from amorph_flows.errors import InputError, TrajectoryError
from amorph_flows.lammps import LammpsMD, load_trajectory
from amorph_flows.lammps._grades import append_grade, read_grades, summarise
from amorph_flows.lammps._log import has_finished, last_lines, last_step, read_thermo
from amorph_flows.lammps._restart import cut_dump, last_restart, prune_restarts
from amorph_flows.lammps.dump import reference_of
from amorph_flows.lammps.input import DUMP_FILE, FINISHED, commands, write_data

MD = LammpsMD(temperature_k=300, equilibration_fs=2000, production_fs=10_000)
PAIR = ["plugin load mtp.so", "pair_style mtp", "pair_coeff * * a.mtp 0 1"]


def frame(step: int, rows: str = "1 2 0.1 0.2 0.3\n2 1 1.5 -2.5 30.0\n") -> str:
    return (
        f"ITEM: UNITS\nmetal\nITEM: TIME\n{step * 0.002}\nITEM: TIMESTEP\n{step}\n"
        "ITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
        "-1.0 11.0 1.0\n0.0 9.5 -1.0\n0.0 10.0 0.5\nITEM: ATOMS id type xu yu zu\n" + rows
    )


def log_piece(start: int, stop: int, offset: float = 0.0) -> str:
    rows = "".join(
        f"{step:10d} {300 + offset:.1f} -5.5 1.0 20000 \n" for step in range(start, stop + 1, 10)
    )
    return (
        "LAMMPS (22 Jul 2025)\n   Step Temp PotEng KinEng Press\n" + rows + "Loop time of 1 on 1\n"
    )


def test_a_new_run_heats_then_produces() -> None:
    lines = commands(MD, PAIR, None)
    runs = [line for line in lines if line.startswith("run ")]
    assert runs == ["run 1000 upto", "run 6000 upto"]
    assert "fix heat all langevin 300.0 300.0 0.2 1 zero yes" in lines
    assert "fix move all nvt temp 300.0 300.0 0.2" in lines
    assert "timestep 0.002" in lines
    assert "neighbor 0.5 bin" in lines
    assert "velocity all create 300.0 1 mom yes rot no dist gaussian" in lines
    assert lines.index("plugin load mtp.so") < lines.index("read_data start.data")
    assert lines.index("read_data start.data") < lines.index("pair_style mtp")
    assert lines[-1] == f'print "{FINISHED}"'


def test_drift_is_removed_unless_it_is_left() -> None:
    removed = commands(MD, PAIR, None)
    left = commands(MD.model_copy(update={"remove_drift": False}), PAIR, None)
    assert [line for line in removed if line not in left] == [
        "fix heat all langevin 300.0 300.0 0.2 1 zero yes",
        "velocity all zero linear",
    ]
    assert [line for line in left if line not in removed] == [
        "fix heat all langevin 300.0 300.0 0.2 1 zero no"
    ]


@pytest.mark.parametrize(
    ("step", "runs", "append"),
    [(500, ["run 1000 upto", "run 6000 upto"], "no"), (4000, ["run 6000 upto"], "yes")],
)
def test_a_resumed_run_has_only_its_rest(step: int, runs: list[str], append: str) -> None:
    lines = commands(MD, PAIR, (step, Path(f"restart.{step}")))
    assert [line for line in lines if line.startswith("run ")] == runs
    assert lines.index("plugin load mtp.so") < lines.index(f"read_restart restart.{step}")
    assert not any(line.startswith(("velocity all create", "read_data")) for line in lines)
    assert any(line.endswith(f"append {append}") for line in lines)


def test_walltime_becomes_a_timer() -> None:
    timed = commands(MD.model_copy(update={"walltime_s": 3725.0}), PAIR, None)
    assert "timer timeout 01:02:05 every 10" in timed


@pytest.mark.parametrize("field", ["temperature_k", "time_step_fs", "production_fs", "damping_fs"])
def test_impossible_settings_are_refused(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        LammpsMD.model_validate({"temperature_k": 300, "production_fs": 10, field: -1.0})


def test_a_seed_that_lammps_refuses_is_refused() -> None:
    with pytest.raises(ValidationError, match="seed"):
        LammpsMD(temperature_k=300, production_fs=10, seed=900_000_000)


def test_data_file_keeps_distances_of_a_skewed_cell(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cell = np.array([[5, 1, 0.3], [-2, 6, 0.1], [0.4, 2.9, 7]])
    atoms = Atoms("MgVO2", cell=cell, scaled_positions=rng.random((4, 3)), pbc=True)
    write_data(tmp_path / "a.data", atoms, ["Mg", "V", "O"])
    back = read_lammps_data(tmp_path / "a.data", atom_style="atomic")
    assert back.get_chemical_symbols() == ["Mg", "V", "O", "O"]
    assert back.get_volume() == pytest.approx(atoms.get_volume())
    np.testing.assert_allclose(
        back.get_all_distances(mic=True), atoms.get_all_distances(mic=True), atol=1e-10
    )


def test_data_file_holds_the_charges_of_the_elements(tmp_path: Path) -> None:
    atoms = Atoms("NaCl", cell=[5, 5, 5], scaled_positions=[[0, 0, 0], [0.5] * 3], pbc=True)
    write_data(tmp_path / "a.data", atoms, ["Cl", "Na"], {"Na": 0.6, "Cl": -0.6})
    back = read_lammps_data(tmp_path / "a.data", atom_style="charge")
    np.testing.assert_allclose(back.get_initial_charges(), [0.6, -0.6])
    assert "atom_style charge" in commands(MD, PAIR, None, atom_style="charge")


def test_charges_that_do_not_balance_are_refused_with_their_terms(tmp_path: Path) -> None:
    atoms = Atoms("NaCl2", cell=[5, 5, 5], pbc=True)
    with pytest.raises(InputError, match=r"1 Na of \+0.6, 2 Cl of -0.6 add up to -0.6 e"):
        write_data(tmp_path / "a.data", atoms, ["Cl", "Na"], {"Na": 0.6, "Cl": -0.6})
    assert not (tmp_path / "a.data").exists()


def test_dump_gives_times_cells_and_species(tmp_path: Path) -> None:
    path = tmp_path / DUMP_FILE
    path.write_text(frame(0) + frame(50))
    trajectory = load_trajectory(reference_of(path, ["O", "V"]), 300)
    np.testing.assert_allclose(trajectory.times_fs, [0, 100])
    np.testing.assert_allclose(trajectory.cells[0], [[10, 0, 0], [1, 9, 0], [-1, 0.5, 10]])
    assert trajectory.numbers.tolist() == [23, 8]
    np.testing.assert_allclose(trajectory.positions[1, 1], [1.5, -2.5, 30])
    assert trajectory.temperature_k == 300


@pytest.mark.parametrize("cut", [1, 30, 100, 170])
def test_a_frame_cut_off_at_the_end_is_not_read(tmp_path: Path, cut: int) -> None:
    path = tmp_path / DUMP_FILE
    path.write_text((frame(0) + frame(50))[:-cut])
    reference = reference_of(path, ["O", "V"])
    assert reference.n_frames == 1
    assert load_trajectory(reference).times_fs.tolist() == [0]


def test_changed_or_lost_trajectories_are_refused(tmp_path: Path) -> None:
    path = tmp_path / DUMP_FILE
    empty = reference_of(path, ["O"])
    assert empty.n_frames == 0
    with pytest.raises(TrajectoryError, match="no whole frame"):
        load_trajectory(empty)
    path.write_text(frame(0))
    with pytest.raises(TrajectoryError, match="not the file"):
        load_trajectory(empty)
    path.unlink()
    with pytest.raises(TrajectoryError, match="does not exist any more"):
        load_trajectory(empty)


def test_cut_dump_drops_what_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / DUMP_FILE
    text = "".join(frame(step) for step in (0, 50, 100, 150))
    path.write_text(text + frame(200)[:60])
    cut_dump(tmp_path, 100)
    assert path.read_text() == frame(0) + frame(50)
    np.testing.assert_allclose(read_trajectory(path, species=["O", "V"]).times_fs, [0, 100])


def test_newest_whole_restart_is_used_and_old_ones_go(tmp_path: Path) -> None:
    magic = b"LammpS RestartT"
    for step in (100, 200, 1000, 900):
        (tmp_path / f"restart.{step}").write_bytes(magic + bytes(500) + magic)
    (tmp_path / "restart.1100").write_bytes(magic + bytes(500))
    assert last_restart(tmp_path) == (1000, tmp_path / "restart.1000")
    prune_restarts(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["restart.1000", "restart.1100"]
    (tmp_path / "restart.1000").unlink()
    assert last_restart(tmp_path) is None


def test_log_in_pieces_is_one_table(tmp_path: Path) -> None:
    path = tmp_path / "log.lammps"
    first = log_piece(0, 100)
    broken = log_piece(100, 180).rsplit("Loop", 1)[0]
    path.write_text(first + "WARNING: something\n" + broken + log_piece(150, 200, offset=5))
    thermo = read_thermo(path)
    np.testing.assert_allclose(thermo["step"], np.arange(0, 201, 10))
    np.testing.assert_allclose(thermo["temperature_k"][15:], 305)
    np.testing.assert_allclose(thermo["temperature_k"][:15], 300)
    np.testing.assert_allclose(thermo["pressure_gpa"], 2.0)
    assert last_step(path) == 200
    assert not has_finished(path)
    path.write_text(path.read_text() + f"{FINISHED}\nTotal wall time: 0:00:01\n")
    assert has_finished(path)
    assert last_lines(path, 1) == "Total wall time: 0:00:01"


def test_a_log_that_says_nothing(tmp_path: Path) -> None:
    assert len(read_thermo(tmp_path / "none")["step"]) == 0
    assert last_step(tmp_path / "none") == 0
    assert last_lines(tmp_path / "none") == ""


def test_grades_count_each_step_once(tmp_path: Path) -> None:
    for step, grade in ((0, 0.5), (10, 2.5), (20, 9.0), (10, 3.0), (20, 1.5)):
        append_grade(tmp_path, step, grade)
    grades = read_grades(tmp_path)
    np.testing.assert_allclose(grades, [[0, 0.5], [10, 3.0], [20, 1.5]])
    summary = summarise(grades, select=2.0, stop=2.9)
    assert (summary.max_grade, summary.broke) == (3.0, True)
    assert summary.fraction_above_select == pytest.approx(1 / 3)
    assert summarise(grades, 2.0, 3.0).broke is False
    assert summarise(np.empty((0, 2)), 2, 10).max_grade is None
