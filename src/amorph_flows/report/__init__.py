"""From documents to figures and one self-contained HTML page; reads schemas only."""

from amorph_flows.report._basis import study_basis
from amorph_flows.report._build import Report, build_report
from amorph_flows.report._costs import cpu_seconds_of_stages
from amorph_flows.report.results import result_rows

__all__ = ["Report", "build_report", "cpu_seconds_of_stages", "result_rows", "study_basis"]
