from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.analysis.structure._fluctuation import (
    above_noise,
    host_fluctuation,
    rdf_fluctuation,
)
from amorph_flows.analysis.structure.rdf import radial_distribution
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import InputError
from amorph_flows.structures._library import v2o5


def _gas(seed: int, n_frames: int = 1) -> Trajectory:
    rng = np.random.default_rng(seed)
    positions = rng.random((n_frames, 240, 3)) * 21.0
    numbers = np.repeat([23, 8], [80, 160])
    return Trajectory(positions, np.eye(3) * 21.0, numbers, np.arange(float(n_frames)))


@pytest.mark.parametrize("hosts", [["V"], ["O"], ["V", "O"]])
def test_fluctuation_of_an_ideal_gas_is_its_counting_noise(hosts):
    found = np.array([host_fluctuation(_gas(seed), hosts) for seed in range(12)])
    measured = np.sqrt((found[:, 0] ** 2).mean())
    assert measured == pytest.approx(found[0, 1], rel=0.2)


def test_noise_falls_with_the_root_of_independent_frames():
    _, one = host_fluctuation(_gas(0), ["V", "O"])
    averaged, nine = host_fluctuation(_gas(0, 9), ["V", "O"])
    assert nine == pytest.approx(one / 3)
    assert averaged < 1.5 * nine


def test_crystal_fluctuates_far_above_its_noise_and_less_when_hot():
    crystal = v2o5()
    crystal.make_supercell((1, 3, 2))
    rdf = radial_distribution(crystal, 11.0, 220)
    cold, noise = rdf_fluctuation(rdf, ["V", "O"])
    hot, _ = rdf_fluctuation(rdf, ["V", "O"], thermal_displacement_a=0.17)
    assert cold > 5 * noise
    assert noise < hot < 0.75 * cold


def test_noise_is_taken_off_the_square():
    assert above_noise(0.5, 0.3) == pytest.approx(0.4)
    assert above_noise(0.1, 0.3) == 0.0


def test_short_rdf_is_refused():
    rdf = radial_distribution(v2o5(), 8.0, 80)
    with pytest.raises(InputError, match=r"ends at 8 Å; 10 Å is needed"):
        rdf_fluctuation(rdf, ["V"])
