"""Blocks of frames that the readers yield, and the arrays that collect them."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

import numpy as np

from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import TrajectoryError


@dataclass(frozen=True)
class FrameBlock:
    """Some neighbouring frames of a file.

    Parameters
    ----------
    positions
        Å, shape ``(n, n_atoms, 3)``.
    cells
        Å, shape ``(n, 3, 3)``.
    numbers
        Atomic numbers, shape ``(n_atoms,)``.
    order
        What tells the order of the frames: MD steps, or integers in names; None where nothing does.
    times_fs
        Times where the file gives them, fs.
    source
        What the reader found out about the file.
    n_expected
        About how many frames the whole file holds, where that can be told.
    """

    positions: FloatArray
    cells: FloatArray
    numbers: IntArray
    order: FloatArray | None = None
    times_fs: FloatArray | None = None
    source: dict[str, object] = field(default_factory=dict)
    n_expected: int | None = None


Reader = Callable[[Path], Iterator[FrameBlock]]
"""Takes a path and yields its frames in the file's order."""


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, decompressing one that ends in ``.gz``.

    Parameters
    ----------
    path
        The file.
    """
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def open_text(path: Path) -> IO[str]:
    """Open a text file, decompressing one that ends in ``.gz``.

    Parameters
    ----------
    path
        The file.
    """
    return io.TextIOWrapper(open_bytes(path))


class FrameBuffer:
    """Arrays that grow in place while frames are read.

    Parameters
    ----------
    keep
        Tells from the number of a frame whether it is wanted.
    last
        Number of the last wanted frame, if known.
    """

    def __init__(self, keep: Callable[[IntArray], np.ndarray], last: int | None = None) -> None:
        self._keep, self._last = keep, last
        self.n_read = self.n_frames = 0
        self._first_of_file = 0
        self._positions: FloatArray = np.empty((0, 0, 3))
        self._cells: list[FloatArray] = []
        self._order: list[FloatArray] = []
        self._times: list[FloatArray] = []
        self._numbers: IntArray | None = None
        self.source: dict[str, object] = {}

    def extend(self, blocks: Iterable[FrameBlock], path: Path, continues: bool = False) -> None:
        """Take the wanted frames of one file.

        Parameters
        ----------
        blocks
            In the file's order.
        path
            The file, for messages.
        continues
            Whether its steps and times go on from those of the file before.

        Raises
        ------
        TrajectoryError
            If the atoms are others than before.
        """
        self._first_of_file = self.n_read
        order, time = (self._ends(continues, parts) for parts in (self._order, self._times))
        for block in blocks:
            block = _shifted(block, order, time)
            wanted = self._keep(self.n_read + np.arange(len(block.positions)))
            self.n_read += len(block.positions)
            self._add(block, wanted, path)
            if self._last is not None and self.n_read > self._last:
                return

    def _ends(self, continues: bool, parts: list[FloatArray]) -> float:
        return float(parts[-1][-1]) if continues and parts else 0.0

    def _add(self, block: FrameBlock, wanted: np.ndarray, path: Path) -> None:
        if self._numbers is None:
            self._numbers = block.numbers
            self._positions = np.empty((0, len(block.numbers), 3))
        elif not np.array_equal(self._numbers, block.numbers):
            raise TrajectoryError(
                f"{path}: its atoms are not those of the frames before (atomic numbers differ); "
                "read it as a trajectory of its own"
            )
        self.source |= block.source
        count = int(wanted.sum())
        if not count:
            return
        taken = slice(None) if count == len(wanted) else wanted  # no copy where all are wanted
        self._reserve(self.n_frames + count, block.n_expected)
        self._positions[self.n_frames : self.n_frames + count] = block.positions[taken]
        self.n_frames += count
        self._cells.append(block.cells[taken])
        if block.order is not None:
            self._order.append(block.order[taken])
        if block.times_fs is not None:
            self._times.append(block.times_fs[taken])

    def _reserve(self, n_frames: int, n_expected: int | None) -> None:
        """Make room for frames: for all that the first file is expected to hold, or by a fifth."""
        capacity, shape = len(self._positions), self._positions.shape[1:]
        if not capacity and n_expected is not None:
            wanted = self._keep(self._first_of_file + np.arange(n_expected))
            self._positions = np.empty((max(n_frames, int(wanted.sum())), *shape))
        elif n_frames > capacity:
            # grows by remapping memory, so that there are never two copies
            grown = max(n_frames, int(1.2 * capacity) + 16)
            self._positions.resize((grown, *shape), refcheck=False)

    def arrays(self) -> FrameBlock:
        """Return all wanted frames as one block.

        Raises
        ------
        TrajectoryError
            If there is none, or only some files tell their steps.
        """
        if self._numbers is None or not self.n_frames:
            raise TrajectoryError("no frame was found; look at the paths and at `frames`")
        self._positions.resize((self.n_frames, *self._positions.shape[1:]), refcheck=False)
        cells = np.concatenate(self._cells)
        if np.all(cells == cells[0]):
            cells = np.broadcast_to(cells[0], cells.shape)
        return FrameBlock(
            self._positions,
            cells,
            self._numbers,
            self._complete(self._order),
            self._complete(self._times),
            self.source,
        )

    def _complete(self, parts: list[FloatArray]) -> FloatArray | None:
        if not parts:
            return None
        joined = np.concatenate(parts)
        if len(joined) != self.n_frames:
            raise TrajectoryError(
                f"only {len(joined)} of {self.n_frames} frames have a step or time; read the "
                "files separately"
            )
        return joined


def _shifted(block: FrameBlock, order: float, time: float) -> FrameBlock:
    """Return a block with an offset added to its steps and times."""
    if not order and not time:
        return block
    return replace(
        block,
        order=None if block.order is None else block.order + order,
        times_fs=None if block.times_fs is None else block.times_fs + time,
    )
