"""Duplicates and unphysical frames stay out, with their reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from amorph_flows.datasets import (
    Frame,
    FrameSet,
    deduplicate,
    error_statistics,
    refuse_unphysical,
    shortest_contact,
)
from amorph_flows.errors import InputError


def pair(distance: float, force: float = 0.0, **changes: object) -> Frame:
    positions = np.array([[9.9, 5.0, 5.0], [9.9 + distance, 5.0, 5.0]])
    forces = np.array([[0.0, force, 0.0], [0.0, -force, 0.0]])
    labelled = Frame(np.array([8, 23]), positions, np.eye(3) * 10, 1.0, forces)
    return replace(labelled, **changes)


def test_the_labelled_one_of_two_equal_frames_is_kept_in_place() -> None:
    bare = pair(2.0, energy_ev=None, forces=None)
    distinct, dropped = deduplicate(FrameSet([bare, pair(2.1), pair(2.0), pair(2.1)]))
    assert dropped == 2
    assert [f.is_labelled for f in distinct] == [True, True]
    assert distinct[0].content_hash == bare.content_hash


def test_frames_beyond_a_limit_are_refused_with_the_value() -> None:
    frames = FrameSet(
        [pair(2.0, 29.9), pair(1.24), pair(2.0, 31.0), pair(1.3), pair(2.0, energy_ev=np.nan)]
    )
    refusal = refuse_unphysical(frames)
    assert [f.content_hash for f in refusal.kept] == [
        frames[0].content_hash,
        frames[3].content_hash,
    ]
    assert set(refusal.refused) == {1, 2, 4}
    assert "1.24 Å" in refusal.refused[1]
    assert "31.0 eV/Å" in refusal.refused[2]
    assert "finite" in refusal.refused[4]
    assert not refuse_unphysical(frames, 1.0, 40.0).refused.keys() & {1, 2}
    assert set(refuse_unphysical(frames, None, None).refused) == {4}


def test_contact_through_the_periodic_boundary_counts() -> None:
    frame = pair(1.0)
    wrapped = replace(frame, positions=frame.positions % 10.0)
    assert shortest_contact(wrapped, 1.25) == pytest.approx(1.0)
    assert shortest_contact(wrapped, 0.9) is None


def test_limits_must_be_positive() -> None:
    with pytest.raises(InputError, match="must be positive"):
        refuse_unphysical(FrameSet(), 0.0)


def test_error_statistics_equal_their_definition() -> None:
    reference = pair(2.0, 1.0, stress=np.zeros((3, 3)))
    off = np.array([[0.3, 0.0, 0.0], [0.0, 0.0, 0.0]])
    guess = replace(
        reference, energy_ev=1.02, forces=reference.forces + off, stress=np.eye(3) * 0.01
    )
    errors = error_statistics(FrameSet([reference, reference]), FrameSet([guess, reference]))
    assert errors.n_frames == 2
    assert errors.energy_mae_mev_atom == pytest.approx(5.0)
    assert errors.energy_rmse_mev_atom == pytest.approx(10.0 / np.sqrt(2))
    assert errors.force_mae_ev_a == pytest.approx(0.3 / 12)
    assert errors.force_rmse_ev_a == pytest.approx(0.3 / np.sqrt(12))
    assert errors.stress_mae_gpa == pytest.approx(0.01 * 160.21766208 * 3 / 18)
    assert errors.stress_rmse_gpa == pytest.approx(0.01 * 160.21766208 * np.sqrt(3 / 18))


def test_error_statistics_without_stress_and_with_bad_input() -> None:
    frames = FrameSet([pair(2.0)])
    assert error_statistics(frames, frames).stress_rmse_gpa is None
    with pytest.raises(InputError, match="at least one"):
        error_statistics(FrameSet(), FrameSet())
    with pytest.raises(InputError, match="frame 0 has no energy"):
        error_statistics(frames, FrameSet([pair(2.0, energy_ev=None)]))
