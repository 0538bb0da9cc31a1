"""What LAMMPS reads and writes, without running it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.io.lammpsdata import read_lammps_data
from pydantic import ValidationError

from amorph_flows.analysis import read_trajectory
from amorph_flows.errors import InputError, TrajectoryError
from amorph_flows.lammps import NPT, NVE, NVT, Deform, LammpsMD, Minimise, load_trajectory
from amorph_flows.lammps._grades import append_grade, read_grades, summarise
from amorph_flows.lammps._log import (
    has_finished,
    is_complete,
    last_lines,
    last_stage,
    last_step,
    read_thermo,
)
from amorph_flows.lammps._restart import cut_dump, last_restart, prune_restarts
from amorph_flows.lammps._stage_commands import first_new_frame
from amorph_flows.lammps.dump import reference_of
from amorph_flows.lammps.input import commands, write_data
from amorph_flows.lammps.run_files import COMPLETE, DUMP_FILE, FINISHED, Restart

MD = LammpsMD.held(300, 10_000, equilibration_fs=2000)
RUN = "run 6000 upto start 1000 stop 6000"
PAIR = ["plugin load mtp.so", "pair_style mtp", "pair_coeff * * a.mtp 0 1"]


def frame(step: int, rows: str = "1 2 0.1 0.2 0.3\n2 1 1.5 -2.5 30.0\n") -> str:
    return (
        f"ITEM: UNITS\nmetal\nITEM: TIME\n{step * 0.002}\nITEM: TIMESTEP\n{step}\n"
        "ITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n"
        "-1.0 11.0 1.0\n0.0 9.5 -1.0\n0.0 10.0 0.5\nITEM: ATOMS id type xu yu zu\n" + rows
    )


def log_line(step: int, temperature: float = 300.0) -> str:
    cell = "10 9 8 0.3 0.2 0.1"
    tensor = "10000 20000 30000 4000 5000 6000"
    return f"{step:10d} {temperature:.1f} -5.5 1.0 20000 -4.4 720 2.5 {tensor} {cell} \n"


HEADER = (
    "   Step Temp PotEng KinEng Press Enthalpy Volume Density "
    "Pxx Pyy Pzz Pyz Pxz Pxy Lx Ly Lz Yz Xz Xy\n"
)


def log_piece(start: int, stop: int, offset: float = 0.0, stage: int = 0) -> str:
    rows = "".join(log_line(step, 300 + offset) for step in range(start, stop + 1, 10))
    mark = f'print "amorph stage {stage}"\namorph stage {stage}\n'
    return f"LAMMPS (22 Jul 2025)\n{mark}{HEADER}{rows}Loop time of 1 on 1\n"


def written(md: LammpsMD, restart: Restart | None = None, **more: Any) -> list[str]:
    return commands(md, PAIR, 720.0, restart, **more)


def starting(lines: list[str], *words: str) -> list[str]:
    return [line for line in lines if line.startswith(words)]


def test_a_new_run_heats_then_produces() -> None:
    lines = written(MD)
    assert starting(lines, "run ") == ["run 1000 upto start 0 stop 1000", RUN]
    assert "fix heat all langevin 300.0 300.0 0.2 1 zero yes" in lines
    assert "fix stage1 all nvt temp 300.0 300.0 0.2" in lines
    assert starting(lines, "timestep") == ["timestep 0.002"] * 2
    assert "neighbor 0.5 bin" in lines
    assert starting(lines, "velocity all create") == [
        "velocity all create 300.0 1 mom yes rot no dist gaussian"
    ]
    assert lines.index("plugin load mtp.so") < lines.index("read_data start.data")
    assert lines.index("read_data start.data") < lines.index("pair_style mtp")
    assert lines[-1] == f'print "{FINISHED}"'
    assert written(MD, has_velocities=True) == lines
    kept = LammpsMD(stages=(NVT(temperature_k=300, duration_fs=10),))
    assert starting(written(kept), "velocity all create")
    assert not starting(written(kept, has_velocities=True), "velocity all create")


def test_drift_is_removed_unless_it_is_left() -> None:
    removed = written(MD)
    left = written(MD.model_copy(update={"remove_drift": False}))
    assert [line for line in removed if line not in left] == [
        "fix heat all langevin 300.0 300.0 0.2 1 zero yes",
        "velocity all zero linear",
    ]
    assert [line for line in left if line not in removed] == [
        "fix heat all langevin 300.0 300.0 0.2 1 zero no"
    ]


@pytest.mark.parametrize(
    ("stage", "step", "runs"),
    [
        (0, 500, ["run 1000 upto start 0 stop 1000", RUN]),
        (1, 1000, [RUN]),
        (1, 4000, [RUN]),
        (2, 6000, []),
    ],
)
def test_a_resumed_run_has_only_its_rest(stage: int, step: int, runs: list[str]) -> None:
    path = Path(f"restart.{stage}.{step}")
    lines = written(MD, Restart(stage, step, path))
    assert starting(lines, "run ") == runs
    assert lines.index("plugin load mtp.so") < lines.index(f"read_restart {path}")
    assert not starting(lines, "velocity all create", "read_data")


def test_ramps_keep_their_place_and_barostats_their_pressure() -> None:
    cooling = NPT(
        temperature_k=3000,
        end_temperature_k=300,
        end_pressure_gpa=2,
        duration_fs=2000,
        time_step_fs=1,
        coupling="axes",
        barostat_damping_fs=500,
    )
    md = LammpsMD(stages=(NVT(temperature_k=3000, duration_fs=100), cooling))
    lines = written(md, Restart(1, 900, Path("restart.1.900")))
    assert "fix stage1 all npt temp 3000.0 300.0 0.2 aniso 0 20000 0.5" in lines
    assert starting(lines, "run ") == ["run 2050 upto start 50 stop 2050"]
    assert starting(lines, "timestep") == ["timestep 0.001"]
    assert [line.split()[6] for line in starting(lines, "fix collapse", "fix burst")] == ["<", ">"]
    assert not starting(written(MD), "fix collapse", "fix burst")


def test_velocities_of_a_later_stage_are_as_asked() -> None:
    def drawn(how: str | None) -> list[str]:
        second = NVT.model_validate({"temperature_k": 900, "duration_fs": 10, "velocities": how})
        md = LammpsMD(stages=(NVT(temperature_k=300, duration_fs=10, velocities="keep"), second))
        return [line.split()[2] for line in starting(written(md), "velocity")]

    assert drawn(None) == drawn("keep") == []
    assert drawn("scale") == ["scale"]
    assert drawn("draw") == ["create"]
    still = LammpsMD(stages=(Minimise(), NVT(temperature_k=300, duration_fs=10)))
    assert len(starting(written(still, has_velocities=True), "velocity all create")) == 1


def test_frames_that_two_stages_share_are_written_once() -> None:
    """At step 10 of one stage and the next; not at its own first step where there was none."""
    kept = NVT(temperature_k=300, duration_fs=20, frame_stride=5)
    bare = NVT(temperature_k=300, duration_fs=20)
    delayed = "dump_modify frames delay 11"
    assert delayed in written(LammpsMD(stages=(kept, kept)))
    assert delayed in written(LammpsMD(stages=(kept, Minimise(), kept)))
    assert delayed not in written(LammpsMD(stages=(bare, kept)))
    md = LammpsMD(stages=(kept, kept))
    assert delayed in written(md, Restart(1, 10, Path("r")))
    assert not starting(written(md, Restart(1, 13, Path("r"))), "dump_modify frames delay")
    assert [first_new_frame(md, 1, step) for step in (10, 13)] == [11, 13]


def test_a_strained_cell_goes_on_at_the_rate_of_its_first_length() -> None:
    strain = (0.1, 0, 0, 0, 0, 0.05)
    md = LammpsMD(stages=(Deform(temperature_k=300, duration_fs=2000, strain=strain),))
    whole, half = (written(md, r) for r in (None, Restart(0, 500, Path("restart.0.500"))))
    assert "fix strain all deform 1 x vel $(lx/1*0.05) xy vel $(ly/1*0.025) remap x" in whole
    assert "fix strain all deform 1 x vel $(lx/1.05*0.05) xy vel $(ly/1*0.025) remap x" in half


def test_walltime_becomes_a_timer() -> None:
    timed = written(MD.model_copy(update={"walltime_s": 3725.0}))
    assert "timer timeout 01:02:05 every 10" in timed


def test_times_go_on_through_stages() -> None:
    fine = NVE(temperature_k=300, duration_fs=10, time_step_fs=0.5)
    md = LammpsMD(stages=(fine, Minimise(), NVT(temperature_k=300, duration_fs=30)))
    assert md.first_steps == (0, 20, 20, 35)
    assert [md.time_fs(*place) for place in ((0, 4), (1, 20), (2, 20), (2, 25))] == [2, 10, 10, 20]
    assert md.duration_fs == 40


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ({"kind": "nvt", "temperature_k": -1, "duration_fs": 10}, "temperature_k"),
        ({"kind": "nvt", "temperature_k": 9, "duration_fs": 10, "time_step_fs": 0}, "time_step_fs"),
        ({"kind": "nvt", "temperature_k": 9, "duration_fs": 0}, "duration_fs"),
        ({"kind": "nvt", "temperature_k": 9, "duration_fs": 0.4}, "at least one step"),
        ({"kind": "nvt", "temperature_k": 9, "duration_fs": 9, "damping_fs": -1}, "damping_fs"),
        ({"kind": "nvt", "temperature_k": 9, "duration_fs": 9, "pressure_gpa": 1}, "pressure_gpa"),
        ({"kind": "npt", "temperature_k": 9, "duration_fs": 9, "coupling": "cubic"}, "isotropic"),
        (
            {"kind": "npt", "temperature_k": 9, "duration_fs": 9, "barostat_damping_fs": -2},
            "barostat_damping_fs",
        ),
        ({"kind": "nve", "temperature_k": 9, "end_temperature_k": 3, "duration_fs": 9}, "damping"),
        ({"kind": "minimise", "temperature_k": 9}, "temperature_k"),
        (
            {"kind": "deform", "temperature_k": 9, "duration_fs": 9, "strain": (-1, 0, 0, 0, 0, 0)},
            "shrink to nothing",
        ),
        ({"kind": "melt", "temperature_k": 9}, "'nvt'"),
    ],
)
def test_impossible_stages_are_refused(stage: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LammpsMD.model_validate({"stages": [stage]})


def test_a_seed_that_lammps_refuses_is_refused() -> None:
    with pytest.raises(ValidationError, match="seed"):
        LammpsMD(stages=MD.stages, seed=900_000_000)
    with pytest.raises(ValidationError, match="stages"):
        LammpsMD(stages=())


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
    for name in ("0.100", "0.2000", "1.2000", "1.9000", "1.10000"):
        (tmp_path / f"restart.{name}").write_bytes(magic + bytes(500) + magic)
    (tmp_path / "restart.2.10000").write_bytes(magic + bytes(500))
    assert last_restart(tmp_path) == Restart(1, 10000, tmp_path / "restart.1.10000")
    prune_restarts(tmp_path)
    left = ["restart.1.10000", "restart.1.9000", "restart.2.10000"]
    assert sorted(p.name for p in tmp_path.iterdir()) == left
    for name in left[:2]:
        (tmp_path / name).unlink()
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
    np.testing.assert_allclose(thermo["volume_a3"], 720)
    np.testing.assert_allclose(thermo["enthalpy_ev"], -4.4)
    np.testing.assert_allclose(thermo["density_g_cm3"], 2.5)
    tensor = [[1, 0.6, 0.5], [0.6, 2, 0.4], [0.5, 0.4, 3]]
    np.testing.assert_allclose(thermo["pressure_tensor_gpa"][3], tensor)
    np.testing.assert_allclose(thermo["cells_a"][3], [[10, 0, 0], [0.1, 9, 0], [0.2, 0.3, 8]])
    assert last_step(path) == 200
    assert not has_finished(path)
    path.write_text(path.read_text() + f"{FINISHED}\nTotal wall time: 0:00:01\n")
    assert has_finished(path)
    assert not is_complete(path)
    assert last_lines(path, 1) == "Total wall time: 0:00:01"


def test_log_of_two_stages_has_both_at_the_seam(tmp_path: Path) -> None:
    """A stage that was killed and begun again counts once."""
    path = tmp_path / "log.lammps"
    killed = log_piece(50, 80, stage=1).rsplit("Loop", 1)[0]
    path.write_text(log_piece(0, 50) + killed + log_piece(50, 70, stage=1))
    thermo = read_thermo(path)
    np.testing.assert_array_equal(thermo["stage"], [0] * 6 + [1] * 3)
    np.testing.assert_array_equal(thermo["step"], [*range(0, 51, 10), 50, 60, 70])
    assert last_stage(path) == 1
    path.write_text(path.read_text() + f"{COMPLETE}\n{FINISHED}\n")
    assert is_complete(path)


def test_a_log_that_says_nothing(tmp_path: Path) -> None:
    assert len(read_thermo(tmp_path / "none")["step"]) == 0
    assert last_step(tmp_path / "none") == last_stage(tmp_path / "none") == 0
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
