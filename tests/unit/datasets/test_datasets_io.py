"""Frames survive both formats; damage is named with file and line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.io import read

from amorph_flows.datasets import Frame, FrameSet, Provenance
from amorph_flows.datasets.io import iter_cfg, read_cfg, read_extxyz, write_cfg, write_extxyz
from amorph_flows.errors import InputError

ORIGIN = Provenance(
    stage="melt_quench", run="CuAu 900 K, seed 1", temperature_k=900.0, step=5, time_fs=10.5
)


def labelled(seed: int) -> Frame:
    atoms = bulk("Cu", cubic=True).repeat((1, 2, 1))
    atoms.numbers[[1, 4]] = 79
    atoms.set_cell(atoms.cell @ [[1.0, 0.1, 0.0], [0.0, 1.0, 0.03], [0.02, 0.0, 1.0]], True)
    atoms.rattle(0.08, seed=seed)
    atoms.calc = EMT()
    atoms.get_forces()
    atoms.get_stress()
    return Frame.from_atoms(atoms, ORIGIN)


def frames() -> FrameSet:
    one = labelled(1)
    bare = Frame(one.numbers, one.positions * 1.01, one.cell * 1.01)
    two = replace(labelled(2), magmoms=np.linspace(0, 1 / 3, one.n_atoms))
    return FrameSet([one, two.with_provenance(grade=3.25, run="1e5"), bare])


def assert_equal(one: Frame, two: Frame, tolerance: float = 0.0, *more: str) -> None:
    for name in ("numbers", "positions", "cell", "energy_ev", "forces", "stress", *more):
        before, after = getattr(one, name), getattr(two, name)
        assert (before is None) == (after is None), name
        if before is not None:
            np.testing.assert_allclose(after, before, rtol=tolerance, atol=tolerance, err_msg=name)
    assert one.provenance == two.provenance
    assert one.content_hash == two.content_hash


def test_extxyz_round_trip_is_exact(tmp_path: Path) -> None:
    back = read_extxyz(write_extxyz(tmp_path / "frames.extxyz", frames()))
    assert len(back) == 3
    for one, two in zip(frames(), back, strict=True):
        assert_equal(one, two, 0.0, "magmoms")


def test_extxyz_keeps_provenance_of_numpy_numbers_and_of_plain_keys(tmp_path: Path) -> None:
    path = tmp_path / "frames.extxyz"
    write_extxyz(path, [labelled(1).with_provenance(step=np.int64(7), settings_hash="7e12")])
    origin = read_extxyz(path)[0].provenance
    assert (origin.step, origin.settings_hash, origin.run) == (7, "7e12", ORIGIN.run)
    path.write_text('1\nLattice="4 0 0 0 4 0 0 0 4" run="a b" temperature_k=300\nO 0 0 0\n')
    assert read_extxyz(path)[0].provenance == Provenance(run="a b", temperature_k=300)


def test_extxyz_is_what_ase_reads(tmp_path: Path) -> None:
    write_extxyz(tmp_path / "frames.extxyz", frames())
    atoms = read(tmp_path / "frames.extxyz", index=0)
    np.testing.assert_allclose(atoms.get_stress(), frames().to_atoms()[0].get_stress())
    np.testing.assert_array_equal(atoms.get_forces(), frames()[0].forces)


@pytest.mark.parametrize("content", ["", "garbage\n", '2\nLattice="1 0 0 0 1 0 0 0 1"\nO 0 0 0\n'])
def test_damaged_extxyz_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.extxyz"
    path.write_text(content)
    with pytest.raises(InputError, match=r"bad\.extxyz"):
        read_extxyz(path)


def test_molecules_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "molecule.extxyz"
    path.write_text('1\nProperties=species:S:1:pos:R:3 pbc="F F F"\nO 0.0 0.0 0.0\n')
    with pytest.raises(InputError, match=r"configuration 1: .*not periodic"):
        read_extxyz(path)


def test_cfg_round_trip(tmp_path: Path) -> None:
    path = write_cfg(tmp_path / "frames.cfg", frames(), ["Au", "Cu"])
    back = read_cfg(path, ["Au", "Cu"])
    assert len(back) == 3
    for one, two in zip(frames(), back, strict=True):
        assert_equal(one, two, tolerance=1e-15)


def test_cfg_plus_stress_is_the_virial(tmp_path: Path) -> None:
    squeezed = labelled(1)
    squeezed = Frame(
        squeezed.numbers, squeezed.positions, squeezed.cell, 0.0, squeezed.forces, -np.eye(3) * 0.1
    )
    text = write_cfg(tmp_path / "f.cfg", [squeezed], ["Cu", "Au"]).read_text()
    lines = iter(text.splitlines())
    next(line for line in lines if "PlusStress" in line)
    line = next(lines)
    volume = np.linalg.det(squeezed.cell)
    np.testing.assert_allclose([float(x) for x in line.split()][:3], 0.1 * volume)


def test_cfg_agrees_with_motep(tmp_path: Path) -> None:
    motep = pytest.importorskip("motep.io.mlip.cfg", reason="motep is not installed")
    path = write_cfg(tmp_path / "f.cfg", [labelled(1)], ["Au", "Cu"])
    theirs = motep.read_cfg(path, species=["Au", "Cu"])
    np.testing.assert_allclose(theirs.get_stress(), labelled(1).to_atoms().get_stress(), rtol=1e-12)
    np.testing.assert_array_equal(theirs.get_forces(), labelled(1).forces)
    motep.write_cfg(tmp_path / "g.cfg", labelled(1).to_atoms(), species=["Au", "Cu"])
    ours = read_cfg(tmp_path / "g.cfg", ["Au", "Cu"])[0]
    np.testing.assert_allclose(ours.stress, labelled(1).stress, atol=1e-6)
    np.testing.assert_allclose(ours.positions, labelled(1).positions, atol=1e-6)


def test_cfg_of_a_graded_run(tmp_path: Path) -> None:
    path = tmp_path / "selected.cfg"
    path.write_text(
        "BEGIN_CFG\n Size\n    1\n Supercell\n 4 0 0\n 0.5 4 0\n 0 0 4\n"
        " AtomData:  id type cartes_x cartes_y cartes_z nbh_grades\n    1 1 0 1 2 3.5\n"
        " Feature   MV_grade   3.5\n Feature   timestep   120\n Feature   other  x\nEND_CFG\n\n"
    )
    (frame,) = read_cfg(path, ["O", "V"])
    assert (frame.provenance.grade, frame.provenance.step) == (3.5, 120)
    assert frame.numbers.tolist() == [23]
    assert not frame.is_labelled


def test_cfg_is_read_one_by_one(tmp_path: Path) -> None:
    path = write_cfg(tmp_path / "f.cfg", frames(), ["Cu", "Au"])
    path.write_text(path.read_text() + "rubbish\n")
    stream = iter_cfg(path, ["Cu", "Au"])
    assert [next(stream).n_atoms for _ in range(3)] == [8, 8, 8]
    with pytest.raises(InputError, match="BEGIN_CFG"):
        next(stream)


@pytest.mark.parametrize(
    ("line", "replacement", "message"),
    [
        (2, "    eight", "line 3: 'eight' should be the number of atoms"),
        (5, "    0.0 nan 1.0", r"line 6: .* 3 finite numbers"),
        (9, "    2 0 1.0 2.0 3.0", "line 10: .* should be 8 finite numbers"),
        (7, " AtomData: id kind cartes_x cartes_y cartes_z fx fy fz", "no AtomData with types"),
        (9, "    2 7 1.0 2.0 3.0 0.0 0.0 0.0", "types 0 to 7, but 2 species are given"),
        (16, " Energie", "line 17: unknown keyword 'energie'"),
    ],
)
def test_damaged_cfg_names_the_line(
    tmp_path: Path, line: int, replacement: str, message: str
) -> None:
    path = write_cfg(tmp_path / "bad.cfg", [labelled(1)], ["Cu", "Au"])
    lines = path.read_text().splitlines()
    lines[line] = replacement
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=rf"bad\.cfg, line .*{message}|bad\.cfg, {message}"):
        read_cfg(path, ["Cu", "Au"])


def test_truncated_absent_and_foreign_cfg(tmp_path: Path) -> None:
    path = write_cfg(tmp_path / "f.cfg", frames(), ["Cu", "Au"])
    path.write_text(path.read_text()[:-200])
    with pytest.raises(InputError, match="truncated"):
        read_cfg(path, ["Cu", "Au"])
    with pytest.raises(InputError, match="cannot be read"):
        read_cfg(tmp_path / "absent.cfg", ["Cu"])
    with pytest.raises(InputError, match="holds Au, which is not among"):
        write_cfg(tmp_path / "h.cfg", frames(), ["Cu"])
    with pytest.raises(InputError, match="distinct element symbols"):
        read_cfg(path, ["Cu", "Cu"])
