"""Rows of a LAMMPS dump with numbers of any form."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import TrajectoryError


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
