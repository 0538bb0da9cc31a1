"""Every test runs in a folder of its own, so that nothing is written into the checkout."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from amorph_flows.runtime import walltime

pytest.register_assert_rewrite("store_questions", "held_lammps")

# tests run side by side: threads of one would wait for the cores of another
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

HELPERS = Path(__file__).parent / "helpers"
"""Modules that tests, and processes that tests start, import."""


@pytest.fixture(scope="session", autouse=True)
def folder_of_shared_fixtures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Set up and tear down fixtures of modules and sessions in a folder of their own too."""
    with chdir(tmp_path_factory.mktemp("shared")):
        yield


@pytest.fixture(scope="session", autouse=True)
def importable_helpers() -> Iterator[None]:
    """Let processes that tests start import the helpers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HELPERS), prepend=os.pathsep)
        yield


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change into an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back the clock and the end of a queue job that a test gives to its process."""
    monkeypatch.delenv("AMORPH_DEADLINE", raising=False)
    monkeypatch.setattr(walltime, "time", time)
