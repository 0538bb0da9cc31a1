"""The compiled part of reading LAMMPS dumps: the text of frames into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from amorph_flows.analysis.readers._decimal_words import (
    BLOCK,
    NEWLINE,
    SPACE,
    byte_at,
    compiled,
    decimal_number,
    trailing_zeros,
    word_ends,
)

PADDING = 128
"""Zero bytes that must follow the text, since blocks and words are loaded whole."""

_UNITS, _TIME, _STEP, _ITEM = (
    np.frombuffer(line, dtype=np.uint8)
    for line in (b"ITEM: UNITS\n", b"ITEM: TIME\n", b"ITEM: TIMESTEP\n", b"ITEM: ")
)


@njit(inline="always")
def _row(at: Any, places: Any, values: Any) -> Any:
    """Fill the wanted values of a row; return where the next begins (0: words are amiss)."""
    block = start = at
    ends = word_ends(block)
    column = 0
    while column < places.shape[0]:
        while ends == 0:
            block += BLOCK
            ends = word_ends(block)
        end = block + trailing_zeros(ends)
        ends &= ends - np.uint64(1)
        if end == start:
            if byte_at(start) != SPACE:
                return 0
        else:
            place = places[column]
            if place >= 0:
                values[place], exact = decimal_number(start, end)
                if not exact:
                    return 0
            column += 1
        start = end + 1
    at = start - 1
    while byte_at(at) == SPACE:
        at += 1
    return at + 1 if byte_at(at) == NEWLINE else 0


@compiled
def _begins(at: Any, what: Any) -> Any:
    for i in range(what.shape[0]):  # noqa: SIM110, no generators in compiled code
        if byte_at(at + i) != what[i]:
            return False
    return True


@compiled
def _line_end(at: Any, stop: Any) -> Any:
    while at < stop and byte_at(at) != NEWLINE:
        at += 1
    return at


@compiled
def _above(at: Any, stop: Any) -> Any:
    """Return step and time (NaN without one) above a header, and where they end (0: not there)."""
    time, exact = np.nan, True
    if _begins(at, _UNITS):
        at = _line_end(at + len(_UNITS), stop) + 1
    if _begins(at, _TIME):
        at += len(_TIME)
        end = _line_end(at, stop)
        time, exact = decimal_number(at, end)
        at = end + 1
    if not exact or not _begins(at, _STEP):
        return 0.0, time, 0
    at += len(_STEP)
    end = _line_end(at, stop)
    step, exact = decimal_number(at, end)
    return step, time, end + 1 if exact else 0


@compiled
def fill_frames(
    text: Any, start: Any, head: Any, places: Any, slots: Any, lowest: Any,
    origin: Any, positions: Any, steps: Any, times: Any, frame: Any,
) -> Any:  # fmt: skip
    """Fill arrays from frames as long as their headers are alike.

    Parameters
    ----------
    text
        Bytes, of which the last `PADDING` are zeros.
    start
        Where the first frame begins.
    head
        The bytes between step and rows.
    places
        For each column its place among x, y, z and id, -1 where it is none of them.
    slots
        Row in ``positions`` of the atom of each id from ``lowest`` on, -1 where there is none;
        empty where rows stay in the order of the file.
    lowest
        The lowest id.
    origin
        Taken off every position, shape ``(3,)``.
    positions, steps, times
        Filled: shapes ``(n, n_atoms, 3)``, ``(n,)`` and ``(n,)``, NaN where no time is told.
    frame
        The frame to begin with.

    Returns
    -------
    tuple of int
        The frame after the last one filled, and where the text goes on: before its end where a
        header is another or rows are damaged or hold numbers that need more digits.
    """
    begin, n_atoms = text.ctypes.data, positions.shape[1]
    at, stop = begin + start, begin + text.shape[0] - PADDING
    seen, values = np.full(n_atoms, -1), np.zeros(4)
    while at < stop and frame < positions.shape[0]:
        step, time, place = _above(at, stop)
        if place == 0 or not _begins(place, head):
            break
        place += head.shape[0]
        for row in range(n_atoms):
            place = _row(place, places, values)
            slot = row
            if slots.shape[0]:
                key = values[3] - lowest
                slot = slots[np.int64(key)] if 0 <= key < slots.shape[0] else -1
                if slot >= 0:
                    slot = -1 if seen[slot] == frame else slot
                    seen[slot] = frame
            if place == 0 or slot < 0:
                return frame, at - begin
            for axis in range(3):
                positions[frame, slot, axis] = values[axis] - origin[axis]
        if place < stop and not _begins(place, _ITEM):
            break
        steps[frame], times[frame] = step, time
        at = place
        frame += 1
    return frame, at - begin
