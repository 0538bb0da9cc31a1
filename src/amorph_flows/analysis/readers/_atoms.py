"""Extended XYZ, ASE trajectories and parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ase import Atoms
from ase.data import atomic_numbers
from ase.io import iread

from amorph_flows.analysis.readers._frames import FrameBlock
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import TrajectoryError

_ORDER_KEYS = ("step", "md_step", "frame")


def read_extxyz_blocks(path: Path) -> Iterator[FrameBlock]:
    """Yield the frames of an extended XYZ file.

    Parameters
    ----------
    path
        The file, plain or gzipped.

    Yields
    ------
    FrameBlock
        One frame each; their order is ``step``, ``md_step`` or ``frame`` of the comment line.
    """
    for atoms in iread(str(path), index=":", format="extxyz"):
        yield _of_atoms(atoms, path, "extxyz")


def read_ase(path: Path) -> Iterator[FrameBlock]:
    """Yield the frames of an ASE ``.traj`` file.

    Parameters
    ----------
    path
        The file.
    """
    for atoms in iread(str(path), index=":", format="traj"):
        yield _of_atoms(atoms, path, "ASE trajectory")


def _of_atoms(atoms: Atoms, path: Path, name: str) -> FrameBlock:
    if abs(atoms.cell.volume) < 1e-6:
        raise TrajectoryError(f"{path}: a frame has no cell; give Lattice in the comment line")
    order = next((float(atoms.info[k]) for k in _ORDER_KEYS if k in atoms.info), None)
    return FrameBlock(
        atoms.positions[None].copy(),
        atoms.cell[:][None].copy(),
        atoms.numbers.astype(np.int64),
        None if order is None else np.array([order]),
        source={"format": name},
    )


def read_parquet(path: Path) -> Iterator[FrameBlock]:
    """Yield the frames of a trajectory in emmet-core's parquet layout.

    One row of ``elements``, ``cart_coords``, ``lattice`` and, for MD, ``time_step`` (fs); nested
    lists are read as flat buffers.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    TrajectoryError
        If columns are missing or it holds several trajectories.
    """
    available = pq.read_schema(path).names
    needed = ["elements", "cart_coords", "lattice"]
    if missing := sorted(set(needed) - set(available)):
        raise TrajectoryError(f"{path}: columns {missing} are missing; it has {available}")
    extra = [name for name in ("time_step",) if name in available]
    table = pq.read_table(path, columns=needed + extra)
    if table.num_rows != 1:
        raise TrajectoryError(
            f"{path}: it holds {table.num_rows} trajectories; write one to a file"
        )
    numbers = np.array([_number(e) for e in table.column("elements")[0].as_py()], dtype=np.int64)
    positions = _flat(table.column("cart_coords")).reshape(-1, len(numbers), 3)
    cells = _flat(table.column("lattice")).reshape(-1, 3, 3)
    if len(cells) == 1:
        cells = np.broadcast_to(cells, (len(positions), 3, 3))
    step = table.column("time_step")[0].as_py() if extra else None
    times = None if step is None else float(step) * np.arange(float(len(positions)))
    yield FrameBlock(positions, cells, numbers, None, times, {"format": "parquet"})


def _number(element: str | int) -> int:
    return element if isinstance(element, int) else int(atomic_numbers[element])


def _flat(column: pa.ChunkedArray) -> FloatArray:
    """Return the numbers inside nested lists."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0)
    while pa.types.is_nested(array.type):
        array = array.flatten()
    return np.asarray(array, dtype=float)
