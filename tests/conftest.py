"""Every test runs in a folder of its own, so that nothing is written into the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change into an empty folder."""
    monkeypatch.chdir(tmp_path)
