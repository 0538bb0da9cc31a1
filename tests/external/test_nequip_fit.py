"""NequIP and Allegro trained for real: the conformance suite, and published configurations."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from published import needs_nafepo4
from small_systems import check_system, mgv2o5, nafepo4

from amorph_flows.errors import MissingDependencyError
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import NEQUIP
from amorph_flows.schemas.fits import NequIPSettings
from amorph_flows.testing.potentials import PotentialConformance

try:
    find_installed(NEQUIP)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestNequIP(PotentialConformance):
    settings = NequIPSettings(
        cutoff=4.5,
        layers=2,
        features=8,
        radial_width=16,
        energy_weight=10.0,
        stress_weight=1.0,
        learning_rate=0.02,
        max_steps=150,
        members=2,
        seed=1,
    )
    other_model = settings.model_copy(update={"features": 6})
    another: ClassVar[dict[str, object]] = {"seed": 7}
    highest_inside = 2.0
    repeats_to_ev = 1e-6
    unseen_pair_grade = 0.0


class TestAllegro(PotentialConformance):
    settings = TestNequIP.settings.model_copy(update={"network": "allegro", "layers": 1})
    other_model = settings.model_copy(update={"features": 6})
    another: ClassVar[dict[str, object]] = {"seed": 7}
    highest_inside = 2.0
    repeats_to_ev = 1e-6
    unseen_pair_grade = 0.0


SMALL_PART = NequIPSettings(
    cutoff=4.5, layers=2, features=16, radial_width=32, max_steps=10, members=2, seed=1
)
SMALL_PARTS = [SMALL_PART, SMALL_PART.model_copy(update={"network": "allegro"})]
networks = pytest.mark.parametrize("settings", SMALL_PARTS, ids=lambda part: part.network)


@networks
@needs_nafepo4
def test_published_configurations_of_nafepo4(settings: NequIPSettings, tmp_path: Path) -> None:
    check_system(settings, nafepo4(30, 6), tmp_path, gain=0.8)


@networks
def test_mgv2o5_with_labels_of_chgnet(settings: NequIPSettings, tmp_path: Path) -> None:
    check_system(settings, mgv2o5(), tmp_path, gain=0.8)
