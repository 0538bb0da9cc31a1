"""Every backend does what the contract says, on the same small task."""

from __future__ import annotations

from pathlib import Path

import pytest

from amorph_flows.potentials.requirements import has_compiler
from amorph_flows.testing.alloy import MTP_SETTINGS
from amorph_flows.testing.potentials import PotentialConformance


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestMotep(PotentialConformance):
    settings = MTP_SETTINGS.model_copy(update={"backend": "motep"})
    other_model = settings.model_copy(update={"level": 8})

    @pytest.fixture(autouse=True)
    def _needs_motep(self) -> None:
        pytest.importorskip("motep", reason="motep is not installed")


class TestMTP(PotentialConformance):
    settings = MTP_SETTINGS
    other_model = settings.model_copy(update={"level": 8})

    @pytest.fixture(autouse=True)
    def _needs_a_compiler(self) -> None:
        if not has_compiler():
            pytest.skip("no C++ compiler")
