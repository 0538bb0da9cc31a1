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


def cut_saved(path: Path, step: int, stage: int = 0) -> None:
    """Drop what a run going on will save again, and what a kill left half written.

    Parameters
    ----------
    path
        The file; it may be absent.
    step, stage
        Where it goes on: configurations of this step of the stage and later ones are dropped.
    """
    if not path.exists():
        return
    with replacement(path) as new, new.open("w", encoding="utf-8") as file:
        file.writelines(
            "".join(lines) + "\n" for lines in _whole(path) if _place(lines) < (stage, step)
        )


def with_stage(text: str, stage: int) -> str:
    """Return the text of a configuration with the stage that it was saved in.

    Parameters
    ----------
    text
        One configuration.
    stage
        Index of the stage.
    """
    return text.replace("END_CFG", f" Feature   stage   {stage}\nEND_CFG")


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


def _place(lines: list[str]) -> tuple[int, int]:
    """Return the stage and the step of a configuration, 0 and -1 where they are not given."""
    stage, step = 0, -1
    for line in lines:
        match line.split(maxsplit=2):
            case ["Feature", "stage", text]:
                stage = int(text)
            case ["Feature", "timestep", text]:
                step = int(text)
            case ["Feature", "provenance", text]:
                step = int(json.loads(text).get("step", -1))
    return stage, step
