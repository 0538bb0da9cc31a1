"""The report of a study of glasses."""

from amorph_flows.report.glass._ions import ion_sections
from amorph_flows.report.glass._page import glass_report
from amorph_flows.report.glass._results import glass_results, with_doubt

__all__ = ["glass_report", "glass_results", "ion_sections", "with_doubt"]
