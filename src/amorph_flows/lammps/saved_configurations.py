"""Configurations that a run saved, in MLIP-2 format; one that a kill cut off is dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from amorph_flows.files import replacement


def count_saved(path: Path) -> int:
    """Return the number of whole configurations in a file, 0 where there is none.

    Parameters
    ----------
    path
        The file, read line by line.
    """
    return sum(1 for _ in _whole(path))


def cut_saved(path: Path, step: int) -> None:
    """Drop what a run going on from a step will save again, and what a kill left half written.

    Parameters
    ----------
    path
        The file; it may be absent.
    step
        Configurations of this step and later ones are dropped.
    """
    if not path.exists():
        return
    with replacement(path) as new, new.open("w", encoding="utf-8") as file:
        file.writelines("".join(lines) + "\n" for lines in _whole(path) if _step(lines) < step)


def _whole(path: Path) -> Iterator[list[str]]:
    """Yield the lines of each configuration from BEGIN_CFG to END_CFG."""
    if not path.exists():
        return
    lines: list[str] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("BEGIN_CFG"):
                lines = []
            lines.append(line)
            if line == "END_CFG\n" and lines[0].startswith("BEGIN_CFG"):
                yield lines
                lines = []


def _step(lines: list[str]) -> int:
    """Return the MD step of a configuration, -1 if it is not given."""
    for line in lines:
        words = line.split(maxsplit=2)
        if words[:2] == ["Feature", "timestep"]:
            return int(words[2])
        if words[:2] == ["Feature", "provenance"]:
            return int(json.loads(words[2]).get("step", -1))
    return -1
