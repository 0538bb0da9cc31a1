"""LAMMPS dumps: where each frame is, and the trajectory that they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from ase.data import atomic_numbers

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import TrajectoryError
from amorph_flows.schemas.production_md import FileReference

FloatArray = npt.NDArray[np.float64]

_FORMAT = "lammps-dump"


def frame_offsets(path: Path) -> Iterator[tuple[int, int, int]]:
    """Yield step, first byte and end of each whole frame of a dump.

    Parameters
    ----------
    path
        The dump.
    """
    with path.open("rb") as file:
        while True:
            start = file.tell()
            step, n_atoms = None, None
            for line in iter(file.readline, b""):
                if line.startswith(b"ITEM: TIMESTEP"):
                    step = file.readline()
                elif line.startswith(b"ITEM: NUMBER OF ATOMS"):
                    n_atoms = file.readline()
                elif line.startswith(b"ITEM: ATOMS"):
                    break
            if not (step and n_atoms and n_atoms.endswith(b"\n")):
                return
            last = b""
            for _ in range(int(n_atoms)):
                last = file.readline()
            if not last.endswith(b"\n"):
                return
            yield int(step), start, file.tell()


def reference_of(path: Path, species: list[str]) -> FileReference:
    """Return the reference to a dump; one that does not exist yet is made, empty.

    Parameters
    ----------
    path
        The dump.
    species
        Element symbol of each LAMMPS type, in order.
    """
    path.touch()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    n_frames = sum(1 for _ in frame_offsets(path))
    return FileReference(
        path=str(path.resolve()), format=_FORMAT, sha256=digest, n_frames=n_frames, species=species
    )


def load_trajectory(reference: FileReference, temperature_k: float | None = None) -> Trajectory:
    """Return the trajectory that a reference stands for.

    Parameters
    ----------
    reference
        A dump with its species.
    temperature_k
        The temperature that the run was held at, K.

    Raises
    ------
    TrajectoryError
        If the file is gone, was changed, or holds no frame.
    """
    path = Path(reference.path)
    if not path.exists():
        raise TrajectoryError(f"{path} is gone; restore it or run the MD again")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != reference.sha256:
        raise TrajectoryError(f"{path} is not the file that was written; run the MD again")
    return read_dump(path, reference.species, temperature_k)


def read_dump(path: Path, species: list[str], temperature_k: float | None = None) -> Trajectory:
    """Read a dump as this package writes it: time in ps, sorted ids, unwrapped positions.

    Parameters
    ----------
    path
        The dump.
    species
        Element symbol of each LAMMPS type, in order.
    temperature_k
        The temperature that the run was held at, K.

    Raises
    ------
    TrajectoryError
        If it holds no whole frame.
    """
    offsets = [(start, end) for _, start, end in frame_offsets(path)]
    if not offsets:
        raise TrajectoryError(f"{path} holds no whole frame")
    with path.open("rb") as file:
        types = _frame(file, offsets[0])[2]
        times, cells = np.empty(len(offsets)), np.empty((len(offsets), 3, 3))
        positions = np.empty((len(offsets), len(types), 3))
        for i, place in enumerate(offsets):
            times[i], cells[i], _, positions[i] = _frame(file, place)
    return Trajectory(
        positions=positions,
        cells=cells,
        numbers=np.array([atomic_numbers[species[t - 1]] for t in types]),
        times_fs=times,
        temperature_k=temperature_k,
        source={"file": str(path), "time": "ITEM: TIME, ps"},
    )


def _frame(
    file: BinaryIO, place: tuple[int, int]
) -> tuple[float, FloatArray, npt.NDArray[np.int64], FloatArray]:
    """Return time (fs), cell, types and positions of the frame between two bytes."""
    file.seek(place[0])
    raw = file.read(place[1] - place[0])
    head, _, body = raw.partition(b"ITEM: ATOMS")
    columns, _, rows = body.partition(b"\n")
    lines = head.decode().splitlines()
    time_ps = float(lines[lines.index("ITEM: TIME") + 1])
    bounds = next(i for i, line in enumerate(lines) if line.startswith("ITEM: BOX BOUNDS"))
    box = [[float(x) for x in line.split()] for line in lines[bounds + 1 : bounds + 4]]
    table = np.array(rows.split(), dtype=float).reshape(-1, len(columns.split()))
    return time_ps * 1000, _cell(box), table[:, 1].astype(np.int64), table[:, 2:5]


def _cell(box: list[list[float]]) -> FloatArray:
    """Return the cell of LAMMPS' bounding box and tilts (LAMMPS manual, "Triclinic boxes")."""
    (xlo, xhi, *a), (ylo, yhi, *b), (zlo, zhi, *c) = box
    xy, xz, yz = (*a, *b, *c) if a else (0.0, 0.0, 0.0)
    xlo -= min(0.0, xy, xz, xy + xz)
    xhi -= max(0.0, xy, xz, xy + xz)
    ylo -= min(0.0, yz)
    yhi -= max(0.0, yz)
    return np.array([[xhi - xlo, 0, 0], [xy, yhi - ylo, 0], [xz, yz, zhi - zlo]])
