"""LAMMPS text dumps, plain or gzipped."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from amorph_flows.analysis.readers._dump_layout import DumpLayout
from amorph_flows.analysis.readers._dump_text import Text, frames_in, streamed, text_between
from amorph_flows.analysis.readers._frames import FrameBlock
from amorph_flows.errors import TrajectoryError

_BATCH = 2_000_000  # bytes; small enough to stay in the processor's cache
_THREADS = min(4, len(os.sched_getaffinity(0)))


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
        Frames that were cut off, as by a killed run, are left out. Numbers are those of
        ``float``, to the last bit.

    Raises
    ------
    TrajectoryError
        If elements, coordinates or frames cannot be told.
    """
    layout = _layout(path, species)
    texts = _gzipped(path) if path.suffix == ".gz" else _plain(path, layout.frame_bytes)
    waiting: deque[Future[list[FrameBlock]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        for text in texts:
            waiting.append(pool.submit(_blocks, layout, text))
            if len(waiting) > 2 * _THREADS:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _layout(path: Path, species: tuple[str, ...] | None) -> DumpLayout:
    """Return what the first whole frame tells."""
    for text in streamed(path, _BATCH):
        for frame in frames_in(text):
            if frame.whole:
                return DumpLayout.of(frame, species, path)
    raise TrajectoryError(f"{path}: no whole frame in it; is it a LAMMPS text dump?")


def _gzipped(path: Path) -> Iterator[Callable[[], Text | None]]:
    for text in streamed(path, _BATCH):
        yield partial(_itself, text)


def _itself(text: Text) -> Text:
    return text


def _plain(path: Path, frame_bytes: int) -> Iterator[Callable[[], Text | None]]:
    """Yield what reads each part of a file; every part is read where it is parsed."""
    step = max(_BATCH, frame_bytes)
    margin = frame_bytes + frame_bytes // 4 + 1024
    for start in range(0, path.stat().st_size, step):
        yield partial(text_between, path, start, start + step, margin)


def _blocks(layout: DumpLayout, read: Callable[[], Text | None]) -> list[FrameBlock]:
    text = read()
    return [] if text is None else layout.blocks(text)
