"""LAMMPS text dumps, plain or gzipped."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.analysis.readers.dump_rows import compiled_rows, parse_rows
from amorph_flows.analysis.readers.frames import FrameBlock, open_bytes
from amorph_flows.analysis.trajectory import FloatArray, IntArray
from amorph_flows.errors import TrajectoryError

_BATCH = 2_000_000  # bytes; small enough to stay in the processor's cache
_THREADS = min(4, os.cpu_count() or 1)
_START = b"ITEM: TIMESTEP"
_COORDINATES = {"": ("x", "y", "z"), "u": ("xu", "yu", "zu"), "s": ("xs", "ys", "zs"),
                "su": ("xsu", "ysu", "zsu")}  # fmt: skip
_PS_UNITS, _FS_UNITS = {"metal"}, {"real"}


def read_lammps_dump(path: Path, species: tuple[str, ...] | None = None) -> Iterator[FrameBlock]:
    """Yield the frames of a dump, a few megabytes at a time, atoms sorted by their id.

    Parameters
    ----------
    path
        The dump; a name that ends in ``.gz`` is decompressed.
    species
        Element symbol of each type, needed where the dump has no ``element`` column.

    Yields
    ------
    FrameBlock
        Frames that were cut off, as by a killed run, are left out.

    Raises
    ------
    TrajectoryError
        If elements, coordinates or frames cannot be told.
    """
    layout: _Layout | None = None
    waiting: deque[Future[FrameBlock]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        for batch in _batches(path):
            frames = [f for f in batch if f.whole] if layout is None else batch
            if frames:
                layout = layout or _Layout.of(frames[0], species, path)
                waiting.append(pool.submit(layout.block, frames, path))
            if len(waiting) > 2 * _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    if layout is None:
        raise TrajectoryError(f"{path}: no whole frame in it; is it a LAMMPS text dump?")


def _batches(path: Path) -> Iterator[list[_RawFrame]]:
    """Yield lists of frames, a few megabytes each; some may be cut off."""
    batch: list[_RawFrame] = []
    size = 0
    for raw in _texts(path):
        for frame in _split(raw):
            batch.append(frame)
            size += len(frame.rows)
            if size > _BATCH:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _texts(path: Path) -> Iterator[bytes]:
    """Yield parts of a file that begin and end with frames."""
    rest = b""
    with open_bytes(path) as stream:
        while chunk := stream.read(_BATCH):
            chunk = rest + chunk
            cut = chunk.rfind(_START)
            rest = chunk[cut:] if cut > 0 else chunk
            if cut > 0:
                yield chunk[:cut]
    if rest:
        yield rest


@dataclass(frozen=True)
class _Header:
    """Lines below each ``ITEM:`` but the time step, which frames mostly have in common."""

    items: dict[str, list[str]]

    @classmethod
    def of(cls, text: str) -> _Header:
        items: dict[str, list[str]] = {}
        title = ""
        for line in text.splitlines():
            if line.startswith("ITEM: "):
                title = line[6:].strip()
                items[title] = []
            elif title:
                items[title].append(line)
        return cls(items)

    @cached_property
    def columns(self) -> list[str]:
        return next(k for k in self.items if k.startswith("ATOMS")).split()[1:]

    @cached_property
    def n_atoms(self) -> int:
        return int(self.items["NUMBER OF ATOMS"][0])

    @cached_property
    def box(self) -> tuple[FloatArray, FloatArray]:
        """Cell, row vectors, and origin, Å (LAMMPS manual, "Triclinic simulation boxes")."""
        title = next(k for k in self.items if k.startswith("BOX BOUNDS"))
        rows = np.array([line.split() for line in self.items[title]], dtype=float)
        if "abc" in title:
            return rows[:, :3], rows[:, 3]
        low, high = rows[:, 0], rows[:, 1]
        if rows.shape[1] == 2:
            return np.diag(high - low), low
        xy, xz, yz = rows[:, 2]
        low = low - [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
        high = high - [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
        size = high - low
        return np.array([[size[0], 0, 0], [xy, size[1], 0], [xz, yz, size[2]]]), low


@dataclass(frozen=True)
class _RawFrame:
    """A frame as bytes."""

    step: int
    time: float | None
    header: _Header
    rows: memoryview

    @property
    def whole(self) -> bool:
        """Whether it was not cut off."""
        return bytes(self.rows).count(b"\n") == self.header.n_atoms


def _split(raw: bytes) -> Iterator[_RawFrame]:
    """Yield the frames of some bytes; some may be cut off."""
    view = memoryview(raw)
    known: dict[bytes, _Header] = {}
    start = raw.find(_START)
    while start >= 0:
        atoms = raw.find(b"ITEM: ATOMS", start)
        end = raw.find(b"\n", atoms) if atoms >= 0 else -1
        if end < 0:
            return
        following = raw.find(_START, start + 1)
        stop = len(view) if following < 0 else following
        if end < stop:
            _, step, rest = raw[start:end].split(b"\n", 2)
            time, rest = _time(rest)
            header = known.get(rest)
            if header is None:
                header = known[rest] = _Header.of(rest.decode())
            yield _RawFrame(int(step), time, header, view[end + 1 : stop])
        start = following


def _time(rest: bytes) -> tuple[float | None, bytes]:
    """Return the time of a header that has one, and the header without it."""
    before, found, after = rest.partition(b"ITEM: TIME\n")
    if not found:
        return None, rest
    time, _, after = after.partition(b"\n")
    return float(time), before + after


@dataclass(frozen=True)
class _Layout:
    """What all frames of a dump have in common."""

    columns: list[str]
    coordinates: tuple[str, str, str]
    scaled: bool
    has_id: bool
    numbers: IntArray
    source: dict[str, object]

    @classmethod
    def of(cls, frame: _RawFrame, species: tuple[str, ...] | None, path: Path) -> _Layout:
        columns = frame.header.columns
        kind = next((k for k, names in _COORDINATES.items() if set(names) <= set(columns)), None)
        if kind is None:
            raise TrajectoryError(
                f"{path}: its columns are {' '.join(columns)}; x y z, xu yu zu, xs ys zs or "
                "xsu ysu zsu are needed"
            )
        table = [line.split() for line in bytes(frame.rows).decode().splitlines()]
        if "id" in columns:
            table.sort(key=lambda row: int(row[columns.index("id")]))
        source: dict[str, object] = {"format": "lammps-dump", "unwrapped": "u" in kind}
        if "id" not in columns:
            source["order_of_atoms"] = "as in the file, which has no id column"
        return cls(
            columns,
            _COORDINATES[kind],
            kind.startswith("s"),
            "id" in columns,
            _atomic_numbers(table, columns, species, path),
            source,
        )

    def block(self, frames: list[_RawFrame], path: Path) -> FrameBlock:
        """Return the arrays of some frames."""
        for frame in frames:
            header = frame.header
            if header.columns != self.columns or header.n_atoms != len(self.numbers):
                raise TrajectoryError(
                    f"{path}: step {frame.step} has {header.n_atoms} atoms and columns "
                    f"{' '.join(header.columns)}, the first frame {len(self.numbers)} and "
                    f"{' '.join(self.columns)}; read the parts apart"
                )
        wanted = [*self.coordinates, *(["id"] if self.has_id else [])]
        n_atoms = len(self.numbers)
        table = compiled_rows([f.rows for f in frames], n_atoms, self.columns, wanted)
        if table is None:
            frames = [frame for frame in frames if frame.whole]
            rows = b"".join(frame.rows for frame in frames)
            table = parse_rows(rows, len(frames) * n_atoms, self.columns, wanted, path)
        positions = self._sorted(table.reshape(len(frames), n_atoms, len(wanted)))
        boxes = [frame.header.box for frame in frames]
        cells = np.array([cell for cell, _ in boxes]).reshape(-1, 3, 3)
        if self.scaled:
            positions = positions @ cells
        else:
            positions -= np.array([origin for _, origin in boxes]).reshape(-1, 1, 3)
        steps = np.array([frame.step for frame in frames], dtype=float)
        return FrameBlock(
            positions, cells, self.numbers, steps, _times_fs(frames, path), self.source
        )

    def _sorted(self, table: FloatArray) -> FloatArray:
        """Return coordinates with the atoms of every frame sorted by their id."""
        positions = np.ascontiguousarray(table[:, :, :3])
        if self.has_id:
            ids = table[:, :, 3]
            if not np.all(ids[:, 1:] > ids[:, :-1]):
                positions = np.take_along_axis(positions, np.argsort(ids, axis=1)[..., None], 1)
        return positions


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


def _times_fs(frames: list[_RawFrame], path: Path) -> FloatArray | None:
    """Return times where ``dump_modify time yes units yes`` wrote them, fs."""
    if not frames:
        return None
    items = frames[0].header.items
    units = items["UNITS"][0].strip() if "UNITS" in items else None
    if units is not None and units not in _PS_UNITS | _FS_UNITS:
        raise TrajectoryError(f"{path}: its units are {units}; metal or real are needed")
    if units is None or any(frame.time is None for frame in frames):
        return None
    scale = 1000.0 if units in _PS_UNITS else 1.0
    return np.array([frame.time for frame in frames], dtype=float) * scale
