"""LAMMPS logs: the thermo columns of a run, and how the run ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.lammps.input import FINISHED

BAR_PER_GPA = 1e4

_COLUMNS = {
    "Step": ("step", 1.0),
    "Temp": ("temperature_k", 1.0),
    "PotEng": ("potential_energy_ev", 1.0),
    "KinEng": ("kinetic_energy_ev", 1.0),
    "Press": ("pressure_gpa", 1 / BAR_PER_GPA),
}


def read_thermo(path: Path) -> dict[str, FloatArray]:
    """Return the thermo columns; where a later piece repeats steps, its numbers count.

    Parameters
    ----------
    path
        A log of one or more pieces, in units ``metal``.

    Returns
    -------
    dict
        ``step``, ``temperature_k``, ``potential_energy_ev``, ``kinetic_energy_ev`` and
        ``pressure_gpa``, each of shape ``(n_lines,)``.
    """
    rows: list[list[float]] = []
    header: list[str] = []
    begins = False
    for line in _lines(path):
        words = line.split()
        if words[:1] == ["Step"]:
            header, begins = words, True
        elif words[:2] == ["Loop", "time"]:
            header = []
        elif header and (row := _numbers(words, len(header))) is not None:
            if begins:
                rows = [kept for kept in rows if kept[0] < row[0]]
            begins = False
            rows.append(row)
    table = np.array(rows, dtype=float).reshape(-1, len(_COLUMNS))
    return {
        name: table[:, column] * factor for column, (name, factor) in enumerate(_COLUMNS.values())
    }


def last_step(path: Path) -> int:
    """Return the last step in the log, 0 if there is none.

    Parameters
    ----------
    path
        The log; only its end is read.
    """
    for line in reversed(_tail(path, 20_000)):
        row = _numbers(line.split(), len(_COLUMNS))
        if row is not None:
            return int(row[0])
    return 0


def has_finished(path: Path) -> bool:
    """Return whether the last piece reached the last command of its input.

    Parameters
    ----------
    path
        The log.
    """
    return any(line.strip() == FINISHED for line in _tail(path, 2000))


def last_lines(path: Path, count: int = 8) -> str:
    """Return the last lines of a file, for an error message.

    Parameters
    ----------
    path
        The file; one that does not exist gives nothing.
    count
        How many lines.
    """
    return "\n".join([line for line in _tail(path, 8000) if line.strip()][-count:])


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _tail(path: Path, n_bytes: int) -> list[str]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - n_bytes))
        return file.read().decode(errors="replace").splitlines()


def _numbers(words: list[str], count: int) -> list[float] | None:
    """Return a line's numbers if it is a line of ``count`` numbers."""
    if len(words) != count or not words[0].isdigit():
        return None
    try:
        return [float(word) for word in words]
    except ValueError:
        return None
