"""SevenNet fine-tuned for real from the weights of its wheel: one epoch on ten frames."""

from __future__ import annotations

from pathlib import Path

import pytest
from nafepo4_networks import check_nafepo4
from published import needs_nafepo4

from amorph_flows.errors import MissingDependencyError
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import SEVENN
from amorph_flows.schemas.fits import SevenNetSettings

try:
    find_installed(SEVENN)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)


@needs_nafepo4
def test_published_configurations_of_nafepo4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = SevenNetSettings(max_steps=1, members=1, batch_size=2, precision="float32")
    check_nafepo4(settings, tmp_path, gain=0.5, n_frames=10)
