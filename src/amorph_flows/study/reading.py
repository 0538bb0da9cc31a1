"""Reading of YAML files of studies: what all of them have, and what is wrong with one."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from jobflow import Flow

COMPARE = "compare"
"""The key of a study file that makes it one of `amorph compare`."""

_PATHS = ("structure", "discharged_structure", "folder")


class StudyFile(BaseModel):
    """What `amorph` runs or submits in a folder."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    folder: Path | None = Field(
        default=None, description="where results go; without it a folder named as the study file"
    )
    workers: dict[str, Any] = Field(
        default_factory=dict,
        description="where `amorph submit` sends jobs of each kind: dft, md, fit, light",
    )

    @abstractmethod
    def flow(self) -> Flow:
        """Return the checked flow; its documents are marked with what the study is.

        Raises
        ------
        InputError, MissingDependencyError
            What is wrong with the study, before anything is computed.
        """

    @property
    def home(self) -> Path:
        """The study's folder."""
        if self.folder is None:
            raise InputError("folder is missing")
        return self.folder

    @property
    def name(self) -> str:
        """Name of the study: that of its folder."""
        return self.home.name


Kind = TypeVar("Kind", bound=StudyFile)


def read_mapping(file: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Parameters
    ----------
    file
        The file.

    Raises
    ------
    InputError
        If there is no such file, it is empty, no mapping, or no plain YAML.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"there is no study file {file}") from error
    except OSError as error:
        raise InputError(f"the study file {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the study file {file} is not text in UTF-8") from error
    except yaml.YAMLError as error:
        raise InputError(f"{file} is not plain YAML: {_yaml_problem(error)}") from error
    if content is None:
        raise InputError(f"the study file {file} is empty; it needs at least the key 'structure'")
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise InputError(
            f"{file} holds a {kind}, not keys with values such as 'structure: V2O5.cif'"
        )
    return content


def validated(kind: type[Kind], file: Path, content: dict[str, Any]) -> Kind:
    """Return a study with the paths as they are in its file.

    Parameters
    ----------
    kind
        Of study.
    file
        The study file.
    content
        What it holds.

    Raises
    ------
    InputError
        If a value is of the wrong type, or a worker cannot be.
    """
    given = {
        key: Path(value) if key in _PATHS and isinstance(value, str) and value else value
        for key, value in content.items()
    }
    try:
        study = kind.model_validate(given)
    except ValidationError as error:
        raise InputError(f"{file}: {_explain(error)}") from error
    _check_workers(file, study.workers)
    return study


def resolved(study: Kind, file: Path) -> Kind:
    """Return a study whose paths and folder are relative to its file no more.

    Parameters
    ----------
    study
        As `validated` returns it; without a folder it has that of the name of the file.
    file
        The study file.

    Raises
    ------
    InputError
        If a file is not there, or the folder is a file.
    """
    here = file.resolve().parent
    named = {key: getattr(study, key, None) for key in _PATHS}
    named["folder"] = study.folder or Path(file.stem)
    found = {key: here / path.expanduser() for key, path in named.items() if path is not None}
    for key, path in found.items():
        if key == "folder":
            if path.is_file():
                raise InputError(f"{file}: folder: {path} is a file; name a folder")
        elif not path.is_file():
            raise InputError(f"{file}: {key}: there is no file {path}")
    return study.model_copy(update={key: path.resolve() for key, path in found.items()})


def check_references(file: Path, given: list[Any] | None) -> None:
    """Refuse references that cannot be.

    Parameters
    ----------
    file
        The study file, for the message.
    given
        As it has them; None: it has none.

    Raises
    ------
    InputError
        If one lacks a unit or source, or a set does not ship.
    """
    if not given:
        return
    from amorph_flows.references import read_references

    try:
        read_references(given)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _check_workers(file: Path, workers: dict[str, Any]) -> None:
    if not workers:
        return
    from amorph_flows.executors import workers as known

    try:
        known.check_workers(workers)
    except InputError as error:
        raise InputError(f"{file}: workers: {error}") from error


def _explain(error: ValidationError) -> str:
    """Return the first thing that is wrong as one line."""
    first = error.errors()[0]
    key = str(first["loc"][0])
    if first["type"] == "missing":
        return f"the key {key!r} is missing; add it"
    mappings = ("overrides", "until", "workers", COMPARE)
    wanted = "keys with values" if key in mappings else "text"
    wanted = "a list" if key == "references" else wanted
    wanted = "a whole number" if first["type"].startswith("int") else wanted
    return f"{key} must be {wanted}, got {first['input']!r} ({type(first['input']).__name__})"


def _yaml_problem(error: yaml.YAMLError) -> str:
    """Return what is wrong and where as one line."""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "tag:yaml.org" in problem and "python" in problem:
        problem = "tags that make Python objects are refused"
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1})" if mark else problem
