"""The base of every document."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

BLOB_KEYS = ["frames", "curves", "files"]
"""Fields of documents whose contents go to the ``data`` store."""


class Document(BaseModel):
    """A document of this package: unknown keys are refused, arrays are allowed."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
