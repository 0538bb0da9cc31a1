"""The study file: what `amorph run` computes, in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.study.goals import goals_as_overrides
from amorph_flows.study.overrides import apply_overrides, flatten_overrides, override_names

if TYPE_CHECKING:
    from jobflow import Flow
    from pymatgen.core import Structure

    from amorph_flows.flows import AmorphousElectrodeMaker


class Study(BaseModel):
    """A study; paths are relative to the study file.

    Examples
    --------
    >>> study = load_study("study.yaml")
    >>> flow = study.flow()
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    structure: Path = Field(description="crystal without ions: CIF, POSCAR, extended XYZ, …")
    discharged_structure: Path | None = Field(
        default=None,
        description="crystal with ions; without it the best Ewald occupation of its voids",
    )
    ion: str = Field(default="Mg2+", description="the ion that is inserted")
    preset: str = Field(default="demo", description="the protocol: demo, laptop or choyal2025")
    engine: str = Field(
        default="CHGNet",
        description="energies and forces: CHGNet, GPAW, VASP, VASP-PBE+U, or an ASE calculator as "
        "package.module:Class",
    )
    n_glasses: int | None = Field(
        default=None,
        description="glasses, each with seeds of its own, whose results are combined; without it "
        "the preset's number",
    )
    n_occupations: int | None = Field(
        default=None,
        description="occupations by ions of each glass; without it the preset's number",
    )
    references: list[Any] | None = Field(
        default=None,
        description="values from elsewhere that the report shows beside the results: names of sets "
        "that ship, or quantity, value, unit, temperature_k, source; without it the set of the "
        "same glass, and [] for none",
    )
    until: dict[str, Any] = Field(
        default_factory=dict,
        description="what stages are to reach before they end, by stage; without a stage "
        "production's, such as {relative_error: 0.2, budget_ps: 400}",
    )
    folder: Path | None = Field(
        default=None, description="where results go; without it a folder named as the study file"
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict,
        description="fields of the preset's Makers, such as melt_quench.time_step_fs: 1.0",
    )
    workers: dict[str, Any] = Field(
        default_factory=dict,
        description="where `amorph submit` sends jobs of each kind: dft, md, fit, light",
    )

    def maker(self) -> AmorphousElectrodeMaker:
        """Return the Maker of the study.

        Raises
        ------
        InputError
            If the preset is unknown or an override does not fit it.
        """
        from dataclasses import replace

        from amorph_flows.engines.named import named_engine
        from amorph_flows.flows import AmorphousElectrodeMaker
        from amorph_flows.references import read_references
        from amorph_flows.remedies import STUDY_KEYS

        preset = AmorphousElectrodeMaker.from_preset(self.preset)
        given = {key: getattr(self, key) for key in STUDY_KEYS}
        changes: dict[str, Any] = {
            key: number for key, number in given.items() if number is not None
        }
        if self.references is not None:
            changes["references"] = tuple(read_references(self.references))
        maker = replace(preset, ion=self.ion, engine=named_engine(self.engine), **changes)
        overrides = dict(flatten_overrides(maker, self.overrides))
        for name in overrides:
            _refuse_unheeded(name)
        goals = goals_as_overrides(maker, self.until, overrides) if self.until else {}
        return apply_overrides(maker, {**self.overrides, **goals})

    def structures(self) -> tuple[Structure, Structure | None]:
        """Return the crystal without and with ions.

        Raises
        ------
        InputError
            If a file is missing or holds no usable structure.
        """
        from amorph_flows.structures import read_structure

        discharged = self.discharged_structure
        return read_structure(self.structure), discharged and read_structure(discharged)

    def flow(self) -> Flow:
        """Return the checked flow; its documents are marked with what the study is.

        Raises
        ------
        InputError, MissingDependencyError
            What is wrong with the study, before anything is computed.
        """
        structure, discharged = self.structures()
        flow = self.maker().make(structure, discharged)
        marks = {
            "study": self.name,
            "home": str(self.home),
            "preset": self.preset,
            "engine": self.engine,
            "ion": self.ion,
            "formula": structure.composition.reduced_formula,
        }
        flow.update_metadata(marks, dynamic=True)
        return flow

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


def load_study(path: str | Path) -> Study:
    """Read a study file.

    Parameters
    ----------
    path
        The YAML file.

    Raises
    ------
    InputError
        If there is no such file, it is empty, no mapping, no plain YAML (Python tags included),
        or has an unknown key or a value of the wrong type; the message names the key.
    """
    file = Path(path).expanduser()
    content = _read(file)
    for key in content:
        if key not in Study.model_fields:
            raise InputError(f"{file}: {_unknown_key(key, content)}")
    try:
        study = Study.model_validate(_with_paths(content))
    except ValidationError as error:
        raise InputError(f"{file}: {_explain(error)}") from error
    _check_workers(file, study.workers)
    _check_references(file, study.references)
    here = file.resolve().parent
    folder = study.folder or Path(file.stem)
    paths = {"structure": here / study.structure.expanduser(), "folder": here / folder.expanduser()}
    if study.discharged_structure is not None:
        paths["discharged_structure"] = here / study.discharged_structure.expanduser()
    for key in ("structure", "discharged_structure"):
        if key in paths and not paths[key].is_file():
            raise InputError(f"{file}: {key}: there is no file {paths[key]}")
    if paths["folder"].is_file():
        raise InputError(f"{file}: folder: {paths['folder']} is a file; name a folder")
    return study.model_copy(update={key: value.resolve() for key, value in paths.items()})


def _unknown_key(key: Any, content: dict[str, Any]) -> InputError:
    """Return the error for an unknown key, which says so if the key is an override."""
    from amorph_flows.flows import AmorphousElectrodeMaker  # takes seconds to import

    try:
        preset = AmorphousElectrodeMaker.from_preset(content.get("preset", "demo"))
    except InputError:
        preset = AmorphousElectrodeMaker.from_preset("demo")
    inner = [f"{key}.{name}" for name in content[key]] if isinstance(content[key], dict) else []
    meant = [
        name
        for name in override_names(preset)
        if (name in inner or name == key or name.endswith(f".{key}")) and _is_heeded(name)
    ]
    if not meant:
        return unknown_name("key", key, Study.model_fields)
    return InputError(
        f"{key!r} is an override, not a key of the study file; write it under 'overrides' as "
        + " or ".join(repr(name) for name in meant)
    )


def _check_workers(file: Path, workers: dict[str, Any]) -> None:
    if not workers:
        return
    from amorph_flows.executors.workers import check_workers

    try:
        check_workers(workers)
    except InputError as error:
        raise InputError(f"{file}: workers: {error}") from error


def _check_references(file: Path, given: list[Any] | None) -> None:
    if not given:
        return
    from amorph_flows.references import read_references

    try:
        read_references(given)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _is_heeded(name: str) -> bool:
    """Return whether an override of this name changes anything."""
    try:
        _refuse_unheeded(name)
    except InputError:
        return False
    return True


def _refuse_unheeded(name: str) -> None:
    """Refuse an override of what a study sets elsewhere."""
    from amorph_flows.remedies import STUDY_KEYS  # takes seconds to import

    setting = name.partition(".engine.")[2]
    if setting:
        raise InputError(f"override {name!r}: all stages share one engine; set 'engine.{setting}'")
    if name in ("ion", "preset", "references", *STUDY_KEYS):
        raise InputError(f"override {name!r}: set the key {name!r} of the study file")
    if name.startswith(("active_learning.fit.", "voltage.insertion.")):
        raise InputError(
            f"override {name!r}: the study has one such stage; set {name.partition('.')[2]!r}"
        )


def _read(file: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file."""
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


def _yaml_problem(error: yaml.YAMLError) -> str:
    """Return what is wrong and where as one line."""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "tag:yaml.org" in problem and "python" in problem:
        problem = "tags that make Python objects are refused"
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1})" if mark else problem


def _with_paths(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with the texts that are paths as paths."""
    keys = ("structure", "discharged_structure", "folder")
    return {
        key: Path(value) if key in keys and isinstance(value, str) and value else value
        for key, value in content.items()
    }


def _explain(error: ValidationError) -> str:
    """Return the first thing that is wrong as one line."""
    first = error.errors()[0]
    key = str(first["loc"][0])
    if first["type"] == "missing":
        return f"the key {key!r} is missing; add it"
    wanted = "keys with values" if key in ("overrides", "until", "workers") else "text"
    wanted = "a list" if key == "references" else wanted
    wanted = "a whole number" if first["type"].startswith("int") else wanted
    return f"{key} must be {wanted}, got {first['input']!r} ({type(first['input']).__name__})"
