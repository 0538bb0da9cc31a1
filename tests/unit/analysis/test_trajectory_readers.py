"""Every reader gives back what was written, in time order, or says why it cannot."""

import gzip

import ase.io
import numpy as np
import pytest
from ase import Atoms
from pymatgen.core import Lattice, Structure
from pymatgen.core.trajectory import Trajectory as PmgTrajectory

from amorph_flows.analysis import read_trajectory
from amorph_flows.analysis.readers._lammps_dump import read_lammps_dump
from amorph_flows.errors import InputError, TrajectoryError

CELL = np.array([[8.0, 0.0, 0.0], [1.0, 9.0, 0.0], [-0.5, 0.7, 10.0]])
SYMBOLS = ["Mg", "V", "V", "O", "O", "O"]
N_FRAMES = 7


@pytest.fixture
def positions():
    rng = np.random.default_rng(0)
    start = rng.random((6, 3)) @ CELL
    return start + np.cumsum(rng.normal(0, 0.05, (N_FRAMES, 6, 3)), axis=0)


def frames_of(positions):
    return [Atoms(SYMBOLS, positions=p, cell=CELL, pbc=True) for p in positions]


def dump_text(
    positions, steps, cells=None, columns="id element x y z", order=None, gap="", header=""
):
    """Write a dump as LAMMPS does, its bounding box around a triclinic cell."""
    lines = []
    for i, (position, step) in enumerate(zip(positions, steps, strict=True)):
        cell = CELL if cells is None else cells[i]
        xy, xz, yz = cell[1, 0], cell[2, 0], cell[2, 1]
        low = (min(0, xy, xz, xy + xz), min(0, yz), 0)
        high = (cell[0, 0] + max(0, xy, xz, xy + xz), cell[1, 1] + max(0, yz), cell[2, 2])
        lines += [header.format(time=step * 0.002)] if header else []
        lines += ["ITEM: TIMESTEP", str(step)] if not header else []
        lines += ["ITEM: NUMBER OF ATOMS", "6", "ITEM: BOX BOUNDS xy xz yz pp pp pp"]
        lines += [
            f"{a:.10f} {b:.10f} {tilt:.10f}"
            for a, b, tilt in zip(low, high, (xy, xz, yz), strict=True)
        ]
        lines.append(f"ITEM: ATOMS {columns} ")
        fractional = position @ np.linalg.inv(cell)
        for j in range(6) if order is None else order[i]:
            values = {
                "id": j + 1,
                "element": SYMBOLS[j],
                "type": {"Mg": 1, "V": 2, "O": 3}[SYMBOLS[j]],
                **dict(zip(("x", "y", "z"), position[j], strict=True)),
                **dict(zip(("xu", "yu", "zu"), position[j], strict=True)),
                **dict(zip(("xs", "ys", "zs"), fractional[j], strict=True)),
            }
            words = [
                f"{values[c]:.10f}" if isinstance(values[c], float) else str(values[c])
                for c in columns.split()
            ]
            lines.append(gap + f" {gap}".join(words) + " ")
    return "\n".join(lines) + "\n"


def check(trajectory, positions, spacing=20.0):
    assert trajectory.positions == pytest.approx(positions, abs=1e-5)
    assert trajectory.cells == pytest.approx(np.broadcast_to(CELL, (len(positions), 3, 3)))
    assert trajectory.numbers.tolist() == [12, 23, 23, 8, 8, 8]
    assert np.diff(trajectory.times_fs) == pytest.approx([spacing] * (len(positions) - 1))


@pytest.mark.parametrize(
    "columns", ["id element x y z", "id type xs ys zs", "element xu yu zu id", "id type x y z"]
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_lammps_dump(tmp_path, positions, columns, suffix):
    text = dump_text(positions, range(0, 70, 10), columns=columns)
    path = tmp_path / f"run.dump{suffix}"
    path.write_bytes(gzip.compress(text.encode()) if suffix else text.encode())
    found = read_trajectory(path, time_step_fs=2.0, temperature_k=900, species=["Mg", "V", "O"])
    check(found, positions)
    assert found.temperature_k == 900
    assert found.source["unwrapped"] == ("xu" in columns)
    assert found.source["order"] == "step number"


def test_lammps_dump_with_atoms_in_any_order(tmp_path, positions):
    rng = np.random.default_rng(1)
    order = [rng.permutation(6) for _ in range(N_FRAMES)]
    path = tmp_path / "run.lammpstrj"
    path.write_text(dump_text(positions, range(0, 70, 10), order=order))
    check(read_trajectory(path, time_step_fs=2.0), positions)


def test_lammps_dump_with_padded_columns(tmp_path, positions):
    path = tmp_path / "run.dump"
    path.write_text(dump_text(positions, range(0, 70, 10), gap="  "))
    check(read_trajectory(path, time_step_fs=2.0), positions)


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("batch", [1, 7, 333, 1000])
def test_lammps_dump_in_many_batches(tmp_path, positions, batch, suffix, timed):
    path = tmp_path / f"run.dump{suffix}"
    text = dump_text(positions, range(0, 70, 10))
    write(path, with_times(text) if timed else text)
    blocks = list(read_lammps_dump(path, batch_bytes=batch))
    assert len(blocks) > 1
    whole = read_trajectory(path, time_step_fs=2.0)
    np.testing.assert_array_equal(np.concatenate([b.positions for b in blocks]), whole.positions)
    assert np.concatenate([b.order for b in blocks]).tolist() == list(range(0, 70, 10))


@pytest.mark.parametrize("timed", [False, True])
def test_a_dump_that_was_cut_anywhere_and_goes_on(tmp_path, positions, timed):
    """A kill cuts a frame after any byte, and the next run appends to what is there."""
    text = dump_text(positions[:5], range(0, 50, 10))
    text = with_times(text) if timed else text
    at = [i for i in range(len(text)) if text.startswith("ITEM: TIME" if timed else "ITEM:", i)]
    first, second = (at[4], at[6]) if timed else (at[8], at[12])
    path = tmp_path / "run.dump"
    for cut in range(first, second):
        path.write_text(text[:cut] + text[second:])
        found = read_trajectory(path, time_step_fs=2.0)
        assert found.times_fs.tolist() == [0, 20, 60, 80], text[first:cut]


def test_lammps_dump_with_changing_cells(tmp_path, positions):
    cells = CELL * np.linspace(1, 1.1, N_FRAMES)[:, None, None]
    path = tmp_path / "run.dump"
    path.write_text(dump_text(positions, range(N_FRAMES), cells=cells))
    found = read_trajectory(path, time_step_fs=1.0)
    assert found.cells == pytest.approx(cells)
    assert found.positions == pytest.approx(positions, abs=1e-6)


def with_times(text, units="metal", ps_per_step=0.002):
    """Return a dump as ``dump_modify time yes units yes`` writes it: units once, time each."""
    head, *parts = text.split("ITEM: TIMESTEP\n")
    for part in parts:
        step, _, rest = part.partition("\n")
        head += f"ITEM: TIME\n{int(step) * ps_per_step:.16g}\nITEM: TIMESTEP\n{step}\n{rest}"
    return (f"ITEM: UNITS\n{units}\n" if units else "") + head


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_lammps_dump_that_tells_its_time(tmp_path, positions, suffix):
    text = dump_text(positions, range(0, 70, 10))
    path = tmp_path / f"run.dump{suffix}"
    write(path, with_times(text))
    check(read_trajectory(path), positions)
    write(path, with_times(text, "real", 2.0))
    check(read_trajectory(path), positions)
    write(path, with_times(text, "lj"))
    with pytest.raises(TrajectoryError, match="units are lj"):
        read_trajectory(path)


def write(path, text):
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_a_restarted_dump_tells_its_units_again(tmp_path, positions):
    path = tmp_path / "run.dump"
    first = with_times(dump_text(positions[:4], range(0, 40, 10)))
    path.write_text(first + with_times(dump_text(positions[4:], range(40, 70, 10))))
    check(read_trajectory(path), positions)


def test_a_time_below_the_step_is_read_too(tmp_path, positions):
    path = tmp_path / "run.dump"
    parts = dump_text(positions, range(0, 70, 10)).split("ITEM: NUMBER")
    text = "".join(
        f"{part}ITEM: UNITS\nmetal\nITEM: TIME\n{0.02 * i}\nITEM: NUMBER"
        for i, part in enumerate(parts[:-1])
    )
    path.write_text(text + parts[-1])
    check(read_trajectory(path), positions)


def test_a_time_without_units_needs_the_time_step(tmp_path, positions):
    path = tmp_path / "run.dump"
    path.write_text(with_times(dump_text(positions, range(0, 70, 10)), units=None))
    check(read_trajectory(path, time_step_fs=2.0), positions)
    with pytest.raises(TrajectoryError, match=r"TIME without ITEM: UNITS.*give time_step_fs"):
        read_trajectory(path)


def test_a_frame_cut_off_is_left_out(tmp_path, positions):
    text = dump_text(positions, range(0, 70, 10))
    path = tmp_path / "run.dump"
    path.write_text(text[:-60])
    check(read_trajectory(path, time_step_fs=2.0), positions[:-1])


def test_dumps_are_ordered_by_step_and_restarts_overlap(tmp_path, positions):
    first, second = tmp_path / "b.dump", tmp_path / "a.dump"
    first.write_text(dump_text(positions[:5] + 1e-3, range(0, 50, 10)))
    second.write_text(dump_text(positions[4:], range(40, 70, 10)))
    found = read_trajectory([first, second], time_step_fs=2.0)
    assert found.positions[4:] == pytest.approx(positions[4:], abs=1e-6)
    assert found.source["repeated_frames_dropped"] == 1
    backwards = read_trajectory([second, first], time_step_fs=2.0)
    assert np.diff(backwards.times_fs) == pytest.approx([20.0] * 6)
    assert backwards.source["sorted_by_step"]


def test_two_runs_are_not_one(tmp_path, positions):
    for name in ("a.dump", "b.dump"):
        (tmp_path / name).write_text(dump_text(positions, range(0, 70, 10)))
    with pytest.raises(TrajectoryError, match="several runs"):
        read_trajectory([tmp_path / "a.dump", tmp_path / "b.dump"], time_step_fs=2.0)


def test_extxyz(tmp_path, positions):
    frames = frames_of(positions)
    ase.io.write(tmp_path / "run.extxyz", frames)
    check(read_trajectory(tmp_path / "run.extxyz", frame_spacing_fs=20.0), positions)
    packed = tmp_path / "run.xyz.gz"
    packed.write_bytes(gzip.compress((tmp_path / "run.extxyz").read_bytes()))
    check(read_trajectory(str(packed), frame_spacing_fs=20.0), positions)


def test_extxyz_steps_are_used(tmp_path, positions):
    frames = frames_of(positions)
    for i, atoms in enumerate(frames):
        atoms.info["step"] = 10 * i
    ase.io.write(tmp_path / "run.extxyz", frames)
    check(read_trajectory(tmp_path / "run.extxyz", time_step_fs=2.0), positions)
    ase.io.write(tmp_path / "gap.extxyz", frames[:3] + frames[4:])
    found = read_trajectory(tmp_path / "gap.extxyz", frame_spacing_fs=20.0)
    assert np.diff(found.times_fs) == pytest.approx([20, 20, 40, 20, 20])


def test_ase_trajectory(tmp_path, positions):
    ase.io.write(tmp_path / "run.traj", frames_of(positions))
    check(read_trajectory(tmp_path / "run.traj", frame_spacing_fs=20.0), positions)


def wrapped(positions):
    return (positions @ np.linalg.inv(CELL) % 1.0) @ CELL


def test_xdatcar(tmp_path, positions):
    ase.io.write(tmp_path / "XDATCAR", frames_of(positions), format="vasp-xdatcar")
    found = read_trajectory(tmp_path / "XDATCAR", time_step_fs=20.0)
    check(found, wrapped(positions))
    both = read_trajectory([tmp_path / "XDATCAR"] * 2, frame_spacing_fs=20.0)
    assert np.diff(both.times_fs) == pytest.approx([20.0] * 13)


def test_xdatcar_with_a_changing_cell(tmp_path, positions):
    frames = frames_of(positions)
    text = ""
    for i, atoms in enumerate(frames):
        atoms.set_cell(CELL * (1 + 0.01 * i), scale_atoms=True)
        one = tmp_path / "one"
        ase.io.write(one, atoms, format="vasp-xdatcar")
        text += one.read_text().replace("configuration=     1", f"configuration= {i + 1}")
    (tmp_path / "XDATCAR").write_text(text)
    found = read_trajectory(tmp_path / "XDATCAR", frame_spacing_fs=1.0)
    assert found.cells == pytest.approx(np.array([a.cell[:] for a in frames]))


def test_numbered_poscars_go_by_their_integers(tmp_path, positions):
    for i, atoms in enumerate(frames_of(np.concatenate([positions, positions + 0.1]))):
        ase.io.write(tmp_path / f"POSCAR_{i + 1}", atoms, format="vasp")
    files = sorted(tmp_path.iterdir(), key=str)
    found = read_trajectory(files, frame_spacing_fs=20.0)
    check(found, np.concatenate([positions, positions + 0.1]))
    assert found.source["order"] == "last integer in the file names"
    from_folder = read_trajectory(tmp_path, frame_spacing_fs=20.0)
    assert from_folder.positions == pytest.approx(found.positions)


def test_numbered_folders_of_contcars(tmp_path, positions):
    for i, atoms in enumerate(frames_of(positions)):
        (tmp_path / f"{i * 5}").mkdir()
        ase.io.write(tmp_path / f"{i * 5}" / "CONTCAR", atoms, format="vasp")
    check(read_trajectory(tmp_path, time_step_fs=4.0), positions)


def test_unnumbered_poscars_are_refused(tmp_path, positions):
    folder = tmp_path / "frames"
    folder.mkdir()
    for name, atoms in zip("abc", frames_of(positions), strict=False):
        ase.io.write(folder / f"POSCAR_{name}", atoms, format="vasp")
    with pytest.raises(TrajectoryError, match="integer"):
        read_trajectory(folder, frame_spacing_fs=1.0)


def test_parquet(tmp_path, positions):
    emmet = pytest.importorskip("emmet.core.trajectory")
    structures = [
        Structure(Lattice(CELL), SYMBOLS, p, coords_are_cartesian=True) for p in positions
    ]
    pmg = PmgTrajectory.from_structures(
        structures,
        constant_lattice=False,
        time_step=20.0,
        frame_properties=[{"energy": 0.0} for _ in structures],
    )
    document = emmet.Trajectory.from_pmg(pmg)
    path = tmp_path / "run.parquet"
    document.to_arrow(path)
    found = read_trajectory(path, frame_spacing_fs=20.0)
    assert found.numbers.tolist() == [12, 23, 23, 8, 8, 8]
    assert found.cells[0] == pytest.approx(CELL)
    assert len(found.positions) == N_FRAMES
    moved = np.linalg.norm(np.diff(found.positions, axis=0), axis=2)
    assert moved == pytest.approx(np.linalg.norm(np.diff(positions, axis=0), axis=2), abs=1e-6)


VASPRUN = """<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling><incar><i name="POTIM"> 20.0</i><i type="int" name="IBRION"> 0</i></incar>
<atominfo><array name="atoms"><set>{atoms}</set></array></atominfo>{steps}</modeling>
"""


def test_vasprun(tmp_path, positions):
    def rows(array):
        return "".join(f"<v>{x:.10f} {y:.10f} {z:.10f}</v>" for x, y, z in array)

    steps = "".join(
        f"<calculation><structure><crystal><varray name='basis'>{rows(CELL)}</varray></crystal>"
        f"<varray name='positions'>{rows(p @ np.linalg.inv(CELL))}</varray></structure>"
        "</calculation>"
        for p in positions
    )
    atoms = "".join(f"<rc><c>{s} </c><c>1</c></rc>" for s in SYMBOLS)
    path = tmp_path / "vasprun.xml"
    path.write_text(VASPRUN.format(atoms=atoms, steps=steps))
    check(read_trajectory(path), positions)
    cut = path.read_text()[: -len(steps) // 10]
    path.write_text(cut)
    check(read_trajectory(path), positions[:-1])


@pytest.mark.parametrize("frames", [slice(2, 6, 2), [2, 4], slice(1, None)])
def test_some_frames(tmp_path, positions, frames):
    path = tmp_path / "run.dump"
    path.write_text(dump_text(positions, range(0, 70, 10)))
    found = read_trajectory(path, time_step_fs=2.0, frames=frames)
    assert found.positions == pytest.approx(positions[frames], abs=1e-6)
    assert found.times_fs == pytest.approx(np.arange(0, 140, 20.0)[frames])


def test_time_that_cannot_be_told_is_refused(tmp_path, positions):
    path = tmp_path / "run.dump"
    path.write_text(dump_text(positions, range(0, 70, 10)))
    with pytest.raises(TrajectoryError, match="give time_step_fs"):
        read_trajectory(path)
    ase.io.write(tmp_path / "run.extxyz", frames_of(positions))
    with pytest.raises(TrajectoryError, match="carry no step numbers"):
        read_trajectory(tmp_path / "run.extxyz", time_step_fs=2.0)
    with pytest.raises(TrajectoryError, match="frame_spacing_fs is -1"):
        read_trajectory(tmp_path / "run.extxyz", frame_spacing_fs=-1.0)


def test_other_faults_are_named(tmp_path, positions):
    path = tmp_path / "run.dump"
    path.write_text(dump_text(positions, range(0, 70, 10), columns="id type x y z"))
    with pytest.raises(TrajectoryError, match="names no elements"):
        read_trajectory(path, time_step_fs=2.0)
    with pytest.raises(TrajectoryError, match="has type 3 but species name 2"):
        read_trajectory(path, time_step_fs=2.0, species=["Mg", "V"])
    with pytest.raises(InputError, match="does not exist"):
        read_trajectory(tmp_path / "absent.dump")
    with pytest.raises(InputError, match="frames"):
        read_trajectory(path, time_step_fs=2.0, species=["Mg", "V", "O"], frames=slice(3, 1))
    with pytest.raises(InputError, match="file_format"):
        read_trajectory(path, file_format="pdb")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(InputError, match="does not tell the format; give file_format"):
        read_trajectory(tmp_path / "notes.txt")
    (tmp_path / "empty.dump").write_text("")
    with pytest.raises(TrajectoryError, match="no whole frame"):
        read_trajectory(tmp_path / "empty.dump", time_step_fs=1.0)


def numbers_as_written():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 50, 600), rng.normal(0, 1e-5, 300), rng.random(300)])
    for form in (".6g", ".8f", ".10g", ".3f", ".12e", ".14g", ".0f"):
        yield from (f"{value:{form}}" for value in values)
    yield from ["-0", "7", "-1.5e+2", "0.25", "-.5", "3.", "123456789012345", "00012.50"]


@pytest.mark.parametrize("odd", [[], ["0.1000000000000000055"], ["+1.5"], ["1e-300"]])
@pytest.mark.parametrize("gap", [" ", "   "])
def test_numbers_are_read_to_the_last_bit(tmp_path, odd, gap):
    words = [*numbers_as_written(), *odd]
    words += ["12.5"] * (-len(words) % 3)
    n_rows = len(words) // 3
    order = np.random.default_rng(1).permutation(n_rows)
    rows = "".join(f"{10 + i} O {gap.join(words[3 * i : 3 * i + 3])} \n" for i in order)
    path = tmp_path / "run.dump"
    path.write_text(
        f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{n_rows}\nITEM: BOX BOUNDS pp pp pp\n"
        f"0 9\n0 9\n0 9\nITEM: ATOMS id element x y z \n{rows}"
    )
    found = read_trajectory(path, time_step_fs=1.0).positions
    assert found.ravel().tolist() == [float(word) for word in words]


@pytest.mark.parametrize("ids", [("6", "5"), ("6", "60")])
def test_other_ids_than_in_the_first_frame_are_refused(tmp_path, positions, ids):
    path = tmp_path / "run.dump"
    text = dump_text(positions, range(0, 70, 10))
    first, last = text.rsplit(f"\n{ids[0]} O", 1)
    path.write_text(f"{first}\n{ids[1]} O{last}")
    with pytest.raises(TrajectoryError, match="other ids than the first"):
        read_trajectory(path, time_step_fs=2.0)


def test_a_frame_cut_off_in_the_middle_is_left_out(tmp_path, positions):
    parts = dump_text(positions, range(0, 70, 10)).split("ITEM: TIMESTEP\n")
    parts[4] = parts[4][:-40]
    path = tmp_path / "run.dump"
    path.write_text("ITEM: TIMESTEP\n".join(parts))
    found = read_trajectory(path, time_step_fs=2.0)
    assert found.times_fs.tolist() == [0, 20, 40, 80, 100, 120]
    assert found.positions == pytest.approx(positions[[0, 1, 2, 4, 5, 6]], abs=1e-6)
