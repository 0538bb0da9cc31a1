"""Readers of trajectories in all common formats, with the times of their frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from amorph_flows.analysis.readers._frames import FrameBlock, FrameBuffer, Reader
from amorph_flows.analysis.readers._times import in_order, times_of
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.arrays import IntArray
from amorph_flows.errors import InputError, TrajectoryError

FORMATS = ("lammps-dump", "extxyz", "xdatcar", "vasprun", "poscar", "ase", "parquet")
_SERIES = ("*POSCAR*", "*CONTCAR*", "*.vasp", "*.poscar")


def read_trajectory(
    paths: str | Path | Sequence[str | Path],
    time_step_fs: float | None = None,
    frame_spacing_fs: float | None = None,
    temperature_k: float | None = None,
    frames: slice | Sequence[int] | None = None,
    species: Sequence[str] | None = None,
    file_format: str | None = None,
) -> Trajectory:
    """Read one run from one or more files, with its time.

    Frames are ordered by their MD step where the file carries it, and numbered files by the last
    integer in their names, never by the names as text; a file without either keeps its own order.
    Several XDATCAR or vasprun.xml files go on from each other in the order given.
    Memory is that of the positions.

    Parameters
    ----------
    paths
        LAMMPS text dumps, extended XYZ (both also ``.gz``), XDATCAR, vasprun.xml, ASE ``.traj`` or
        parquet files; or a numbered series of POSCAR or CONTCAR files, or the folder of one.
    time_step_fs
        MD step, fs, for files that carry step numbers.
    frame_spacing_fs
        Time between neighbouring frames, fs, for files that do not.
    temperature_k
        The temperature that the run was held at, K.
    frames
        Which frames, in the order of the files: a slice, or increasing numbers.
    species
        Element symbol of each LAMMPS type, in order, where a dump has no ``element`` column.
    file_format
        One of ``"lammps-dump"``, ``"extxyz"``, ``"xdatcar"``, ``"vasprun"``, ``"poscar"``,
        ``"ase"`` and ``"parquet"``; told from the name if not given.

    Returns
    -------
    Trajectory
        ``source`` says where frames and times came from.

    Raises
    ------
    TrajectoryError
        If a file cannot be read, the place of its frames in time cannot be told, or files hold
        different atoms.
    InputError
        If a path does not exist or an argument cannot be right.
    """
    files = _files(paths)
    kinds = {_format(f, file_format) for f in files}
    if len(kinds) > 1:
        raise InputError(f"the files have formats {sorted(kinds)}; read one format at a time")
    (kind,) = kinds
    read = _reader(kind, tuple(species) if species else None)
    if kind == "poscar":
        files = _in_numerical_order(files)
    keep, last = _selection(frames)
    buffer = FrameBuffer(keep, last)
    for path in files:
        buffer.extend(read(path), path, continues=kind in ("xdatcar", "vasprun"))
        if last is not None and buffer.n_read > last:
            break
    block = in_order(buffer.arrays())
    times, said = times_of(block, time_step_fs, frame_spacing_fs)
    order = "last integer in the file names" if kind == "poscar" else "file"
    if kind != "poscar" and block.order is not None:
        order = "step number"
    source = block.source | {"files": [str(f) for f in files], "time": said, "order": order}
    return Trajectory(block.positions, block.cells, block.numbers, times, temperature_k, source)


def _files(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return the files that paths stand for."""
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    files: list[Path] = []
    for given in several:
        path = Path(given)
        if path.is_dir():
            files += _series_in(path)
        elif path.exists():
            files.append(path)
        else:
            raise InputError(f"{path} does not exist")
    if not files:
        raise InputError("no paths were given; give at least one file")
    return files


def _series_in(folder: Path) -> list[Path]:
    """Return the POSCAR and CONTCAR files in a folder or in its numbered folders."""
    for patterns in (_SERIES, tuple(f"*/{p}" for p in _SERIES)):
        found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
        if found:
            return list(found)
    raise InputError(f"{folder} holds no POSCAR or CONTCAR files; name the files themselves")


def _in_numerical_order(files: list[Path]) -> list[Path]:
    """Return numbered files by their numbers."""
    from amorph_flows.analysis.readers._vasp import number_in_name

    by_number: dict[int, Path] = {}
    for path in files:
        number = number_in_name(path)
        if number in by_number:
            raise TrajectoryError(
                f"{path} and {by_number[number]} are both number {number}; a series needs one "
                "integer for each file"
            )
        by_number[number] = path
    return [by_number[number] for number in sorted(by_number)]


def _format(path: Path, given: str | None) -> str:
    """Return the format of a file."""
    if given is not None:
        if given not in FORMATS:
            raise InputError(f"file_format is {given!r}; one of {', '.join(FORMATS)} is needed")
        return given
    name = path.name.lower().removesuffix(".gz")
    ends = {".xyz": "extxyz", ".extxyz": "extxyz", ".traj": "ase", ".parquet": "parquet",
            ".lammpstrj": "lammps-dump", ".dump": "lammps-dump", ".vasp": "poscar",
            ".poscar": "poscar"}  # fmt: skip
    for ending, kind in ends.items():
        if name.endswith(ending):
            return kind
    parts = {"xdatcar": "xdatcar", "vasprun": "vasprun", "poscar": "poscar", "contcar": "poscar",
             "dump": "lammps-dump"}  # fmt: skip
    for part, kind in parts.items():
        if part in name:
            return kind
    raise InputError(f"{path}: the name does not tell the format; give file_format")


def _reader(kind: str, species: tuple[str, ...] | None) -> Reader:
    """Return the reader of a format, imported only now."""
    from amorph_flows.analysis.readers import _atoms as atoms
    from amorph_flows.analysis.readers import _lammps_dump as lammps_dump
    from amorph_flows.analysis.readers import _vasp as vasp

    readers: dict[str, Reader] = {
        "lammps-dump": partial(lammps_dump.read_lammps_dump, species=species),
        "extxyz": atoms.read_extxyz_blocks,
        "xdatcar": partial(vasp.read_xdatcar, species=species),
        "vasprun": vasp.read_vasprun,
        "poscar": vasp.read_poscar,
        "ase": atoms.read_ase,
        "parquet": atoms.read_parquet,
    }
    return readers[kind]


def _selection(
    frames: slice | Sequence[int] | None,
) -> tuple[Callable[[IntArray], np.ndarray], int | None]:
    """Return which numbers of frames are wanted, and the last of them if known."""
    if frames is None:
        return partial(_in_slice, start=0, stop=None, step=1), None
    if isinstance(frames, slice):
        start, stop, step = frames.start or 0, frames.stop, frames.step or 1
        if start < 0 or step < 1 or (stop is not None and stop <= start):
            raise InputError(
                f"frames is {frames}; a slice from zero or later, forward, and not empty is needed"
            )
        return partial(_in_slice, start=start, stop=stop, step=step), (
            None if stop is None else stop - 1
        )
    wanted = np.asarray(frames, dtype=np.int64)
    if not wanted.size or wanted[0] < 0 or np.any(np.diff(wanted) <= 0):
        raise InputError("frames must be increasing numbers from zero on, at least one")
    return partial(_in_list, wanted=wanted), int(wanted[-1])


def _in_slice(numbers: IntArray, start: int, stop: int | None, step: int) -> np.ndarray:
    inside = (numbers >= start) & ((numbers - start) % step == 0)
    return inside if stop is None else inside & (numbers < stop)


def _in_list(numbers: IntArray, wanted: IntArray) -> np.ndarray:
    return np.isin(numbers, wanted)


__all__ = ["FORMATS", "FrameBlock", "read_trajectory"]
