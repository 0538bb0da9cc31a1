"""LAMMPS text dumps, plain or gzipped, as blocks of frames."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from ase.data import atomic_numbers
from pyarrow import csv

from amorph_flows.analysis.readers._dump_rows import fill_rows
from amorph_flows.analysis.readers._frames import FrameBlock
from amorph_flows.analysis.readers.dump_text import BATCH_BYTES, DumpFrame, frames_of
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import TrajectoryError

_COORDINATES = {"": ("x", "y", "z"), "u": ("xu", "yu", "zu"), "s": ("xs", "ys", "zs"),
                "su": ("xsu", "ysu", "zsu")}  # fmt: skip
_THREADS = min(4, len(os.sched_getaffinity(0)))
_TIME_UNITS_FS = {"metal": 1000.0, "real": 1.0}


def read_lammps_dump(
    path: Path, species: tuple[str, ...] | None = None, batch_bytes: int = BATCH_BYTES
) -> Iterator[FrameBlock]:
    """Yield the frames of a dump, some megabytes at a time, atoms sorted by their id.

    Parameters
    ----------
    path
        The dump; a name that ends in ``.gz`` is decompressed.
    species
        Element symbol of each type, needed where the dump has no ``element`` column.
    batch_bytes
        How much is read at a time.

    Yields
    ------
    FrameBlock
        Frames that were cut off, as by a killed run, are left out. Numbers are those of
        ``float``, to the last bit.

    Raises
    ------
    TrajectoryError
        If elements, coordinates or frames cannot be told.
    """
    layout = None
    waiting: deque[Future[FrameBlock]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        for frames in frames_of(path, batch_bytes):
            layout = layout or _layout(path, frames[0], species)
            waiting.append(pool.submit(layout.block, frames))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    if layout is None:
        raise TrajectoryError(f"{path}: no whole frame in it; is it a LAMMPS text dump?")


@dataclass(frozen=True)
class _Layout:
    """What all frames of a dump have in common.

    Parameters
    ----------
    path
        The dump.
    columns
        Names of all columns.
    kind
        Key of `_COORDINATES`.
    ids
        Of the atoms, increasing; None where the dump has none.
    numbers
        Atomic numbers, by increasing id, shape ``(n_atoms,)``.
    time_unit_fs
        fs; None where the dump does not tell its units.
    n_expected
        About how many frames there are; None where that cannot be told.
    source
        What was found out about the file.
    """

    path: Path
    columns: list[str]
    kind: str
    ids: FloatArray | None
    numbers: IntArray
    time_unit_fs: float | None
    n_expected: int | None
    source: dict[str, object]

    def block(self, frames: list[DumpFrame]) -> FrameBlock:
        """Return frames as arrays.

        Parameters
        ----------
        frames
            Some of the dump.

        Raises
        ------
        TrajectoryError
            If they hold other atoms or columns, or rows are damaged.
        """
        for frame in frames:
            self._check(frame)
        table = self._table(frames)
        positions = table[:, :, :3]
        if self.ids is not None:
            positions = self._by_id(positions, table[:, :, 3])
        cells = np.array([frame.box[0] for frame in frames])
        origins = np.array([frame.box[1] for frame in frames])
        if self.kind.startswith("s"):
            positions = positions @ cells
        elif origins.any():
            positions = positions - origins[:, None]
        times = [frame.time for frame in frames if frame.time is not None]
        return FrameBlock(
            positions,
            cells,
            self.numbers,
            np.array([frame.step for frame in frames], dtype=float),
            np.array(times) * self.time_unit_fs
            if self.time_unit_fs is not None and len(times) == len(frames)
            else None,
            self.source,
            self.n_expected,
        )

    def _check(self, frame: DumpFrame) -> None:
        if frame.columns != self.columns or frame.n_atoms != len(self.numbers):
            raise TrajectoryError(
                f"{self.path}: step {frame.step} has {frame.n_atoms} atoms and columns "
                f"{' '.join(frame.columns)}, the first frame {len(self.numbers)} and "
                f"{' '.join(self.columns)}; read the parts apart"
            )

    def _table(self, frames: list[DumpFrame]) -> FloatArray:
        """Return coordinates, and ids if there are, shape ``(n_frames, n_atoms, 3 or 4)``."""
        wanted = [*_COORDINATES[self.kind], *(["id"] if self.ids is not None else [])]
        places = np.array([wanted.index(c) if c in wanted else -1 for c in self.columns])
        text = b"".join(frame.rows for frame in frames)
        table = np.empty((len(frames), len(self.numbers), len(wanted)))
        values = table.reshape(-1, len(wanted))
        if not fill_rows(np.frombuffer(text, dtype=np.uint8), places, values):
            try:
                _fill_any_rows(text, self.columns, wanted, values)
            except (pa.ArrowInvalid, ValueError) as error:
                raise TrajectoryError(
                    f"{self.path}: between steps {frames[0].step} and {frames[-1].step} a row is "
                    f"damaged or a coordinate is not a number ({error})"
                ) from error
        return table

    def _by_id(self, positions: FloatArray, ids: FloatArray) -> FloatArray:
        """Return positions with the atoms of every frame by increasing id."""
        if np.all(ids == self.ids):
            return positions
        order = np.argsort(ids, axis=1)
        if np.any(np.take_along_axis(ids, order, axis=1) != self.ids):
            raise TrajectoryError(
                f"{self.path}: a frame holds other ids than the first, or one of them twice; dump "
                "the same atoms in every frame"
            )
        return np.take_along_axis(positions, order[..., None], axis=1)


def _layout(path: Path, frame: DumpFrame, species: tuple[str, ...] | None) -> _Layout:
    """Return what the first frame tells about all."""
    columns = frame.columns
    kind = next((k for k, names in _COORDINATES.items() if set(names) <= set(columns)), None)
    if kind is None:
        raise TrajectoryError(
            f"{path}: its columns are {' '.join(columns)}; x y z, xu yu zu, xs ys zs or "
            "xsu ysu zsu are needed"
        )
    table = [line.split() for line in bytes(frame.rows).decode().splitlines()]
    source: dict[str, object] = {"format": "lammps-dump", "unwrapped": "u" in kind}
    ids = None
    if "id" in columns:
        table.sort(key=lambda row: int(row[columns.index("id")]))
        ids = np.array([float(row[columns.index("id")]) for row in table])
        if np.any(np.diff(ids) == 0):
            raise TrajectoryError(f"{path}: an id comes twice in its first frame")
    else:
        source["order_of_atoms"] = "as in the file, which has no id column"
    if frame.units is not None and frame.units not in _TIME_UNITS_FS:
        raise TrajectoryError(f"{path}: its units are {frame.units}; metal or real are needed")
    if frame.time is not None and frame.units is None:
        source["time_without_units"] = True
    n_bytes = frame.stop - frame.start
    return _Layout(
        path,
        columns,
        kind,
        ids,
        _atomic_numbers(table, columns, species, path),
        None if frame.units is None else _TIME_UNITS_FS[frame.units],
        None if path.suffix == ".gz" else path.stat().st_size // n_bytes + 1,
        source,
    )


def _atomic_numbers(
    table: list[list[str]], columns: list[str], species: tuple[str, ...] | None, path: Path
) -> IntArray:
    """Return the atomic number of each atom of the first frame."""
    if "element" in columns:
        symbols = [row[columns.index("element")] for row in table]
    elif "type" in columns and species is not None:
        types = [int(row[columns.index("type")]) for row in table]
        if max(types) > len(species):
            raise TrajectoryError(
                f"{path}: it has type {max(types)} but species name {len(species)}; give the "
                "element of every type, in order"
            )
        symbols = [species[t - 1] for t in types]
    else:
        raise TrajectoryError(
            f"{path}: it names no elements (columns {' '.join(columns)}); give species, the "
            "element of each LAMMPS type in order"
        )
    unknown = sorted(set(symbols) - set(atomic_numbers))
    if unknown:
        raise TrajectoryError(f"{path}: {unknown} are no element symbols; give species")
    return np.array([atomic_numbers[s] for s in symbols], dtype=np.int64)


def _fill_any_rows(text: bytes, columns: list[str], wanted: list[str], values: FloatArray) -> None:
    """Fill numbers of any form, correctly rounded."""
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    text = text.replace(b" \n", b"\n").replace(b"\n ", b"\n").lstrip()
    table = csv.read_csv(
        pa.BufferReader(text),
        csv.ReadOptions(column_names=columns, use_threads=False),
        csv.ParseOptions(delimiter=" ", quote_char=False),
        csv.ConvertOptions(
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, pa.float64()),
            null_values=[],
        ),
    )
    values[:] = np.column_stack([table[name].to_numpy() for name in wanted])
