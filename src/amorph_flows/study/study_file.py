"""The study file: what `amorph run` computes, in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field
from typing_extensions import override

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.study.goals import goals_as_overrides
from amorph_flows.study.overrides import apply_overrides, flatten_overrides, override_names
from amorph_flows.study.reading import (
    COMPARE,
    StudyFile,
    check_references,
    read_mapping,
    resolved,
    validated,
)

if TYPE_CHECKING:
    from jobflow import Flow
    from pymatgen.core import Structure

    from amorph_flows.flows import AmorphousElectrodeMaker


class Study(StudyFile):
    """A study; paths are relative to the study file.

    Examples
    --------
    >>> study = load_study("study.yaml")
    >>> flow = study.flow()
    """

    structure: Path = Field(description="crystal without ions: CIF, POSCAR, extended XYZ, …")
    discharged_structure: Path | None = Field(
        default=None,
        description="crystal with ions; without it the best Ewald occupation of its voids",
    )
    ion: str = Field(default="Mg2+", description="the ion that is inserted")
    preset: str = Field(default="demo", description="the protocol: demo, laptop or choyal2025")
    engine: str | None = Field(
        default=None,
        description="energies and forces: CHGNet, GPAW, VASP, VASP-PBE+U, or an ASE calculator as "
        "package.module:Class; without it the preset's: VASP of choyal2025, else CHGNet",
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
    overrides: dict[str, Any] = Field(
        default_factory=dict,
        description="fields of the preset's Makers, such as melt_quench.time_step_fs: 1.0",
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
        if self.engine is not None:
            changes["engine"] = named_engine(self.engine)
        maker = replace(preset, ion=self.ion, **changes)
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

    @override
    def flow(self) -> Flow:
        structure, discharged = self.structures()
        maker = self.maker()
        flow = maker.make(structure, discharged)
        marks = {
            "study": self.name,
            "home": str(self.home),
            "preset": self.preset,
            "engine": self.engine or maker.engine.info().name,
            "ion": self.ion,
            "formula": structure.composition.reduced_formula,
        }
        flow.update_metadata(marks, dynamic=True)
        return flow


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
    content = read_mapping(file)
    if COMPARE in content:
        raise InputError(
            f"{file} has the section {COMPARE!r}: it compares potentials; run it with: "
            f"amorph compare {file}"
        )
    for key in content:
        if key not in Study.model_fields:
            raise InputError(f"{file}: {_unknown_key(key, content)}")
    study = validated(Study, file, content)
    check_references(file, study.references)
    return resolved(study, file)


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
        known = sorted(Study.model_fields, key=StudyFile.model_fields.__contains__)
        return unknown_name("key", key, known)
    return InputError(
        f"{key!r} is an override, not a key of the study file; write it under 'overrides' as "
        + " or ".join(repr(name) for name in meant)
    )


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
