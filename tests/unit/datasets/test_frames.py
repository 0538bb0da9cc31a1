"""Frames keep their numbers exactly through the store and know equal content."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from monty.json import MontyDecoder, MontyEncoder

from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.errors import InputError


def frame(seed: int, size: int = 2, stress: bool = True) -> Frame:
    atoms = bulk("Cu", cubic=True).repeat(size)
    atoms.rattle(0.05, seed=seed)
    atoms.calc = EMT()
    atoms.get_potential_energy()
    if stress:
        atoms.get_stress()
    return Frame.from_atoms(atoms, Provenance(stage="test", step=seed, temperature_k=300.0))


def with_moments(one: Frame) -> Frame:
    return replace(one, magmoms=np.linspace(-1, 1, one.n_atoms))


def test_round_trip_through_json_is_exact() -> None:
    unlabelled = Frame(np.array([8]), np.zeros((1, 3)), np.eye(3) * 4)
    frames = FrameSet([with_moments(frame(1)), frame(2, size=1, stress=False), unlabelled])
    back = MontyDecoder().decode(json.dumps(frames, cls=MontyEncoder))
    assert isinstance(back, FrameSet)
    assert [f.n_atoms for f in back] == [32, 4, 1]
    for old, new in zip(frames, back, strict=True):
        for name in ("numbers", "positions", "cell", "energy_ev", "forces", "stress", "magmoms"):
            before, after = getattr(old, name), getattr(new, name)
            assert (before is None) == (after is None), name
            if before is not None:
                np.testing.assert_array_equal(before, after)
        assert old.provenance == new.provenance
        assert old.content_hash == new.content_hash


def test_empty_set_round_trips() -> None:
    assert len(FrameSet.from_dict(FrameSet().as_dict())) == 0


def test_content_hash_is_blind_to_wrapping_and_labels_but_not_to_positions() -> None:
    one = frame(1)
    shifted = one.positions + one.cell[0] - 2 * one.cell[2]
    assert Frame(one.numbers, shifted, one.cell).content_hash == one.content_hash
    moved = one.positions.copy()
    moved[0, 0] += 1e-4
    assert Frame(one.numbers, moved, one.cell).content_hash != one.content_hash


def test_stress_keeps_its_components() -> None:
    atoms = frame(3).to_atoms()
    again = Frame.from_atoms(atoms)
    np.testing.assert_allclose(again.stress, frame(3).stress)
    np.testing.assert_allclose(again.stress[1, 2], atoms.get_stress()[3])


def test_damaged_columns_are_named() -> None:
    stored = FrameSet([frame(1)]).as_dict()
    stored["forces"] = FrameSet([frame(1), frame(2)]).as_dict()["forces"]
    with pytest.raises(InputError, match="forces has 64 rows, but its frames need 32"):
        FrameSet.from_dict(stored)


def test_frames_stored_before_moments_were_kept_are_read() -> None:
    stored = FrameSet([frame(1)]).as_dict()
    assert not [name for name in stored if "magmoms" in name]
    assert FrameSet.from_dict(stored)[0].magmoms is None


def test_moments_are_no_part_of_a_configuration_and_go_through_atoms() -> None:
    one = frame(1)
    moving = with_moments(one)
    assert moving.content_hash == one.content_hash
    np.testing.assert_array_equal(Frame.from_atoms(moving.to_atoms()).magmoms, moving.magmoms)


def test_moments_of_another_configuration_are_not_taken() -> None:
    atoms = with_moments(frame(1)).to_atoms()
    atoms.positions[0] += 0.1
    assert Frame.from_atoms(atoms).magmoms is None
