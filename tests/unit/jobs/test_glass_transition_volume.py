"""What a cooling run under a barostat tells of the volume."""

from __future__ import annotations

import pytest

from amorph_flows.jobs.glass_transition import _document, _of_volume


def test_expansion_coefficients_are_the_slopes_over_the_volume_of_the_transition() -> None:
    temperatures = [float(t) for t in range(1600, 300, -100)]
    volumes = [12.0 + 2e-4 * (t - 900) + 8e-4 * max(0.0, t - 900) for t in temperatures]
    found = _document(temperatures, [2e-4 * t for t in temperatures], 1e5)
    whole = found.model_copy(update=_of_volume(temperatures, volumes))
    assert found.ensemble == "nvt"
    assert found.glass_expansion_per_k is None
    assert whole.ensemble == "npt"
    assert whole.volume_temperature_k == pytest.approx(900, abs=1)
    assert whole.glass_expansion_per_k == pytest.approx(2e-4 / 12, rel=1e-2)
    assert whole.liquid_expansion_per_k == pytest.approx(1e-3 / 12, rel=1e-2)
    assert whole.volume_transition is not None
    assert whole.volume_transition.passed
    assert not found.transition.passed  # a straight line


def test_a_straight_volume_has_no_transition() -> None:
    temperatures = [float(t) for t in range(1600, 300, -100)]
    found = _of_volume(temperatures, [11.0 + 3e-4 * t for t in temperatures])
    assert found["volume_transition"].passed is False
    assert found["glass_expansion_per_k"] == pytest.approx(
        found["liquid_expansion_per_k"], rel=1e-6
    )
