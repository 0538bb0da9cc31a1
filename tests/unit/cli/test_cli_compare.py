"""amorph compare-studies: finished studies side by side, and what is said of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from compared_studies import conclude
from jobflow import Flow
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.executors.state import JobState, StudyState
from amorph_flows.structures import v2o5
from amorph_flows.study.study_file import Study

FACTORS = {"slow": 1.0, "fast": 1.3}


@pytest.fixture
def amorph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Call the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOBFLOW_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))

    def call(*args: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, list(args))
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture
def studies(amorph: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two finished studies."""
    v2o5().to(filename=str(tmp_path / "V2O5.cif"))
    monkeypatch.setattr(Study, "flow", lambda study: Flow([conclude(FACTORS[study.name])]))
    for name in FACTORS:
        (tmp_path / f"{name}.yaml").write_text("structure: V2O5.cif\nengine: toy\n")
        amorph("run", f"{name}.yaml", "-j", "1")


def test_studies_are_compared(amorph: Callable[..., Any], studies: None, tmp_path: Path) -> None:
    shown = amorph("compare-studies", "slow", "fast.yaml", "--output", "both.html").stdout
    assert "average voltage, 600 K, engine MD" in shown
    assert "× 1.30, differ: " in shown
    assert f"page: {tmp_path}/both.html" in shown
    assert (tmp_path / "both.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    found = json.loads(amorph("compare-studies", "slow", "fast", "--json").stdout)
    assert [study["name"] for study in found["studies"]] == ["slow", "fast"]
    assert {"quantity", "values", "differences"} <= set(found["rows"][0])


def test_what_cannot_be_compared_is_said(
    amorph: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("one", "two", "none"):
        (tmp_path / name).mkdir()
    jobs = [
        JobState(uuid="a", index=1, name="melt", function="f", stage="melt_quench", state="done"),
        JobState(uuid="b", index=1, name="fit", function="f", stage="potential", state="failed"),
        JobState(uuid="c", index=1, name="run", function="f", stage="production_md"),
    ]
    StudyState(state="failed", jobs=jobs).write(tmp_path / "one")
    StudyState(state="interrupted", jobs=[jobs[0], jobs[2]]).write(tmp_path / "two")
    said = amorph("compare-studies", "one", "two", code=2).stderr
    assert "one is not finished: fit failed, 1 of 3 jobs are done" in said
    said = amorph("compare-studies", "two", "one", code=2).stderr
    assert "stopped after the stage melt_quench, 1 of 2 jobs are done" in said
    assert "`amorph run` goes on" in said
    assert "holds no study" in amorph("compare-studies", "none", "one", code=2).stderr
    assert "there is no study three" in amorph("compare-studies", "one", "three", code=2).stderr
    assert "named twice" in amorph("compare-studies", "one", "./one", code=2).stderr
    assert "name at least two" in amorph("compare-studies", "one", code=2).stderr
    said = amorph("compare-studies", "one", "two", "-o", "page.pdf", code=2).stderr
    assert "--output page.pdf: give the name of a .html file" in said
