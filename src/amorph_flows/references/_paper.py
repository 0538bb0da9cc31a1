"""Numbers and figures of the paper, which a study of the same glass is held against."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from amorph_flows.references._shipped import ReferenceSet, reference_sets
from amorph_flows.schemas.base import Document


class PublishedNumber(Document):
    """A number of the paper that is no result of a study: an error of the fit, or an order."""

    quantity: str = Field(description="field of `ErrorStatistics` or of `LongRangeOrderDoc`")
    part: str = Field(default="", description="frames of the error, as in `PotentialDoc.errors`")
    temperature_k: float | None = Field(default=None, description="of the order, K")
    value: Decimal = Field(description="with all digits that are printed")
    unit: str = ""
    where: str = Field(description="place in the paper")


class PublishedFigure(Document):
    """A figure or table of the paper or its supporting information."""

    name: str
    shows: str
    places: list[str] = Field(description="figures, tables and chapters of a report; * is any text")
    missing: str = Field(default="", description="what of it a report has not, and why")


class Remark(Document):
    """What is to be known of published numbers of a quantity."""

    quantity: str
    text: str


class PublishedPaper(Document):
    """What a paper reports."""

    paper: str
    results: ReferenceSet = Field(description="numbers that are results of a study, too")
    numbers: list[PublishedNumber]
    figures: list[PublishedFigure]
    remarks: list[Remark]


@cache
def published_paper() -> PublishedPaper:
    """Return what Choyal et al., Small (2025), report."""
    file = files("amorph_flows.references") / "paper" / "choyal2025.yaml"
    content = yaml.safe_load(file.read_text("utf-8"))
    return PublishedPaper(results=reference_sets()[content.pop("set")], **content)


def rounding_error(printed: Decimal) -> float:
    """Return the standard error that a printed number has by rounding to its last digit.

    It is even over one unit of that digit, whose standard deviation is 1/√12 of it.

    Parameters
    ----------
    printed
        The number, with all digits that are printed.
    """
    exponent = int(printed.as_tuple().exponent)
    return float(10.0**exponent / 12**0.5)
