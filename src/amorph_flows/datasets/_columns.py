"""Arrays of frames as columns: one array for all frames instead of one list for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from amorph_flows.datasets.binary import decode_array, encode_array

_WIDTHS: dict[str, tuple[int, ...]] = {
    "numbers": (-1,),
    "positions": (-1, 3),
    "cell": (-1, 3),
    "energy_ev": (-1,),
    "forces": (-1, 3),
    "stress": (-1, 3),
    "magmoms": (-1,),
}
_ROWS = {"cell": 3, "stress": 3, "energy_ev": 1}
_LEFT_OUT = "magmoms"
"""A column that is not there where no frame has it, nor in frames stored before it was known."""


def to_columns(frames: Sequence[Any]) -> dict[str, Any]:
    """Return the arrays of frames, joined; a mask ``has_*`` says which frames have one.

    Parameters
    ----------
    frames
        Objects with `n_atoms` and an array, number or None for each column.
    """
    columns: dict[str, Any] = {"n_atoms": encode_array([frame.n_atoms for frame in frames])}
    for name, width in _WIDTHS.items():
        values = [getattr(frame, name) for frame in frames]
        present = [value is not None for value in values]
        if name == _LEFT_OUT and not any(present):
            continue
        held = [np.reshape(v, width) for v in values if v is not None]
        joined = np.concatenate(held) if held else np.empty((0, *width[1:]))
        columns[name] = encode_array(joined)
        if not all(present):
            columns[f"has_{name}"] = encode_array(present)
    return columns


def from_columns(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the arrays of each frame by name.

    Parameters
    ----------
    columns
        What `to_columns` returned; other keys are ignored.

    Raises
    ------
    KeyError
        If a column is missing.
    ValueError
        If the length of a column does not fit the others.
    """
    n_atoms = decode_array(columns["n_atoms"])
    held = {
        name: _split(columns, name, n_atoms)
        for name in _WIDTHS
        if name != _LEFT_OUT or name in columns
    }
    return [{name: held[name][i] for name in held} for i in range(len(n_atoms))]


def _split(columns: dict[str, Any], name: str, n_atoms: npt.NDArray[np.int64]) -> list[Any]:
    """Return one column cut into frames, with None where a frame does not have it."""
    lengths = np.full(len(n_atoms), _ROWS[name]) if name in _ROWS else n_atoms
    present = np.ones(len(n_atoms), dtype=bool)
    if f"has_{name}" in columns:
        present = decode_array(columns[f"has_{name}"]).astype(bool)
    ends = np.cumsum(np.where(present, lengths, 0))
    values = decode_array(columns[name])
    if len(ends) and ends[-1] != len(values):
        raise ValueError(f"{name} has {len(values)} rows, but its frames need {ends[-1]}")
    pieces = [
        values[end - n : end] if p else None
        for end, n, p in zip(ends, lengths, present, strict=True)
    ]
    if name == "energy_ev":
        return [None if piece is None else float(piece[0]) for piece in pieces]
    return pieces
