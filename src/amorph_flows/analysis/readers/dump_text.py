"""The frames in the text of a LAMMPS dump: where each is, and what its header says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from amorph_flows.analysis.readers._frames import open_bytes
from amorph_flows.arrays import FloatArray

BATCH_BYTES = 1_000_000  # stays in the cache of the processor


@dataclass(frozen=True)
class DumpFrame:
    """A frame with all its rows.

    Parameters
    ----------
    start, stop
        Where it begins and ends, bytes of the (decompressed) file.
    step
        MD step.
    time, units
        What ``ITEM: TIME`` and ``ITEM: UNITS`` say; None where they are not there.
    columns
        Names of the columns.
    n_atoms
        Number of rows.
    box
        Cell, row vectors, and origin, Å.
    rows
        Their text, a line for each atom.
    """

    start: int
    stop: int
    step: int
    time: float | None
    units: str | None
    columns: list[str]
    n_atoms: int
    box: tuple[FloatArray, FloatArray]
    rows: memoryview


def frames_of(path: Path, batch_bytes: int = BATCH_BYTES) -> Iterator[list[DumpFrame]]:
    """Yield the frames of a dump, plain or gzipped, some at a time.

    Frames that were cut off, as by a killed run, are left out.

    Parameters
    ----------
    path
        The dump.
    batch_bytes
        How much is read at a time; a frame may be longer.
    """
    rest, offset = b"", 0
    with open_bytes(path) as file:
        while True:
            chunk = file.read(batch_bytes)
            text = rest + chunk
            found, used = _frames_in(text, offset, is_last=not chunk)
            if found:
                yield found
            if not chunk:
                return
            rest, offset = text[used:], offset + used


def _frames_in(text: bytes, offset: int, *, is_last: bool) -> tuple[list[DumpFrame], int]:
    """Return the frames of a text, and where the frame begins that may go on beyond its end."""
    characters = np.frombuffer(text, dtype=np.uint8)
    titles = np.flatnonzero(characters == ord("I")).tolist()
    titles = [at for at in titles if text.startswith(b"ITEM: ", at)]
    found, start = [], 0
    for at, end in pairwise([*titles, len(text)] if is_last else titles):
        if not text.startswith(b"ITEM: ATOMS", at):
            continue
        rows = text.find(b"\n", at, end) + 1
        stop = text.rfind(b"\n", 0, end) + 1
        items = _items(text[start:rows].decode()) if rows else {}
        n_rows = int(np.count_nonzero(characters[rows:stop] == ord("\n")))
        if {"TIMESTEP", "NUMBER", "BOX"} <= items.keys() and n_rows == int(items["NUMBER"][1]):
            found.append(
                DumpFrame(
                    offset + start,
                    offset + stop,
                    int(items["TIMESTEP"][1]),
                    float(items["TIME"][1]) if "TIME" in items else None,
                    items["UNITS"][1].strip() if "UNITS" in items else None,
                    items["ATOMS"][0].split()[1:],
                    n_rows,
                    _box(*items["BOX"]),
                    memoryview(text)[rows:stop],
                )
            )
        start = end
    return found, start


def _items(head: str) -> dict[str, tuple[str, str]]:
    """Return title and text of each item by its first word; of one that comes twice the last."""
    parts = (part.partition("\n") for part in head.split("ITEM: ")[1:])
    return {title.partition(" ")[0].strip(): (title, text) for title, end, text in parts if end}


@lru_cache(maxsize=8)  # mostly the same in all frames
def _box(title: str, text: str) -> tuple[FloatArray, FloatArray]:
    """Return cell and origin (LAMMPS manual, "Triclinic simulation boxes")."""
    rows = np.array([line.split() for line in text.splitlines()], dtype=float)
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
