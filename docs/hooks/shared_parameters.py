"""Annotations and defaults of parameters that share one entry of a docstring.

Griffe gives all names of an entry such as ``low, high`` the annotation and default of the first.
"""

from __future__ import annotations

import re
from typing import Any

import griffe


class SharedParameters(griffe.Extension):
    """Look up each documented parameter by its own name."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Correct the docstrings of a package once it is loaded."""
        self._correct(pkg)

    def _correct(self, module: griffe.Object) -> None:
        for member in module.members.values():
            if isinstance(member, griffe.Alias):
                continue
            if isinstance(member, griffe.Class | griffe.Function) and member.docstring:
                self._look_up(member)
            if isinstance(member, griffe.Module | griffe.Class):
                self._correct(member)

    @staticmethod
    def _look_up(described: griffe.Class | griffe.Function) -> None:
        docstring = described.docstring
        assert docstring is not None
        docstring.parser = "numpy"
        docstring.parser_options = {"warnings": False}
        for section in docstring.parsed:
            if isinstance(section, griffe.DocstringSectionParameters):
                for documented in section.value:
                    documented.annotation, documented.value = _own(described, documented.name)


def _own(described: griffe.Class | griffe.Function, name: str) -> tuple[Any, str | None]:
    """Return annotation and default of a parameter, or of a field of a dataclass."""
    for parameter in described.parameters:
        if parameter.name == name:
            return parameter.annotation, _shown(parameter.default)
    member = described.members.get(name)
    if isinstance(member, griffe.Attribute):
        return member.annotation, _shown(member.value)
    return None, None


def _shown(default: object) -> str | None:
    """Return a default as text; a factory without arguments as a call."""
    if default is None:
        return None
    factory = re.fullmatch(r"field\(default_factory=(\w+)\)", str(default))
    return f"{factory[1]}()" if factory else str(default)
