"""Run a study with jobflow's run_locally and write its report.json: STUDY.yaml REPORT.json."""

from __future__ import annotations

import sys
from pathlib import Path

from jobflow import run_locally

from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import latest, open_store
from amorph_flows.study.study_file import load_study


def main() -> None:
    """Run."""
    study = load_study(sys.argv[1])
    store = open_store(study.home)
    run_locally(study.flow(), store=store, create_folders=True, root_dir=study.home, log=False)
    Path(sys.argv[2]).write_text(latest(store, StudyDoc).files["report.json"])


if __name__ == "__main__":
    main()
