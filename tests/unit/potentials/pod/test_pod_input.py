"""What is written for ``fitpod``."""

from __future__ import annotations

from io import StringIO
from math import ceil

import numpy as np
import pytest
from ase import Atoms
from ase.io import read
from ase.neighborlist import neighbor_list

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.potentials.pod._input import frame_text, input_lines
from amorph_flows.schemas.fits import PODSettings
from amorph_flows.testing.alloy import alloy_frames

CUTOFF = 4.5


def read_back(text: str) -> Atoms:
    found = read(StringIO(text), format="extxyz")
    assert isinstance(found, Atoms)
    return found


def skewed() -> Frame:
    """Two atoms outside their cell, which is long and narrow."""
    rng = np.random.default_rng(1)
    cell = np.array([[3.0, 0.0, 0.0], [1.4, 3.0, 0.0], [-1.3, 1.4, 3.1]])
    shifted = cell + 3 * cell[[1, 2, 0]]
    positions = rng.uniform(-20.0, 20.0, (2, 3))
    return Frame(np.array([29, 79]), positions, shifted, -1.5, rng.normal(size=(2, 3)))


def test_weights_are_those_of_every_fit() -> None:
    frames = FrameSet(alloy_frames(2, seed=0))
    settings = PODSettings(energy_weight=4.0, force_weight=0.06)
    held = dict(line.split(maxsplit=1) for line in input_lines(frames, settings).splitlines())
    assert float(held["fitting_weight_energy"]) == 2.0
    assert float(held["fitting_weight_force"]) == pytest.approx(0.1)  # 4 and 8 atoms: 6
    assert float(held["fitting_regularization_parameter"]) == 1e-10
    assert held["randomize_training_data_set"] == "0"


def test_a_frame_comes_back_as_it_is() -> None:
    frame = alloy_frames(1, seed=2)[0]
    assert frame.forces is not None
    back = read_back(frame_text(frame, 1.25, cutoff=3.0))
    assert back.get_potential_energy() == 1.25
    np.testing.assert_array_equal(back.numbers, frame.numbers)
    np.testing.assert_array_equal(back.get_forces(), frame.forces)


def test_images_reach_as_far_as_the_cutoff() -> None:
    """As many as ``fitpod`` takes find all distances; energy and forces are of the same crystal."""
    frame = skewed()
    back = read_back(frame_text(frame, -1.5, CUTOFF))
    copies = len(back) // 2
    assert back.get_potential_energy() == pytest.approx(-1.5 * copies)
    np.testing.assert_allclose(back.get_forces().sum(axis=0), copies * frame.forces.sum(axis=0))
    upright = np.abs(np.diag(np.linalg.qr(back.cell.array.T)[1]))
    n = [ceil(CUTOFF / length) for length in upright]
    shifts = np.stack(np.meshgrid(*[range(-k, k + 1) for k in n]), axis=-1).reshape(-1, 3)
    images = (back.positions[None] + (shifts @ back.cell.array)[:, None]).reshape(-1, 3)
    apart = np.linalg.norm(back.positions[:, None] - images[None], axis=2)
    found = np.sort(apart[(apart > 1e-9) & (apart < CUTOFF)])
    exact = np.sort(np.tile(neighbor_list("d", frame.to_atoms(), CUTOFF), copies))
    np.testing.assert_allclose(found, exact, atol=1e-9)
