"""Run a study whose second job starts a process and hangs until it is let go: FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from jobflow import Flow
from local_jobs import AddMaker, hang_with_child

from amorph_flows.executors import run_study
from amorph_flows.store import open_store

if __name__ == "__main__":
    first = AddMaker(name="a").make(1, 1)
    last = hang_with_child(first.output["sum"])
    study = Path(sys.argv[1])
    outputs = run_study(Flow([first, last]), open_store(study), study, 1)
    sys.stdout.write(f"value {outputs[last.uuid]}\n")
