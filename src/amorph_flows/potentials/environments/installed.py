"""Finding the interpreter of an environment, and whether it has the tested versions."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from amorph_flows.errors import AmorphFlowsError, MissingDependencyError
from amorph_flows.potentials.environments.pins import Environment
from amorph_flows.settings import Settings

CHILD = Path(__file__).with_name("_child.py")
RECORD_FILE = "amorph_environment.json"
"""In the folder of an environment that is whole, written last."""


@dataclass(frozen=True)
class Installed:
    """An environment that is there, with the tested versions.

    Parameters
    ----------
    environment
        What it is.
    command
        Its interpreter, with a launcher where the setting has one.
    python
        Version of the interpreter.
    versions
        Of the pinned packages.
    """

    environment: Environment
    command: tuple[str, ...]
    python: str
    versions: dict[str, str]

    @property
    def method_versions(self) -> dict[str, str]:
        """Versions of the method's own packages."""
        return {name: self.versions[name] for name in self.environment.packages}

    def variables(self) -> dict[str, str]:
        """Return the variables of a process that it runs."""
        return _variables(own=not named_interpreter(self.environment))


def folder_of(environment: Environment) -> Path:
    """Return where `install` makes an environment.

    Parameters
    ----------
    environment
        The environment.
    """
    return Settings().cache_dir.expanduser().resolve() / "backends" / environment.name


def named_interpreter(environment: Environment) -> str:
    """Return the interpreter that the settings name for an environment, empty without one.

    Parameters
    ----------
    environment
        The environment.
    """
    return str(getattr(Settings(), environment.setting)) if environment.setting else ""


def is_set_up(environment: Environment) -> bool:
    """Return whether somebody has made an environment or named its interpreter.

    Parameters
    ----------
    environment
        The environment.
    """
    return bool(named_interpreter(environment)) or folder_of(environment).exists()


def find_installed(*environments: Environment) -> Installed:
    """Return the first of some environments that is there with the tested versions.

    Parameters
    ----------
    *environments
        Those that do, the best first.

    Raises
    ------
    MissingDependencyError
        If none is there, or it has other versions; the message has the command that makes it.
    """
    refusals = []
    for environment in environments:
        try:
            return _checked(environment, _command(environment))
        except MissingDependencyError as error:
            refusals.append((is_set_up(environment), error))
    raise next((error for there, error in refusals if there), refusals[0][1])


def _command(environment: Environment) -> tuple[str, ...]:
    named = named_interpreter(environment)
    if named:
        return tuple(shlex.split(named))
    folder = folder_of(environment)
    if not (folder / RECORD_FILE).is_file():
        what = f"the environment of {environment.name!r}"
        if folder.exists():
            what += f" in {folder}, whose installation did not come to its end,"
        raise MissingDependencyError(what, hint=environment.remedy)
    return (str(folder / "bin" / "python"),)


def _checked(environment: Environment, command: tuple[str, ...]) -> Installed:
    hint = environment.remedy
    if named_interpreter(environment):
        hint = f"{hint} (and unset {environment.variable}), or name one that has it"
    pins = environment.pins
    try:
        python, versions = describe_interpreter(
            command, tuple(pins), own=not named_interpreter(environment)
        )
    except AmorphFlowsError as error:
        raise MissingDependencyError(f"{environment.name!r} ({error})", hint=hint) from error
    wrong = [
        f"{name} {versions.get(name, 'missing')} instead of {tested}"
        for name, tested in pins.items()
        if not _agree(versions.get(name), tested, exact=name in environment.packages)
    ]
    if wrong:
        raise MissingDependencyError(
            f"the environment of {environment.name!r} with the tested versions ({command[-1]} has "
            f"another environment's: {', '.join(wrong)})",
            hint=hint,
        )
    return Installed(environment, command, python, versions)


def _agree(found: str | None, tested: str, *, exact: bool) -> bool:
    """Return whether a version is the tested one; of what a method stands on, major and minor."""
    if found is None or exact:
        return found == tested
    return found.split(".")[:2] == tested.split(".")[:2]


@lru_cache(maxsize=32)
def describe_interpreter(
    command: tuple[str, ...],
    packages: tuple[str, ...],
    modules: tuple[str, ...] = (),
    *,
    own: bool = True,
) -> tuple[str, dict[str, str]]:
    """Return the version of an interpreter and those of the packages that it has.

    Parameters
    ----------
    command
        The interpreter.
    packages
        What to look for.
    modules
        To be imported, which takes long.
    own
        Whether `install` has made it.

    Raises
    ------
    AmorphFlowsError
        If it does not start, or a module cannot be imported; the message says why.
    """
    asked = [*command, str(CHILD), "describe", ",".join(packages), ",".join(modules)]
    try:
        done = subprocess.run(
            asked, capture_output=True, text=True, check=False, env=_variables(own=own)
        )
    except OSError as error:
        raise AmorphFlowsError(f"{' '.join(command)}: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise AmorphFlowsError(f"{' '.join(command)}: {said}")
    answer = json.loads(done.stdout.rpartition("\n")[2])
    return answer["python"], answer["versions"]


def _variables(*, own: bool) -> dict[str, str]:
    """Return the variables of a process: without the packages of others if it is our own.

    An interpreter that the settings name may find its packages by ``PYTHONPATH``, as those of
    modules on clusters do.
    """
    dropped = ("PYTHONPATH", "PYTHONHOME") if own else ()
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONNOUSERSITE": "1"}
