"""Methods of potentials side by side, as a page."""

from __future__ import annotations

from amorph_flows.report.potential_comparison._page import comparison_page

__all__ = ["comparison_page"]
