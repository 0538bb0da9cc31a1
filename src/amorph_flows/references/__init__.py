"""Values from elsewhere that a study is held against: read, converted, and those that ship."""

from amorph_flows.references._given import read_references
from amorph_flows.references._paper import (
    PublishedFigure,
    PublishedNumber,
    PublishedPaper,
    published_paper,
    rounding_error,
)
from amorph_flows.references._protocol import Protocol, PublishedSetting, published_protocol
from amorph_flows.references._shipped import (
    ReferenceSet,
    default_references,
    reference_sets,
    references_for,
)

__all__ = [
    "Protocol",
    "PublishedFigure",
    "PublishedNumber",
    "PublishedPaper",
    "PublishedSetting",
    "ReferenceSet",
    "default_references",
    "published_paper",
    "published_protocol",
    "read_references",
    "reference_sets",
    "references_for",
    "rounding_error",
]
