"""Progress goes into the folder of the job that runs, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from amorph_flows.runtime.progress import progress_of_job, read_progress, report_progress


def test_nothing_is_written_outside_of_a_job(tmp_path: Path) -> None:
    report_progress(1, 1, "step")
    assert not list(tmp_path.iterdir())


def test_a_job_writes_into_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    own.mkdir()
    elsewhere.mkdir()
    with progress_of_job(own):
        monkeypatch.chdir(elsewhere)
        report_progress(3, 3, "step")
    report_progress(4, 4, "step")
    found = read_progress(own)
    assert found is not None
    assert (found["done"], found["total"], found["note"]) == (3, 3, "step")
    assert read_progress(elsewhere) is None
