"""Numbers from the rows of a LAMMPS dump, compiled where numba is installed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from amorph_flows.analysis.trajectory import FloatArray
from amorph_flows.errors import TrajectoryError

_SPACE, _NEWLINE, _MINUS, _PLUS, _DOT, _ZERO, _NINE = (ord(c) for c in " \n-+.09")
_EXPONENTS = (ord("e"), ord("E"))
_POWERS = 10.0 ** np.arange(23)  # the powers of ten that doubles hold exactly
_MOST_DIGITS = 15  # an integer of so many is exact, and so is its rounding after one division


def parse_rows(
    rows: bytes, n_rows: int, columns: list[str], wanted: list[str], path: Path
) -> FloatArray:
    """Return the wanted columns of rows of text as numbers.

    Parameters
    ----------
    rows
        Words separated by spaces, a line for each atom.
    n_rows
        Number of lines.
    columns
        Names of all columns.
    wanted
        Names of those that are wanted, all numbers.
    path
        The file, for messages.

    Returns
    -------
    FloatArray
        Shape ``(n_rows, len(wanted))``, correctly rounded.

    Raises
    ------
    TrajectoryError
        If rows are damaged or a word is no number.
    """
    names = list(columns)
    if rows[: rows.find(b"\n")].endswith(b" "):  # LAMMPS ends its rows with a space
        names.append("")
    try:
        table = csv.read_csv(
            io.BytesIO(rows),
            read_options=csv.ReadOptions(column_names=names, block_size=1 << 21),
            parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
            convert_options=csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.float64())
            ),
        )
    except pa.ArrowInvalid:
        return _word_by_word(rows, n_rows, columns, wanted, path)
    return np.column_stack([table.column(name).to_numpy() for name in wanted])


def compiled_rows(
    frames: Sequence[memoryview], n_rows: int, columns: list[str], wanted: list[str]
) -> FloatArray | None:
    """Return what `parse_rows` does for the rows of several frames, compiled.

    Parameters
    ----------
    frames
        The rows of each frame.
    n_rows
        Number of lines of a frame.
    columns, wanted
        As for `parse_rows`.

    Returns
    -------
    FloatArray or None
        Shape ``(n_frames, n_rows, len(wanted))``; None without numba, and where rows are cut off,
        too many, or no plain decimal numbers.
    """
    kernel = _kernel()
    if kernel is None:
        return None
    places = np.full(len(columns), -1, dtype=np.int64)
    places[[columns.index(name) for name in wanted]] = np.arange(len(wanted))
    table = np.empty((len(frames), n_rows, len(wanted)))
    for frame, rows in zip(table, frames, strict=True):
        if not kernel(np.frombuffer(rows, dtype=np.uint8), places, frame):
            return None
    return table


@cache
def _kernel() -> Any:
    """Return the compiled parser, or None without numba."""
    try:
        import numba
    except ImportError:
        return None
    return numba.njit(nogil=True, cache=True)(_parse)


def _parse(text: Any, places: Any, table: Any) -> bool:  # noqa: C901
    """Fill a table from rows; False where a word is not a plain decimal number.

    Every loop ends at a newline at the latest, and the text ends with one.
    """
    at, end = 0, len(text)
    if end == 0 or text[end - 1] != _NEWLINE:
        return False
    for row in range(table.shape[0]):
        if at == end:
            return False
        for column in range(places.shape[0]):
            while text[at] == _SPACE:
                at += 1
            if text[at] == _NEWLINE:
                return False
            if places[column] < 0:
                while text[at] > _SPACE:
                    at += 1
                continue
            negative = text[at] == _MINUS
            at += negative
            first, mantissa = at, 0
            while _ZERO <= text[at] <= _NINE:
                mantissa = mantissa * 10 + (text[at] - _ZERO)
                at += 1
            digits, power = at - first, 0
            if text[at] == _DOT:
                at += 1
                first = at
                while _ZERO <= text[at] <= _NINE:
                    mantissa = mantissa * 10 + (text[at] - _ZERO)
                    at += 1
                power = first - at
                digits += at - first
            if text[at] == _EXPONENTS[0] or text[at] == _EXPONENTS[1]:
                at += 1
                sign = -1 if text[at] == _MINUS else 1
                at += text[at] == _MINUS or text[at] == _PLUS
                exponent = 0
                while _ZERO <= text[at] <= _NINE:
                    exponent = exponent * 10 + (text[at] - _ZERO)
                    at += 1
                power += sign * exponent
            plain = text[at] <= _SPACE and 0 < digits <= _MOST_DIGITS and -22 <= power <= 22
            if not plain:
                return False
            value = mantissa / _POWERS[-power] if power < 0 else mantissa * _POWERS[power]
            table[row, places[column]] = -value if negative else value
        while text[at] == _SPACE:
            at += 1
        if text[at] != _NEWLINE:
            return False
        at += 1
    return at == end


def _word_by_word(
    rows: bytes, n_rows: int, columns: list[str], wanted: list[str], path: Path
) -> FloatArray:
    """Return the wanted columns of rows in which columns are padded."""
    words = rows.split()
    if len(words) != n_rows * len(columns):
        raise TrajectoryError(
            f"{path}: {len(words)} entries do not fill {n_rows} rows of {len(columns)} columns; a "
            "row is cut off or damaged"
        )
    table = np.array(words).reshape(n_rows, len(columns))
    try:
        return table[:, [columns.index(name) for name in wanted]].astype(float)
    except ValueError as error:
        raise TrajectoryError(f"{path}: a coordinate is no number ({error})") from error
