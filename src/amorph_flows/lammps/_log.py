"""LAMMPS logs: the thermo columns of a run, and how the run ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.lammps.run_files import COMPLETE, FINISHED, STAGE_MARK, THERMO_COLUMNS

_GPA = 1e-4
"""Of a bar."""

_SCALARS = {
    "step": ("step", 1.0),
    "temp": ("temperature_k", 1.0),
    "pe": ("potential_energy_ev", 1.0),
    "ke": ("kinetic_energy_ev", 1.0),
    "press": ("pressure_gpa", _GPA),
    "enthalpy": ("enthalpy_ev", 1.0),
    "vol": ("volume_a3", 1.0),
    "density": ("density_g_cm3", 1.0),
}
_COLUMNS = THERMO_COLUMNS.split()


def read_thermo(path: Path) -> dict[str, FloatArray]:
    """Return the thermo columns; where a later piece repeats steps, its numbers count.

    Parameters
    ----------
    path
        A log of one or more pieces, in units ``metal``.

    Returns
    -------
    dict
        ``stage`` (index), ``step``, ``temperature_k``, ``potential_energy_ev``,
        ``kinetic_energy_ev``, ``pressure_gpa``, ``enthalpy_ev``, ``volume_a3`` and
        ``density_g_cm3``, each of shape ``(n_lines,)``; ``pressure_tensor_gpa`` and ``cells_a``,
        shape ``(n_lines, 3, 3)``.
    """
    rows: list[list[float]] = []
    header: list[str] = []
    begins, stage = False, 0
    for line in _lines(path):
        words = line.split()
        if words[:-1] == STAGE_MARK.split():
            stage = int(words[-1])
            rows = [row for row in rows if row[0] <= stage]
        elif words[:1] == ["Step"]:
            header, begins = words, True
        elif words[:2] == ["Loop", "time"]:
            header = []
        elif header and (row := _numbers(words, len(header))) is not None:
            if begins:
                rows = [kept for kept in rows if (kept[0], kept[1]) < (stage, row[0])]
            begins = False
            rows.append([stage, *row])
    table = np.array(rows, dtype=float).reshape(-1, 1 + len(_COLUMNS))
    columns = dict(zip(_COLUMNS, table[:, 1:].T, strict=True))
    thermo = {name: columns[key] * factor for key, (name, factor) in _SCALARS.items()}
    pressure = [columns[key] * _GPA for key in ("pxx", "pyy", "pzz", "pyz", "pxz", "pxy")]
    tensor = np.array([pressure[i] for i in (0, 5, 4, 5, 1, 3, 4, 3, 2)]).T.reshape(-1, 3, 3)
    lx, ly, lz, yz, xz, xy = (columns[key] for key in ("lx", "ly", "lz", "yz", "xz", "xy"))
    none = np.zeros_like(lx)
    cells = np.array([lx, none, none, xy, ly, none, xz, yz, lz]).T.reshape(-1, 3, 3)
    return {"stage": table[:, 0]} | thermo | {"pressure_tensor_gpa": tensor, "cells_a": cells}


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


def is_complete(path: Path) -> bool:
    """Return whether the last piece ended the last stage.

    Parameters
    ----------
    path
        The log.
    """
    return has_finished(path) and any(line.strip() == COMPLETE for line in _tail(path, 4000))


def last_stage(path: Path) -> int:
    """Return the index of the stage that the log ends in.

    Parameters
    ----------
    path
        The log.
    """
    marks = (line.split() for line in reversed(_lines(path)))
    return next((int(words[-1]) for words in marks if words[:-1] == STAGE_MARK.split()), 0)


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
