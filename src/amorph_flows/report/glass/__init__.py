"""The report of a study of glasses."""

from amorph_flows.report.glass._ions import ion_sections
from amorph_flows.report.glass._page import glass_report
from amorph_flows.report.glass._results import GlassParts, glass_results

__all__ = ["GlassParts", "glass_report", "glass_results", "ion_sections"]
