"""Documents that take over the fields of a result of the analysis."""

from __future__ import annotations

from typing import Any, Self

from amorph_flows.analysis.structure.coordination import Pair
from amorph_flows.schemas.base import Document


class ResultDocument(Document):
    """A document with the fields and properties of one result of the analysis."""

    @classmethod
    def from_result(cls, result: Any) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            The dataclass that the analysis returned; pairs of elements become ``"P-O"``.
        """
        fields = [name for name in cls.model_fields if hasattr(result, name)]
        return cls(**{name: _plain(getattr(result, name)) for name in fields})


def _plain(value: Any) -> Any:
    """Call a method, and name pairs of elements, which no database takes as keys."""
    if callable(value):
        return value()
    if isinstance(value, dict):
        return {_named(key): item for key, item in value.items()}
    return value


def _named(key: Pair | str | int) -> str | int:
    return "-".join(key) if isinstance(key, tuple) else key
