"""Differences between the labels of two engines, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.datasets import Frame, FrameSet, compare_labels
from amorph_flows.errors import InputError

CELL = 8.0 * np.eye(3)


def frames(
    seed: int, numbers: list[list[int]], noise: float = 0.0, offset: float = 0.0
) -> FrameSet:
    """Return frames of random labels; `noise` and `offset` change the labels alone."""
    rng, other = np.random.default_rng(seed), np.random.default_rng(99)
    made = []
    for n in numbers:
        positions, forces = rng.uniform(0, 8, (len(n), 3)), rng.standard_normal((len(n), 3))
        energy = -5.0 * len(n) + rng.standard_normal()
        made.append(
            Frame(
                np.array(n),
                positions,
                CELL,
                energy + len(n) * (offset + noise * other.standard_normal()),
                forces + noise * other.standard_normal((len(n), 3)),
            )
        )
    return FrameSet(made)


def test_statistics_of_forces_are_numpys() -> None:
    numbers = [[8, 8, 23], [8, 8, 8, 23], [8, 23]]
    former, new = frames(1, numbers, noise=0.3), frames(1, numbers)
    found = compare_labels(former, new)
    one = np.concatenate([f.forces.ravel() for f in former])
    two = np.concatenate([f.forces.ravel() for f in new])
    assert found.forces.n_components == 27
    assert found.forces.mae.value == pytest.approx(np.abs(one - two).mean())
    assert found.forces.rmse.value == pytest.approx(np.sqrt(np.mean((one - two) ** 2)))
    assert found.forces.correlation.value == pytest.approx(np.corrcoef(one, two)[0, 1])
    assert found.forces.reference_rms == pytest.approx(np.sqrt(np.mean(two**2)))
    species = np.repeat(np.concatenate(numbers), 3)
    oxygen = found.forces_by_element["O"]
    assert oxygen.mae.value == pytest.approx(np.abs(one - two)[species == 8].mean())
    assert set(found.forces_by_element) == {"O", "V"}
    assert found.frame_force_mae[2] == pytest.approx(np.abs(one - two)[-6:].mean())


def test_errors_shrink_as_the_root_of_the_number_of_frames() -> None:
    few, many = ([[8, 8, 23]] * n for n in (20, 2000))
    errors = [
        compare_labels(frames(1, n, noise=0.3), frames(1, n)).forces.mae.error for n in (few, many)
    ]
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.5)
    assert errors[1] == pytest.approx(0.3 * np.sqrt(1 - 2 / np.pi) / np.sqrt(9 * 2000), rel=0.2)


def test_energies_are_held_to_the_mean_of_their_composition() -> None:
    numbers = [[8, 8, 23]] * 200 + [[8, 23]] * 200 + [[8]]
    former = frames(1, numbers[:200], 0.02, 3.0) + frames(2, numbers[200:], 0.02, -1.0)
    new = frames(1, numbers[:200]) + frames(2, numbers[200:])
    found = compare_labels(former, new).energies
    assert found.n_frames == 400
    assert found.offsets_ev_atom["VO2"].value == pytest.approx(3.0, abs=0.01)
    assert found.offsets_ev_atom["VO"].value == pytest.approx(-1.0, abs=0.01)
    assert found.offsets_ev_atom["VO"].error == pytest.approx(0.02 / np.sqrt(200), rel=0.2)
    assert found.rmse.value == pytest.approx(20.0, rel=0.1)
    assert found.rmse.error == pytest.approx(20.0 / np.sqrt(2 * 400), rel=0.4)


def test_a_single_frame_has_values_without_errors_and_no_energy_difference() -> None:
    found = compare_labels(frames(1, [[8, 23]], 0.1), frames(1, [[8, 23]]))
    assert found.forces.mae.error is None
    assert found.energies.rmse is None
    assert found.frame_energy_residual == (None,)


def test_constant_labels_have_no_correlation() -> None:
    still = FrameSet(
        [
            Frame(f.numbers, f.positions, f.cell, f.energy_ev, np.zeros((2, 3)))
            for f in frames(1, [[8, 23]] * 2)
        ]
    )
    assert compare_labels(still, still).forces.correlation is None


def test_other_configurations_are_refused() -> None:
    with pytest.raises(InputError, match="frame 0 is not the same configuration"):
        compare_labels(frames(1, [[8, 23]]), frames(2, [[8, 23]]))
    with pytest.raises(InputError, match="1 former and 2 new"):
        compare_labels(frames(1, [[8, 23]]), frames(1, [[8, 23]] * 2))
