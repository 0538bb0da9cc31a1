"""Run a study with a job that hangs until it is let go: FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from jobflow import Flow
from local_jobs import AddMaker, hang, total

from amorph_flows.executors import run_study
from amorph_flows.store import open_store

if __name__ == "__main__":
    study = Path(sys.argv[1])
    a = AddMaker(name="a").make(1, 1)
    b = hang(a.output["sum"])
    end = total([a.output["sum"], b.output])
    outputs = run_study(Flow([a, b, end]), open_store(study), study, 2)
    sys.stdout.write(f"total {outputs[end.uuid]}\n")
