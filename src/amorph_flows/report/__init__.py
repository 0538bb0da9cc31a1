"""From documents to figures and one self-contained HTML page; reads schemas only."""

from amorph_flows.report._build import Report, build_report
from amorph_flows.report.results import result_rows

__all__ = ["Report", "build_report", "result_rows"]
