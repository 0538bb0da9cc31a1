"""Tests stand alone: what several of them need is in a helper module."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = sorted(TESTS.rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Return the modules that a module imports, those of scripts in its strings included."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(re.findall(r"^\s*(?:import|from) (test_\w+)", node.value, re.MULTILINE))
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_module_imports_a_test(module: Path) -> None:
    tests = {path.stem for path in MODULES if path.stem.startswith("test_")} | {"conftest"}
    assert not imported(ast.parse(module.read_text())) & tests


def test_no_two_modules_have_one_name() -> None:
    names = Counter(path.stem for path in MODULES if path.stem != "conftest")
    assert [name for name, n in names.items() if n > 1] == []
