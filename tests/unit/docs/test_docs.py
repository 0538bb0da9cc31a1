"""The Python of the documentation: imports that exist, and a tutorial that runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms

DOCS = Path(__file__).parents[3] / "docs"
RUNNABLE = ("maker = replace(", "analyse_transport(runs")


def blocks_of(page: Path) -> list[str]:
    """Return the Python blocks of a page that are written there."""
    found = re.findall(r"```python[^\n]*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in found if "--8<--" not in block]


BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(DOCS)}-{number}")
    for page in sorted(DOCS.rglob("*.md"))
    for number, block in enumerate(blocks_of(page))
]


def write_walk(path: Path, diffusivity_a2_fs: float) -> None:
    """Write Mg atoms that walk among oxygen that stays."""
    rng = np.random.default_rng(0)
    atoms = Atoms("Mg8O24", cell=[12.0] * 3, pbc=True, positions=12 * rng.random((32, 3)))
    frames = []
    for _ in range(300):
        frame = atoms.copy()
        frame.positions[8:] += rng.normal(scale=0.05, size=(24, 3))
        frames.append(frame)
        atoms.positions[:8] += rng.normal(scale=np.sqrt(2000 * diffusivity_a2_fs), size=(8, 3))
    ase.io.write(path, frames)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_import_exists(block: str) -> None:
    tree = ast.parse(block)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), "docs", "exec"), {})


@pytest.mark.parametrize("mark", RUNNABLE)
def test_the_tutorial_runs(
    mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [block] = [block for block in blocks_of(DOCS / "tutorial.md") if mark in block]
    monkeypatch.chdir(tmp_path)
    write_walk(tmp_path / "run_900K.extxyz", 5e-5)
    write_walk(tmp_path / "run_1200K.extxyz", 9e-5)
    names: dict[str, object] = {}
    exec(compile(block, "tutorial", "exec"), names)
    if "result" in names:
        assert names["result"].activation_energy_ev == pytest.approx(0.18, abs=0.06)
        assert capsys.readouterr().out.startswith("900.0")
    else:
        assert names["maker"].production_temperatures_k == (600.0, 900.0, 1200.0)


def test_examples_that_pages_show_are_there() -> None:
    shown = {
        path
        for page in DOCS.rglob("*.md")
        for path in re.findall(r'--8<-- "([^"]+)"', page.read_text(encoding="utf-8"))
    }
    assert shown
    for path, _, section in (name.partition(":") for name in shown):
        text = (DOCS.parent / path).read_text(encoding="utf-8")
        assert not section or f"# --8<-- [start:{section}]" in text
