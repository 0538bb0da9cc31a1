"""ACE fitted by pacemaker for real: the conformance suite on the small task."""

from __future__ import annotations

from pathlib import Path

import pytest

from amorph_flows.errors import MissingDependencyError
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE
from amorph_flows.schemas.fits import ACESettings
from amorph_flows.testing.potentials import PotentialConformance

try:
    find_installed(ACE)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)


class TestACE(PotentialConformance):
    settings = ACESettings(
        cutoff=4.5,
        functions_per_element=12,
        powers=(1.0,),
        force_weight=0.1,
        l2=1e-6,
        ladder_step=0,
        max_steps=200,
        patience=100,
        batch_size=20,
        seed=1,
    )
    other_model = settings.model_copy(update={"functions_per_element": 8})

    @pytest.fixture(autouse=True)
    def _in_a_folder_of_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
