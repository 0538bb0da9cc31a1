"""The file of a study of glasses, which starts from a composition."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from typing_extensions import override

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.study.overrides import apply_overrides
from amorph_flows.study.reading import (
    StudyFile,
    check_references,
    read_mapping,
    resolved,
    validated,
)

if TYPE_CHECKING:
    from jobflow import Flow

    from amorph_flows.engines import PotentialEngine
    from amorph_flows.flows import GlassStudyMaker

KIND = "kind"
"""The key of a study file that says what it is a study of."""
_OPTIONAL = ("transition", "elastic", "ions")


class GlassStudy(StudyFile):
    """A study of glasses; paths are relative to the file.

    Examples
    --------
    >>> study = load_glass_study("glass.yaml")
    >>> flow = study.flow()
    """

    kind: Literal["glass"]
    composition: str | dict[str, float | int] = Field(
        description="formula, or moles of formulas such as {Na2O: 0.25, FeO: 0.5, P2O5: 0.25}"
    )
    atoms: int | None = Field(
        default=None, description="of each glass; without it the preset's number"
    )
    potential: str | dict[str, str] = Field(
        default="pedone",
        description="name or parameter file of a classical potential, an .mtp file, "
        "{store: ..., uuid: ...} of a fitted potential, or fit: batch active learning first",
    )
    engine: str | None = Field(
        default=None, description="of the labels where a potential is fitted; without it CHGNet"
    )
    elements: list[str] | None = Field(
        default=None,
        description="of an .mtp file in its order; of a classical potential with oxidation states, "
        "where those of the composition are not meant",
    )
    preset: str = Field(default="glass-demo", description="glass-demo or christensen2025")
    ion: str | None = Field(
        default=None, description="that moves, such as Na+; without it the cation of least charge"
    )
    n_glasses: int | None = Field(
        default=None, description="without it the preset's number of glasses"
    )
    measured: dict[str, str] = Field(
        default_factory=dict,
        description="files of two columns, Q in 1/Å and S, by neutron and xray",
    )
    references: list[Any] | None = Field(
        default=None,
        description="values from elsewhere that the report shows beside the results, as in a study "
        "from a crystal; without it the set of the same glass, and [] for none",
    )
    leave_out: list[str] = Field(
        default_factory=list, description="stages that are not run: transition, elastic, ions"
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict,
        description="fields of the preset's Makers, such as glasses.schedule.rate_k_per_ps: 10",
    )

    def maker(self) -> GlassStudyMaker:
        """Return the Maker of the study.

        Raises
        ------
        InputError
            If preset, potential or an override cannot be.
        """
        from amorph_flows.engines.named import named_engine
        from amorph_flows.flows import GlassStudyMaker
        from amorph_flows.references import read_references

        maker = GlassStudyMaker.from_preset(self.preset)
        if self.potential == "fit":
            maker = maker.learning_first(named_engine(self.engine or "CHGNet"))
        elif self.engine is not None:
            raise InputError(
                f"engine is {self.engine!r}, but potential is {self.potential!r}, so nothing is "
                "labelled; leave the engine out, or write 'potential: fit'"
            )
        else:
            maker = replace(maker, glasses=replace(maker.glasses, engine=self._engine()))
        glasses = maker.glasses
        if self.atoms is not None:
            glasses = replace(glasses, packing=replace(glasses.packing, n_atoms=self.atoms))
        if self.n_glasses is not None:
            glasses = replace(glasses, n_glasses=self.n_glasses)
        structure = replace(maker.structure, measured=self.measured)
        given = None if self.references is None else tuple(read_references(self.references))
        maker = replace(maker, glasses=glasses, structure=structure, ion=self.ion, references=given)
        for stage in self.leave_out:
            if stage not in _OPTIONAL:
                raise unknown_name("stage to leave out", stage, _OPTIONAL)
            left_out: dict[str, Any] = {stage: None}
            maker = replace(maker, **left_out)
        return apply_overrides(maker, self.overrides)

    @override
    def flow(self) -> Flow:
        flow = self.maker().make(self.composition)
        marks = {
            "study": self.name,
            "home": str(self.home),
            "preset": self.preset,
            "engine": self.potential if isinstance(self.potential, str) else "fitted",
        }
        flow.update_metadata(marks, dynamic=True)
        return flow

    def _engine(self) -> PotentialEngine:
        from amorph_flows.engines import PotentialEngine
        from amorph_flows.store.opening import store_to_read
        from amorph_flows.store.query import load_potential

        where = self.potential
        if isinstance(where, str):
            return PotentialEngine(where, elements=self.elements)
        if set(where) != {"store", "uuid"}:
            raise InputError(
                f"potential has the keys {', '.join(sorted(where))}; give store and uuid"
            )
        with closing(store_to_read(where["store"])) as store:
            return PotentialEngine(load_potential(store, where["uuid"]))


def load_glass_study(path: str | Path) -> GlassStudy:
    """Read the file of a study of glasses.

    Parameters
    ----------
    path
        The YAML file.

    Raises
    ------
    InputError
        If there is no such file, it is of another kind, or has an unknown key or a value of the
        wrong type; the message names the key.
    """
    file = Path(path).expanduser()
    content = read_mapping(file)
    if content.get(KIND) != "glass":
        raise InputError(f"{file}: kind is {content.get(KIND)!r}; give 'glass', or leave it out")
    for key in content:
        if key not in GlassStudy.model_fields:
            known = sorted(GlassStudy.model_fields, key=StudyFile.model_fields.__contains__)
            raise InputError(f"{file}: {unknown_name('key', key, known)}")
    study = resolved(validated(GlassStudy, file, content), file)
    check_references(file, study.references)
    here = file.resolve().parent
    measured = {name: str((here / where).resolve()) for name, where in study.measured.items()}
    return study.model_copy(
        update={"measured": measured, "potential": _near(study.potential, here)}
    )


def _near(potential: str | dict[str, str], here: Path) -> str | dict[str, str]:
    """Return a potential whose file or store is relative to a folder no more."""
    if isinstance(potential, str):
        file = here / Path(potential).expanduser()
        return str(file.resolve()) if file.is_file() else potential
    store = potential.get("store", "")
    if store and "://" not in store:
        return {**potential, "store": str((here / Path(store).expanduser()).resolve())}
    return potential
