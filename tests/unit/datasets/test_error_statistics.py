"""Errors of predicted labels, and their own standard errors against many samples."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.datasets import Frame, FrameSet, error_statistics

N_ATOMS = 4


def pairs(n_frames: int, rng: np.random.Generator) -> tuple[FrameSet, FrameSet]:
    """Return labelled frames and predictions whose errors are larger in some frames."""
    labelled, predicted = [], []
    for _ in range(n_frames):
        positions, wrong = rng.random((N_ATOMS, 3)), rng.lognormal(sigma=0.5)
        errors = {
            "energy_ev": N_ATOMS * 1e-3 * wrong * rng.normal(),
            "forces": wrong * rng.normal(size=(N_ATOMS, 3)),
        }
        for frames, label in (
            (labelled, {"energy_ev": 0.0, "forces": np.zeros((N_ATOMS, 3))}),
            (predicted, errors),
        ):
            frames.append(Frame([12] * N_ATOMS, positions, 9 * np.eye(3), **label))
    return FrameSet(labelled), FrameSet(predicted)


def test_standard_errors_are_the_scatter_of_many_samples() -> None:
    rng = np.random.default_rng(0)
    samples = [error_statistics(*pairs(40, rng)) for _ in range(200)]
    for value, error in (
        ("energy_rmse_mev_atom", "energy_rmse_error_mev_atom"),
        ("force_rmse_ev_a", "force_rmse_error_ev_a"),
        ("energy_mae_mev_atom", "energy_mae_error_mev_atom"),
        ("force_mae_ev_a", "force_mae_error_ev_a"),
    ):
        scatter = np.std([getattr(one, value) for one in samples])
        told = np.mean([getattr(one, error) for one in samples])
        assert told == pytest.approx(scatter, rel=0.25)


def test_one_frame_has_no_standard_error() -> None:
    one = error_statistics(*pairs(1, np.random.default_rng(0)))
    assert one.energy_rmse_error_mev_atom is None
    assert one.force_rmse_error_ev_a is None


def test_without_stress_there_is_no_error_of_it() -> None:
    found = error_statistics(*pairs(3, np.random.default_rng(0)))
    assert (found.stress_rmse_gpa, found.stress_mae_gpa) == (None, None)
    assert found.stress_rmse_error_gpa is None
