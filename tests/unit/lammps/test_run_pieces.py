"""Files of a LAMMPS run in pieces, without running it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from amorph_flows.datasets.cfg import read_cfg, write_cfg
from amorph_flows.datasets.frames import Frame, Provenance
from amorph_flows.lammps import LammpsMD
from amorph_flows.lammps._grades import append_grade, cut_grades, read_grades
from amorph_flows.lammps._result import read_result
from amorph_flows.lammps._run_pieces import add_piece, langevin_seed, read_pieces
from amorph_flows.lammps.input import commands
from amorph_flows.lammps.run_files import DUMP_FILE, LOG_FILE, Restart
from amorph_flows.lammps.saved_configurations import count_saved, cut_saved
from amorph_flows.schemas.production_md import MDPiece
from amorph_flows.structures.configuration import to_structure

MD = LammpsMD.held(300, 200, equilibration_fs=40, thermo_stride=10, frame_stride=20, seed=7)


def test_each_piece_has_a_seed_of_its_own() -> None:
    seeds = [langevin_seed(MD, 0, step) for step in range(20)]
    assert seeds[0] == 8
    assert len(set(seeds)) == 20
    assert all(seed is not None and 0 < seed <= 900_000_000 for seed in seeds)
    assert langevin_seed(MD, 1, 20) is None
    assert langevin_seed(MD.model_copy(update={"seed": 8}), 0, 5) != seeds[5]
    lines = commands(MD, [], 100.0, Restart(0, 5, Path("restart.0.5")))
    [line] = [w for w in lines if "langevin" in w]
    assert line.endswith(f" {seeds[5]} zero yes")


def test_pieces_are_noted(tmp_path: Path) -> None:
    assert read_pieces(tmp_path) == ()
    for stage, step in ((0, 0), (0, 30), (1, 30), (1, 60), (1, 30)):
        add_piece(tmp_path, MDPiece(stage=stage, first_step=step, langevin_seed=step + 1))
    places = [(piece.stage, piece.first_step) for piece in read_pieces(tmp_path)]
    assert places == [(0, 0), (0, 30), (1, 30)]


def saved(step: int) -> Frame:
    return Frame(
        numbers=np.array([8, 23]),
        positions=np.array([[0.1, 0.2, 0.3], [1.5, 2.5, 0.01 * step]]),
        cell=5 * np.eye(3),
        provenance=Provenance(step=step, grade=3.0),
    )


def as_the_pair_style(text: str) -> str:
    """Return configurations as the pair style writes them, the step as a feature of its own."""
    lines = []
    for line in text.splitlines():
        if "provenance" in line:
            step = json.loads(line.split(maxsplit=2)[2])["step"]
            lines.append(f" Feature   timestep   {step}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("torn", [0, 5, 60, 200])
def test_saved_configurations_are_cut_back(tmp_path: Path, ours: bool, torn: int) -> None:
    file = tmp_path / "selected.cfg"
    assert count_saved(file) == 0
    cut_saved(file, 10)
    write_cfg(file, [saved(step) for step in (10, 20, 30, 40)], ["O", "V"])
    text = file.read_text() if ours else as_the_pair_style(file.read_text())
    file.write_text(text[: len(text) - torn])
    assert count_saved(file) == (4 if torn < 5 else 3)
    cut_saved(file, 100)
    assert len(read_cfg(file, ["O", "V"])) == (4 if torn < 5 else 3)
    cut_saved(file, 30)
    kept = read_cfg(file, ["O", "V"])
    assert [frame.provenance.step for frame in kept] == [10, 20]
    np.testing.assert_array_equal(kept[1].positions, saved(20).positions)


def test_grades_are_cut_back(tmp_path: Path) -> None:
    cut_grades(tmp_path, 5)
    for step in (0, 10, 20):
        append_grade(tmp_path, step, 0.5 * step)
    with (tmp_path / "grades.txt").open("a") as file:
        file.write("30 ")
    cut_grades(tmp_path, 20)
    append_grade(tmp_path, 20, 7.0)
    np.testing.assert_allclose(read_grades(tmp_path), [[0, 0], [10, 5], [20, 7]])


def test_thermo_of_a_stop_between_two_lines_has_no_line_too_many(tmp_path: Path) -> None:
    """LAMMPS writes the step that a piece begins at, wherever that is."""

    def piece(steps: list[int], stage: int) -> str:
        rows = "".join(f"{step:10d}" + " 1.0" * 19 + "\n" for step in steps)
        header = " ".join(["Step", *["x"] * 19])
        return f"amorph stage {stage}\n{header}\n{rows}Loop time of 1 on 1\n"

    log = piece([0, 10, 20], 0) + piece([20, 30, 40], 1) + piece([47, 50, 60], 1)
    log += piece([63, 70, 80], 1) + piece([80, 90, 100, 110, 120], 1)
    (tmp_path / LOG_FILE).write_text(log)
    (tmp_path / DUMP_FILE).touch()
    start = to_structure(saved(0).to_atoms())
    result = read_result(tmp_path, start, MD, ["O", "V"], None)
    np.testing.assert_array_equal(result.thermo_of(0)["step"], [0, 10, 20])
    np.testing.assert_array_equal(result.thermo_of(1)["step"], np.arange(20, 121, 10))
    assert result.reached_fs == 240
