"""AENET's programs: where they are, and how they are run."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Literal

from amorph_flows.errors import CalculationError, MissingDependencyError
from amorph_flows.settings import Settings

Program = Literal["generate", "train", "predict"]
PROGRAMS: tuple[Program, ...] = ("generate", "train", "predict")


def command_of(program: Program) -> list[str]:
    """Return the command of a program.

    Parameters
    ----------
    program
        Its name without ``.x``.

    Raises
    ------
    MissingDependencyError
        If the settings name none, or it is not there.
    """
    words = shlex.split(str(getattr(Settings(), f"aenet_{program}")))
    variable = f"AMORPH_AENET_{program.upper()}"
    build = "build AENET 2.0.4 from its sources (MPL-2.0, a Fortran compiler)"
    if not words:
        hint = f"{build} and set {variable} to its {program}.x"
        raise MissingDependencyError(f"AENET's {program}.x", hint=hint)
    if shutil.which(words[0]) is None:
        raise MissingDependencyError(
            f"{words[0]!r}, which {variable} names", hint=f"{build} and correct {variable}"
        )
    return words


def run(program: Program, folder: Path) -> str:
    """Run a program on ``<program>.in`` in a folder and return what it printed.

    Parameters
    ----------
    program
        Its name without ``.x``.
    folder
        Has its input.

    Raises
    ------
    CalculationError
        If it says that something is wrong; it does so with exit code 0.
    """
    done = subprocess.run(
        [*command_of(program), f"{program}.in"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    require_success(program, done.returncode, done.stdout, done.stderr)
    return done.stdout


def require_success(program: Program, code: int, said: str, errors: str) -> None:
    """Raise an error if a program failed.

    Parameters
    ----------
    program
        Its name without ``.x``.
    code
        Exit code.
    said, errors
        What it wrote to its standard output and error.
    """
    if code or "Error" in errors:
        last = "\n".join([*said.strip().splitlines()[-5:], *errors.strip().splitlines()[-10:]])
        raise CalculationError(f"AENET's {program}.x failed (exit code {code}):\n{last}\n")
