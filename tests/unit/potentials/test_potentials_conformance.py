"""Every backend does what the contract says, on the same small task."""

from __future__ import annotations

from pathlib import Path

import pytest

from amorph_flows.potentials import default_backend
from amorph_flows.testing.potentials import PotentialConformance


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestMotep(PotentialConformance):
    name = "motep"

    @pytest.fixture(autouse=True)
    def _needs_motep(self) -> None:
        pytest.importorskip("motep", reason="motep is not installed")


class TestMTP(PotentialConformance):
    name = "mtp"

    @pytest.fixture(autouse=True)
    def _needs_a_compiler(self) -> None:
        if default_backend() != "mtp":
            pytest.skip("no C++ compiler")
