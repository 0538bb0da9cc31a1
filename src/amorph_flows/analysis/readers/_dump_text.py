"""The text of LAMMPS dumps: where frames begin, and what their headers say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np

from amorph_flows.analysis.readers._dump_kernel import PADDING
from amorph_flows.analysis.readers._frames import open_bytes
from amorph_flows.arrays import FloatArray

STEP = b"ITEM: TIMESTEP"
_ABOVE = (b"ITEM: TIME\n", b"ITEM: UNITS\n")  # what `dump_modify time yes units yes` puts above it
_ROOM = 256  # bytes that hold those lines


@dataclass(frozen=True)
class Text:
    """Whole frames, but for one that a killed run cut off.

    Parameters
    ----------
    raw
        Bytes that go on for `PADDING` beyond the frames.
    start, stop
        Where the first frame begins and the last one ends.
    """

    raw: bytearray
    start: int
    stop: int


@dataclass(frozen=True)
class Header:
    """The lines from below the step to the rows, which frames mostly have in common."""

    items: dict[str, list[str]]

    @classmethod
    def of(cls, text: str) -> Header:
        """Return what some lines say.

        Parameters
        ----------
        text
            Lines below ``ITEM:`` lines.
        """
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
        """Names of the columns."""
        return next(k for k in self.items if k.startswith("ATOMS")).split()[1:]

    @cached_property
    def n_atoms(self) -> int:
        """Number of rows."""
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
class RawFrame:
    """A frame as bytes."""

    step: int
    time: float | None
    units: str | None
    head: bytes
    rows: memoryview

    @cached_property
    def header(self) -> Header:
        """What its header says."""
        return Header.of(self.head.decode())

    @property
    def whole(self) -> bool:
        """Whether it was not cut off."""
        return bytes(self.rows).count(b"\n") == self.header.n_atoms


def frames_in(text: Text) -> Iterator[RawFrame]:
    """Yield the frames of a text; some may be cut off.

    Parameters
    ----------
    text
        Where it starts, a frame does.
    """
    raw, start = text.raw, text.start
    step = raw.find(STEP, start, text.stop)
    while step >= 0:
        following = raw.find(STEP, step + 1, text.stop)
        stop = text.stop if following < 0 else frame_start(raw, following)
        atoms = raw.find(b"ITEM: ATOMS", step, stop)
        rows = raw.find(b"\n", atoms, stop) + 1 if atoms >= 0 else 0
        if rows:
            _, number, head = bytes(raw[step:rows]).split(b"\n", 2)
            above = bytes(raw[start:step]).decode()
            items = Header.of(above).items | Header.of(head.decode()).items
            time, units = items.get("TIME"), items.get("UNITS")
            yield RawFrame(
                int(number),
                float(time[0]) if time else None,
                units[0].strip() if units else None,
                head,
                memoryview(raw)[rows:stop],
            )
        start, step = stop, following


def frame_start(raw: bytes | bytearray, step: int) -> int:
    """Return where the frame begins, time and units included, whose step's line is somewhere.

    Parameters
    ----------
    raw
        Text.
    step
        Where `STEP` is.
    """
    start = step
    for title in _ABOVE:
        above = raw.rfind(title, max(0, start - _ROOM), start)
        if above >= 0 and raw.find(b"\n", above + len(title), start) == start - 1:
            start = above
    return start


def streamed(path: Path, size: int) -> Iterator[Text]:
    """Yield the texts of a dump, plain or gzipped, one after the other.

    Parameters
    ----------
    path
        The dump.
    size
        Bytes that are read at a time.
    """
    rest = b""
    with open_bytes(path) as stream:
        while chunk := stream.read(size):
            chunk = rest + chunk
            last = chunk.rfind(STEP)
            cut = frame_start(chunk, last) if last > 0 else 0
            rest = chunk[cut:]
            if cut:
                yield Text(bytearray(chunk[:cut]) + bytes(PADDING), 0, cut)
    if rest:
        yield Text(bytearray(rest) + bytes(PADDING), 0, len(rest))


def _fill(file: IO[bytes], view: memoryview) -> int:
    """Read until a view is full or the file ends, and return the bytes that were read."""
    n_read = 0
    while count := file.readinto(view[n_read:]):  # type: ignore[attr-defined]
        n_read += count
    return n_read


def text_between(path: Path, start: int, stop: int, margin: int) -> Text | None:
    """Return the frames whose steps are between two bytes of a plain dump; None if none is.

    Parameters
    ----------
    path
        The dump.
    start, stop
        The first byte, and the first one that is another's.
    margin
        Bytes that a frame is expected to fill.
    """
    begin = max(0, start - _ROOM)
    with path.open("rb", buffering=0) as file:
        while True:
            end = stop + margin
            raw = bytearray(end - begin + PADDING)
            file.seek(begin)
            n_read = _fill(file, memoryview(raw)[: end - begin])
            first = raw.find(STEP, start - begin)
            if first < 0 or first >= stop - begin:
                return None
            following = raw.find(STEP, stop - begin)
            if following >= 0 or n_read < end - begin:
                break
            margin *= 2
    last = frame_start(raw, following) if following >= 0 else n_read
    return Text(raw, frame_start(raw, first), last)
