"""The published protocol: what the paper says of each setting of a study, with the place."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import Field

from amorph_flows.schemas.base import Document


class PublishedSetting(Document):
    """What the paper says of one field of a study, or of all fields of a pattern."""

    field: str = Field(description="dotted name; * stands for any text")
    what: str = Field(default="", description="{stage} is the first part of the name, * its last")
    paper: Any = Field(default=None, description="what a reader is shown")
    is_: Any = Field(default=None, alias="is", description="what the field then holds")
    unit: str = ""
    where: str = Field(default="", description="place in the paper")
    extent: bool = Field(default=False, description="whether it makes a study long, large or fine")
    when: dict[str, Any] = Field(
        default_factory=dict, description="values of fields without which it does nothing"
    )

    @property
    def is_stated(self) -> bool:
        """Whether the paper says it."""
        return "paper" in self.model_fields_set

    @property
    def value(self) -> Any:
        """What the field holds in a study as the paper's."""
        return self.is_ if "is_" in self.model_fields_set else self.paper

    def fits(self, name: str) -> bool:
        """Return whether it is about a field.

        Parameters
        ----------
        name
            Dotted name of the field.
        """
        return fnmatchcase(name, self.field)

    def told(self, name: str) -> str:
        """Return what a field is, for a person.

        Parameters
        ----------
        name
            Dotted name of the field.
        """
        first, *_, last = name.split(".") if "." in name else (name, name)
        plain = last if last.isupper() else last.replace("_", " ")
        stage = first.replace("_", " ").replace("mtp", "MTP")
        told = self.what.replace("{stage}", stage).replace("*", plain)
        return told or name.replace("_", " ")


class Harmless(Document):
    """Fields that change no number beyond its scatter."""

    fields: list[str]
    why: str

    def fits(self, name: str) -> bool:
        """Return whether a field is one of them.

        Parameters
        ----------
        name
            Dotted name of the field.
        """
        return any(fnmatchcase(name, pattern) for pattern in self.fields)


class Beyond(Document):
    """What the paper does otherwise and no field of a study says."""

    what: str
    paper: str
    here: str
    where: str


class Protocol(Document):
    """The protocol of a paper."""

    paper: str
    settings: list[PublishedSetting]
    harmless: list[Harmless]
    beyond: list[Beyond]


@cache
def published_protocol() -> Protocol:
    """Return the protocol of Choyal et al., Small (2025)."""
    file = files("amorph_flows.references") / "protocol" / "choyal2025.yaml"
    return Protocol.model_validate(yaml.safe_load(file.read_text("utf-8")))
