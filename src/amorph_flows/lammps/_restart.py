"""Restart after a kill: the last whole restart file, and files cut back to its step."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from amorph_flows.analysis.readers.dump_text import frames_of
from amorph_flows.lammps.run_files import DUMP_FILE, RESTART_PREFIX, Restart

_MAGIC = b"LammpS RestartT"


def last_restart(folder: Path) -> Restart | None:
    """Return the newest restart file that is whole, or None.

    Parameters
    ----------
    folder
        The run's folder.
    """
    return next((found for found in _newest_first(folder) if _is_whole(found.path)), None)


def prune_restarts(folder: Path, keep: int = 3) -> None:
    """Delete all but the newest restart files.

    Parameters
    ----------
    folder
        The run's folder.
    keep
        How many stay: the newest may be half written, and a stage ends with two of one step.
    """
    for restart in _newest_first(folder)[keep:]:
        restart.path.unlink(missing_ok=True)


def cut_dump(folder: Path, step: int) -> None:
    """Drop the frames that a run going on will write again.

    Parameters
    ----------
    folder
        The run's folder.
    step
        Frames of this step and later ones are dropped, and a frame cut off at the end.
    """
    path = folder / DUMP_FILE
    if not path.exists():
        return
    kept_to = 0
    for frame in chain.from_iterable(frames_of(path)):
        if frame.step >= step:
            break
        kept_to = frame.stop
    with path.open("r+b") as file:
        file.truncate(kept_to)


def _newest_first(folder: Path) -> list[Restart]:
    names = (path.name.split(".") for path in folder.glob(f"{RESTART_PREFIX}.*.*"))
    numbers = sorted((int(n[1]), int(n[2])) for n in names if n[1].isdigit() and n[2].isdigit())
    return [
        Restart(stage, step, folder / f"{RESTART_PREFIX}.{stage}.{step}")
        for stage, step in reversed(numbers)
    ]


def _is_whole(path: Path) -> bool:
    """Return whether a restart file begins and ends as LAMMPS writes it."""
    raw = path.read_bytes()
    return raw.startswith(_MAGIC) and _MAGIC in raw[-64:]
