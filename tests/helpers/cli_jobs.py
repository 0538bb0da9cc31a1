"""Jobs of the command's tests."""

import os
from pathlib import Path

from jobflow import Flow

from amorph_flows.runtime.progress import report_progress
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.study import StudyDoc


@stage_job(StudyDoc)
def summarise(title, marker):
    report_progress(3, 10, "step")
    if not Path(marker).exists():
        raise ValueError(f"{marker} is missing")
    with (Path(marker).parent / "executions").open("a") as file:
        file.write(f"{os.getpid()}\n")
    return StudyDoc(
        title=title,
        preset="demo",
        ion="Mg2+",
        results=[],
        report_html="report.html",
        report_json="report.json",
        files={"report.html": "<html>Å</html>", "report.json": "{}"},
        figures={
            "msd": PlotDoc(
                x=Axis(title="lag", unit="ps"),
                y=Axis(title="MSD", unit="Å²"),
                series=[Series(name="300 K", x=[0.5, 1.0], y=[0.25, 0.5])],
            )
        },
    )


def small_flow(study, marker):
    """Return a flow of one job, marked as a study is."""
    flow = Flow([summarise(study.name, str(marker))])
    flow.update_metadata({"study": study.name, "ion": study.ion, "formula": "V2O5"})
    return flow
