"""Helpers for tests, and the stand-in for VASP, are loaded only where they are asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import amorph_flows

NOT_HERE = (
    "amorph_flows.testing",
    "amorph_flows.calculators.gpaw._child",  # runs in GPAW's environment
    "amorph_flows.calculators._chgnet",  # loads torch, which takes long
    "amorph_flows.potentials.networks._labels",  # so do those of networks, or in their environments
    "amorph_flows.potentials.networks._loop",
    *(f"amorph_flows.potentials.{name}._method" for name in ("nequip", "mace", "sevenn")),
)
SOURCE = Path(amorph_flows.__file__).parents[1]
MODULES = [
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(SOURCE.glob("amorph_flows/**/*.py"))
]
EVERYTHING = [name for name in MODULES if not name.startswith(NOT_HERE)]


@pytest.mark.parametrize(
    ("asked_for", "not_loaded"),
    [
        (EVERYTHING, ["amorph_flows.testing", "pytest"]),
        (["amorph_flows.testing.potentials"], ["amorph_flows.testing.vasp"]),
        (["amorph_flows.testing.vasp"], ["amorph_flows.testing.vasp.simulate", "pytest"]),
    ],
)
def test_loads_no_helper_of_tests(asked_for: list[str], not_loaded: list[str]) -> None:
    code = (
        "import importlib, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        f"for name in {asked_for}: importlib.import_module(name)\n"
        f"print([name for name in {not_loaded} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
