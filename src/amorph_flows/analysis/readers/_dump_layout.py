"""What all frames of a LAMMPS dump have in common, and their texts as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.analysis.readers._dump_kernel import PADDING, fill_frames
from amorph_flows.analysis.readers._dump_rows import parse_rows
from amorph_flows.analysis.readers._dump_text import STEP, Header, RawFrame, Text, frames_in
from amorph_flows.analysis.readers._frames import FrameBlock
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import TrajectoryError

_COORDINATES = {"": ("x", "y", "z"), "u": ("xu", "yu", "zu"), "s": ("xs", "ys", "zs"),
                "su": ("xsu", "ysu", "zsu")}  # fmt: skip
_TIME_UNITS_FS = {"metal": 1000.0, "real": 1.0}
_NO_IDS: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class DumpLayout:
    """What all frames of a dump have in common.

    Parameters
    ----------
    path
        The dump.
    columns
        Names of all columns.
    wanted
        Names of the coordinates, and ``id`` if there is one.
    scaled
        Whether the coordinates are fractional.
    slots, lowest
        Row of the atom of each id from the lowest on; empty without ids.
    numbers
        Atomic numbers, by increasing id, shape ``(n_atoms,)``.
    time_unit_fs
        fs; None where the dump does not tell its units.
    frame_bytes
        Bytes that a frame fills.
    source
        What was found out about the file.
    """

    path: Path
    columns: list[str]
    wanted: list[str]
    scaled: bool
    slots: IntArray
    lowest: int
    numbers: IntArray
    time_unit_fs: float | None
    frame_bytes: int
    source: dict[str, object]

    @classmethod
    def of(cls, frame: RawFrame, species: tuple[str, ...] | None, path: Path) -> DumpLayout:
        """Return the layout of the first frame.

        Parameters
        ----------
        frame
            One that is whole.
        species
            Element symbol of each type.
        path
            The dump.

        Raises
        ------
        TrajectoryError
            If coordinates, elements or units are not what can be read.
        """
        columns = frame.header.columns
        kind = next((k for k, names in _COORDINATES.items() if set(names) <= set(columns)), None)
        if kind is None:
            raise TrajectoryError(
                f"{path}: its columns are {' '.join(columns)}; x y z, xu yu zu, xs ys zs or "
                "xsu ysu zsu are needed"
            )
        table = [line.split() for line in bytes(frame.rows).decode().splitlines()]
        source: dict[str, object] = {"format": "lammps-dump", "unwrapped": "u" in kind}
        slots, lowest = _NO_IDS, 0
        if "id" in columns:
            table.sort(key=lambda row: int(row[columns.index("id")]))
            slots, lowest = _slots([int(row[columns.index("id")]) for row in table], path)
        else:
            source["order_of_atoms"] = "as in the file, which has no id column"
        if frame.time is not None and frame.units is None:
            source["time_without_units"] = True
        return cls(
            path,
            columns,
            [*_COORDINATES[kind], *(["id"] if len(slots) else [])],
            kind.startswith("s"),
            slots,
            lowest,
            _atomic_numbers(table, columns, species, path),
            _time_unit_fs(frame, path),
            len(frame.rows) + len(frame.head) + len(STEP),
            source,
        )

    def blocks(self, text: Text) -> list[FrameBlock]:
        """Return the frames of a text, compiled as far as its numbers are plain.

        Parameters
        ----------
        text
            Of the dump.

        Raises
        ------
        TrajectoryError
            If frames hold other atoms or columns, or rows are damaged.
        """
        n_atoms = len(self.numbers)
        most = (text.stop - text.start) // (2 * n_atoms * len(self.columns)) + 1
        positions, cells = np.empty((most, n_atoms, 3)), np.empty((most, 3, 3))
        steps, times = np.empty(most), np.empty(most)
        places = np.array([_place(name, self.wanted) for name in self.columns])
        view = np.frombuffer(text.raw, dtype=np.uint8)[: text.stop + PADDING]
        n, at = 0, text.start
        while at < text.stop and (header := self._header(text, at)) is not None:
            head, said = header
            cell, origin = said.box
            end, at = fill_frames(
                view, at, head, places, self.slots, self.lowest,
                np.zeros(3) if self.scaled else origin, positions, steps, times, n,
            )  # fmt: skip
            if end == n:
                break
            cells[n:end] = cell
            if self.scaled:
                positions[n:end] = positions[n:end] @ cell
            if "TIME" in said.items:
                times[n:end] = float(said.items["TIME"][0])
            n = end
        found = [self._block(positions[:n], cells[:n], steps[:n], times[:n])] if n else []
        return found + self._slowly(Text(text.raw, at, text.stop))

    def _header(self, text: Text, at: int) -> tuple[np.ndarray, Header] | None:
        """Return the header below the next step, as bytes and as what it says."""
        raw = text.raw
        step = raw.find(STEP, at, text.stop)
        begin = raw.find(b"\n", step + len(STEP) + 1, text.stop) + 1
        atoms = raw.find(b"ITEM: ATOMS", begin, text.stop)
        end = raw.find(b"\n", atoms, text.stop) + 1
        if step < 0 or not begin or atoms < 0 or not end:
            return None
        head = bytes(raw[begin:end])
        header = Header.of(head.decode())
        self._check(header, f"{bytes(raw[step + len(STEP) : begin]).decode().strip()}")
        return np.frombuffer(head, dtype=np.uint8), header

    def _check(self, header: Header, step: str) -> None:
        if header.columns != self.columns or header.n_atoms != len(self.numbers):
            raise TrajectoryError(
                f"{self.path}: step {step} has {header.n_atoms} atoms and columns "
                f"{' '.join(header.columns)}, the first frame {len(self.numbers)} and "
                f"{' '.join(self.columns)}; read the parts apart"
            )

    def _slowly(self, text: Text) -> list[FrameBlock]:
        """Return frames of any numbers; those that were cut off are left out."""
        frames = [frame for frame in frames_in(text) if frame.whole]
        if not frames:
            return []
        for frame in frames:
            self._check(frame.header, str(frame.step))
        n_atoms = len(self.numbers)
        rows = b"".join(frame.rows for frame in frames)
        table = parse_rows(rows, len(frames) * n_atoms, self.columns, self.wanted, self.path)
        positions = self._sorted(table.reshape(len(frames), n_atoms, len(self.wanted)))
        boxes = [frame.header.box for frame in frames]
        cells = np.array([cell for cell, _ in boxes])
        if self.scaled:
            positions = positions @ cells
        else:
            positions -= np.array([origin for _, origin in boxes])[:, None]
        steps = np.array([frame.step for frame in frames], dtype=float)
        times = np.array([np.nan if f.time is None else f.time for f in frames])
        return [self._block(positions, cells, steps, times)]

    def _sorted(self, table: FloatArray) -> FloatArray:
        """Return coordinates with the atoms of every frame by increasing id."""
        positions = np.ascontiguousarray(table[:, :, :3])
        if not len(self.slots):
            return positions
        keys = table[:, :, 3].astype(np.int64) - self.lowest
        inside = (keys >= 0) & (keys < len(self.slots))
        slots = np.where(inside, self.slots[np.where(inside, keys, 0)], -1)
        if not np.array_equal(
            np.sort(slots, axis=1), np.broadcast_to(np.arange(slots.shape[1]), slots.shape)
        ):
            raise TrajectoryError(
                f"{self.path}: a frame holds other ids than the first, or one of them twice; dump "
                "the same atoms in every frame"
            )
        sorted_positions = np.empty_like(positions)
        np.put_along_axis(sorted_positions, slots[..., None], positions, axis=1)
        return sorted_positions

    def _block(
        self, positions: FloatArray, cells: FloatArray, steps: FloatArray, times: FloatArray
    ) -> FrameBlock:
        known = self.time_unit_fs is not None and not np.isnan(times).any()
        n_expected = self.path.stat().st_size // self.frame_bytes + 1
        return FrameBlock(
            positions,
            cells,
            self.numbers,
            steps,
            times * self.time_unit_fs if known and self.time_unit_fs is not None else None,
            self.source,
            None if self.path.suffix == ".gz" else n_expected,
        )


def _place(name: str, wanted: list[str]) -> int:
    return wanted.index(name) if name in wanted else -1


def _slots(ids: list[int], path: Path) -> tuple[IntArray, int]:
    """Return the row of each id from the lowest on, and the lowest."""
    lowest = ids[0]
    slots = np.full(ids[-1] - lowest + 1, -1)
    slots[np.array(ids) - lowest] = np.arange(len(ids))
    if len(set(ids)) < len(ids):
        raise TrajectoryError(f"{path}: an id comes twice in its first frame")
    return slots, lowest


def _time_unit_fs(frame: RawFrame, path: Path) -> float | None:
    if frame.units is not None and frame.units not in _TIME_UNITS_FS:
        raise TrajectoryError(f"{path}: its units are {frame.units}; metal or real are needed")
    return None if frame.units is None else _TIME_UNITS_FS[frame.units]


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
