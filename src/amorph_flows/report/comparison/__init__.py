"""Several studies side by side, as a document and as a page."""

from amorph_flows.report.comparison._compare import compare_studies
from amorph_flows.report.comparison._page import comparison_page
from amorph_flows.report.comparison._shown import (
    shown_difference,
    shown_name,
    shown_study,
    shown_value,
    word_of,
)

__all__ = [
    "compare_studies",
    "comparison_page",
    "shown_difference",
    "shown_name",
    "shown_study",
    "shown_value",
    "word_of",
]
