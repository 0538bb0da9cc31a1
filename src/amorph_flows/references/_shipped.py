"""Sets of references that ship with the package: the numbers that papers state in their text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from amorph_flows.errors import InputError
from amorph_flows.references._given import reference_of
from amorph_flows.schemas.base import Document
from amorph_flows.schemas.reference import Reference


class ReferenceSet(Document):
    """References of one paper and one material."""

    name: str
    paper: str
    about: str = Field(description="what it holds, and what the paper has in figures only")
    formula: str = Field(description="of the glass with its ions")
    ion: str
    default: bool = Field(description="whether a study of this glass shows it without being asked")
    references: list[Reference]


@cache
def reference_sets() -> dict[str, ReferenceSet]:
    """Return all sets by name."""
    folder = files("amorph_flows.references") / "data"
    texts = {
        one.name.removesuffix(".yaml"): one.read_text("utf-8")
        for one in folder.iterdir()
        if one.name.endswith(".yaml")
    }
    return {name: _read(name, texts[name]) for name in sorted(texts)}


def default_references(formula: str, ion: str) -> list[Reference]:
    """Return what a study shows that names no references.

    Parameters
    ----------
    formula
        Reduced formula of the glass with its ions.
    ion
        The ion, such as ``"Mg2+"``.
    """
    return [
        reference
        for one in reference_sets().values()
        if one.default and (one.formula, one.ion) == (formula, ion)
        for reference in one.references
    ]


def references_for(
    formula: str, ion: str, given: Sequence[Reference] | None = None
) -> list[Reference]:
    """Return what a study shows beside its results.

    Parameters
    ----------
    formula
        Reduced formula of the glass with its ions.
    ion
        The ion, such as ``"Mg2+"``.
    given
        What it names; None: it names none, and those of the same glass that ship are shown.
    """
    return default_references(formula, ion) if given is None else list(given)


def _read(name: str, text: str) -> ReferenceSet:
    content = yaml.safe_load(text)
    paper, label = content["paper"], content.pop("label")
    references = []
    for number, given in enumerate(content.pop("references"), start=1):
        where = given.pop("where")
        own = f"{label}, {given['label']}" if "label" in given else label
        try:
            made = reference_of({**given, "source": f"{paper}, {where}", "label": own})
        except InputError as error:
            raise InputError(f"{name}, number {number}: {error}") from error
        references.append(made)
    return ReferenceSet(name=name, references=references, **content)
