"""No frame in two parts, no neighbour of a test block in training, strata kept."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from amorph_flows.datasets import (
    Frame,
    FrameSet,
    Provenance,
    apart_from,
    split_at_random,
    split_frames,
)
from amorph_flows.datasets._split import Split
from amorph_flows.errors import InputError


def frames_of(run: str, n: int, temperature: float = 300.0, number: int = 8) -> list[Frame]:
    rng = np.random.default_rng(abs(hash((run, number))) % 2**32)
    return [
        Frame(
            np.array([number, 23]),
            rng.uniform(0, 9, (2, 3)),
            np.eye(3) * 9,
            0.0,
            np.zeros((2, 3)),
            provenance=Provenance(run=run, temperature_k=temperature, time_fs=100.0 * i),
        )
        for i in range(n)
    ]


def check_disjoint(split: Split, n: int) -> None:
    parts = (split.training, split.validation, split.test_random, split.test_blocks, split.left_out)
    assert sorted(i for part in parts for i in part) == list(range(n))


def assert_no_neighbours(frames: FrameSet, split: Split) -> None:
    times = [(f.provenance.run, f.provenance.time_fs) for f in frames]
    training = {times[i] for i in (*split.training, *split.validation)}
    for i in split.test_blocks:
        run, time = times[i]
        assert not training & {(run, time - 100.0), (run, time + 100.0)}


@pytest.mark.parametrize("seed", range(5))
def test_shares_neighbours_and_strata(seed: int) -> None:
    listed = [
        f
        for t in (300.0, 600.0, 1200.0)
        for number in (8, 16)
        for f in frames_of(f"{number} at {t}", 80, t, number)
    ]
    order = np.random.default_rng(seed).permutation(len(listed))
    frames = FrameSet(listed[i] for i in order)
    split = split_frames(frames, seed=seed)
    check_disjoint(split, len(frames))
    assert_no_neighbours(frames, split)
    assert len(split.test_random) == 48
    assert len(split.test_blocks) == pytest.approx(48, abs=4)
    assert len(split.validation) == pytest.approx(48, abs=4)
    assert len(split.training) > 310
    for part in (split.test_random, split.test_blocks):
        strata = Counter((frames[i].formula, frames[i].provenance.temperature_k) for i in part)
        assert set(strata.values()) == {8}


@pytest.mark.parametrize("seed", range(5))
def test_thirty_frames_fill_every_part(seed: int) -> None:
    frames = FrameSet(frames_of("short", 30))
    split = split_frames(frames, seed=seed)
    check_disjoint(split, 30)
    assert_no_neighbours(frames, split)
    assert len(split.test_random) == 3
    assert 2 <= len(split.test_blocks) <= 4
    assert 2 <= len(split.validation) <= 4
    assert len(split.training) >= 18
    assert len(split.left_out) <= 2


def test_blocks_are_contiguous_in_time_whatever_the_order() -> None:
    frames = FrameSet(reversed(frames_of("r", 50)))
    split = split_frames(frames, n_blocks=10, seed=3)
    times = sorted(frames[i].provenance.time_fs or 0.0 for i in split.test_blocks)
    assert np.all(np.diff(times) == 100.0)
    assert len(times) == 5


def test_frames_without_a_run_have_no_neighbours() -> None:
    frames = FrameSet(f.with_provenance(run="", time_fs=None) for f in frames_of("any", 40))
    split = split_frames(frames, seed=1)
    check_disjoint(split, 40)
    assert split.left_out == ()
    assert [len(p) for p in (split.test_random, split.test_blocks, split.validation)] == [4, 4, 4]


def test_few_frames_are_all_for_training() -> None:
    for n in (1, 4, 9):
        split = split_frames(FrameSet(frames_of("tiny", n)))
        assert split.training == tuple(range(n))


def test_same_seed_same_split_other_seed_other_split() -> None:
    frames = FrameSet(frames_of("r", 100))
    assert split_frames(frames, seed=4) == split_frames(frames, seed=4)
    assert split_frames(frames, seed=4).test_random != split_frames(frames, seed=5).test_random


def test_bad_input() -> None:
    frames = frames_of("r", 10)
    with pytest.raises(InputError, match="leave no frames for training"):
        split_frames(FrameSet(frames), test_fraction=0.5)
    with pytest.raises(InputError, match="frames 2 and 10 are the same"):
        split_frames(FrameSet([*frames, frames[2]]))
    with pytest.raises(InputError, match="n_blocks = 0"):
        split_frames(FrameSet(frames), n_blocks=0)


def test_at_random_every_frame_is_used_and_none_is_left_out() -> None:
    frames = FrameSet([*frames_of("a", 120), *frames_of("b", 80, 1200.0)])
    split = split_at_random(frames, 0.1, seed=3)
    check_disjoint(split, 200)
    assert (len(split.training), len(split.test_random)) == (180, 20)
    assert (split.validation, split.test_blocks, split.left_out) == ((), (), ())
    assert split == split_at_random(frames, 0.1, seed=3)
    assert split.test_random != split_at_random(frames, 0.1, seed=4).test_random
    held = split_at_random(frames, 0.1, 0.2)
    assert (len(held.training), len(held.validation), len(held.test_random)) == (140, 40, 20)
    with pytest.raises(InputError, match="leave no frames"):
        split_at_random(frames, 0.6, 0.4)


def test_frames_apart_have_no_neighbour_among_the_others() -> None:
    frames = FrameSet([*frames_of("a", 6), *frames_of("b", 2), *frames_of("", 1)])
    assert apart_from(frames, [0, 1, 4, 6, 8], [2, 3, 5, 7]) == [0, 8]
