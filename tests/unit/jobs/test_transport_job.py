"""Transport where every run failed."""

from __future__ import annotations

from report_study import study_parts

from amorph_flows.jobs.transport import collect_transport
from amorph_flows.report.results import result_rows

PARTS = study_parts()


def test_transport_of_no_run_is_a_refusal_that_the_report_can_show() -> None:
    transport = collect_transport.original([None, None], "Mg2+")
    assert not transport.believable
    parts = PARTS.model_copy(update={"production": [], "transport": transport})
    rows = [row for row in result_rows(parts) if row.quantity == "activation_energy"]
    assert rows[0].value is None
    assert rows[0].verdict == "refused"
    assert "very production run failed" in rows[0].reason
