"""The file of `amorph compare`: methods of potentials, and the labels that they are fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import override

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.study.glass_file import KIND, GlassStudy, load_glass_study
from amorph_flows.study.labelled_set import read_dataset
from amorph_flows.study.methods import read_methods
from amorph_flows.study.reading import COMPARE, StudyFile, read_mapping, resolved, validated
from amorph_flows.study.study_file import Study, load_study

if TYPE_CHECKING:
    from jobflow import Flow
    from pymatgen.core import Structure

    from amorph_flows.engines import Engine
    from amorph_flows.flows import ComparePotentialsMaker
    from amorph_flows.schemas.dataset import DatasetDoc


class CompareSection(BaseModel):
    """What is compared."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dataset: str | dict[str, Any] = Field(
        description="labelled frames: an extended XYZ file, the folder of a study or the address "
        "of a store, or {store: ..., uuid: ...}"
    )
    preset: str = Field(default="", description="a published comparison: choyal2024")
    methods: list[Any] | None = Field(
        default=None,
        description="settings of fits, each with its backend; its key try lists changes of them, "
        "the trials of the method, and its key sizes its own sizes",
    )
    sizes: list[int] | None = Field(
        default=None, description="training frames of the subsets; without it all that there are"
    )
    seed: int = Field(
        default=0, description="of the split, and of the order in which frames join the subsets"
    )
    splits: dict[str, Any] | None = Field(
        default=None,
        description="shares of the frames of a file: random, blocks and validation, each 0.1",
    )
    observables: list[str] | None = Field(
        default=None,
        description="what of the structure is computed with each potential and with the engine: "
        "volume (alone where nothing is named), elastic, rdf, voltage",
    )
    labels: str | None = Field(
        default=None, description="engine of the labels, where the frames do not name it"
    )


class ComparisonStudy(StudyFile):
    """A comparison of potentials; paths are relative to the file.

    Examples
    --------
    >>> study = load_comparison("compare.yaml")
    >>> flow = study.flow()
    """

    compare: CompareSection
    structure: Path | None = Field(
        default=None,
        description="a crystal or glass that each potential relaxes and moves, for observables and "
        "its speed",
    )
    discharged_structure: Path | None = Field(
        default=None, description="the crystal with ions, for the observable voltage"
    )
    ion: str = Field(default="Mg2+", description="the ion that is inserted, for the voltage")
    engine: str | None = Field(
        default=None,
        description="engine of the labels, which computes what the potentials are compared with",
    )

    def maker(self) -> ComparePotentialsMaker:
        """Return the Maker of the comparison.

        Raises
        ------
        InputError
            If a method, a setting or the preset is unknown.
        """
        from amorph_flows.flows import ComparePotentialsMaker
        from amorph_flows.flows.comparison_presets import comparison_preset
        from amorph_flows.flows.potential_observables import ObservableSettings

        section = self.compare
        fields: dict[str, Any] = {}
        settings: dict[str, Any] = {}
        if section.preset:
            fields = comparison_preset(section.preset)
        if section.methods is not None:
            fields["methods"], fields["own_sizes"] = read_methods(section.methods)
        if section.sizes is not None:
            fields["sizes"] = tuple(section.sizes)
        if section.observables is not None:
            settings["names"] = tuple(section.observables)
        observables = ObservableSettings(
            **settings, ion=self.ion, discharged_structure=_read(self.discharged_structure)
        )
        return ComparePotentialsMaker(
            **fields, engine=self.reference(), seed=section.seed, observables=observables
        )

    def reference(self) -> Engine | None:
        """Return the engine of the references, None without one."""
        from amorph_flows.engines.named import named_engine

        return None if self.engine is None else named_engine(self.engine)

    def dataset(self) -> DatasetDoc:
        """Return the dataset.

        Raises
        ------
        InputError
            If it is not there or cannot be used, or has energies of another engine than `engine`.
        """
        from amorph_flows.flows.comparison_presets import preset_splits

        section = self.compare
        splits = section.splits
        if splits is None:
            splits = preset_splits(section.preset) if section.preset else {}
        engine = self.reference()
        info = None if engine is None else engine.info()
        found = read_dataset(section.dataset, section.labels, info, splits, section.seed)
        if info is not None and info.settings_hash != found.engine.settings_hash:
            raise InputError(
                f"engine is {self.engine!r}, and the energies of the dataset are of "
                f"{found.engine.name!r} or of other settings: energies of two engines cannot be "
                "compared; name the engine of the labels, or none"
            )
        return found

    @override
    def flow(self) -> Flow:
        maker, structure = self.maker(), _read(self.structure)
        maker.check(structure)
        flow = maker.make(self.dataset(), structure)
        marks = {"study": self.name, "home": str(self.home), "engine": self.engine or ""}
        flow.update_metadata(marks, dynamic=True)
        return flow


def load_comparison(path: str | Path) -> ComparisonStudy:
    """Read the file of a comparison of potentials.

    Parameters
    ----------
    path
        The YAML file.

    Raises
    ------
    InputError
        If there is no such file, it has no section ``compare``, or has an unknown key or a value of
        the wrong type; the message names the key.
    """
    file = Path(path).expanduser()
    content = read_mapping(file)
    if COMPARE not in content:
        raise InputError(
            f"{file} has no section {COMPARE!r}: it is a study; run it with: amorph run {file}"
        )
    for key in content:
        if key not in ComparisonStudy.model_fields:
            known = sorted(ComparisonStudy.model_fields, key=StudyFile.model_fields.__contains__)
            raise InputError(f"{file}: {unknown_name('key', key, known)}")
    section = content[COMPARE]
    if isinstance(section, Mapping):
        content[COMPARE] = _section(file, section)
    study = validated(ComparisonStudy, file, content)
    return resolved(study, file)


def load_any_study(path: str | Path) -> Study | ComparisonStudy | GlassStudy:
    """Read the file of a study, of glasses or not, or of a comparison, whichever it is.

    Parameters
    ----------
    path
        The YAML file.
    """
    is_comparison = COMPARE in read_mapping(Path(path).expanduser())
    return load_comparison(path) if is_comparison else load_run_study(path)


def load_run_study(path: str | Path) -> Study | GlassStudy:
    """Read the file of a study that `amorph run` runs, of glasses or not.

    Parameters
    ----------
    path
        The YAML file.
    """
    is_of_glasses = KIND in read_mapping(Path(path).expanduser())
    return load_glass_study(path) if is_of_glasses else load_study(path)


def _section(file: Path, section: Mapping[str, Any]) -> CompareSection:
    for key in section:
        if key not in CompareSection.model_fields:
            unknown = unknown_name("key", key, CompareSection.model_fields)
            raise InputError(f"{file}: {COMPARE}: {unknown}")
    found = dict(section)
    where, here = section.get("dataset"), file.resolve().parent
    if isinstance(where, str):
        found["dataset"] = _absolute(where, here)
    elif isinstance(where, Mapping) and isinstance(where.get("store"), str):
        found["dataset"] = {**where, "store": _absolute(where["store"], here)}
    try:
        return CompareSection.model_validate(found)
    except ValidationError as error:
        raise InputError(f"{file}: {COMPARE}: {_explain(error)}") from error


def _read(path: Path | None) -> Structure | None:
    from amorph_flows.structures import read_structure

    return None if path is None else read_structure(path)


def _absolute(where: str, here: Path) -> str:
    return where if "://" in where else str((here / Path(where).expanduser()).resolve())


def _explain(error: ValidationError) -> str:
    """Return the first thing that is wrong with a section as one line."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"] if part not in ("str", "dict[str,any]"))
    if first["type"] == "missing":
        return f"the key {key!r} is missing; add it"
    return f"{key}: {first['msg'].lower()}, got {first['input']!r}"
