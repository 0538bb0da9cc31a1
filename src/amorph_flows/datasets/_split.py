"""Split of frames into training, validation and test parts without leaks between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError

_SHORTEST_BLOCK = 3

Block = tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """Which frame is used for what; no frame is in two parts.

    Parameters
    ----------
    training
        Frames to fit to.
    validation
        Trajectory blocks that choose hyperparameters and the snapshot.
    test_random
        Random frames, stratified by composition and temperature; their neighbours in time may be
        in the training part.
    test_blocks
        Trajectory blocks whose neighbours in time are not in the training part.
    left_out
        Neighbours of the test blocks, in no other part.
    seed
        Seed of the split.
    """

    training: tuple[int, ...]
    validation: tuple[int, ...]
    test_random: tuple[int, ...]
    test_blocks: tuple[int, ...]
    left_out: tuple[int, ...]
    seed: int


def split_frames(
    frames: FrameSet,
    test_fraction: float = 0.1,
    validation_fraction: float = 0.1,
    n_blocks: int = 10,
    seed: int = 0,
    block_fraction: float | None = None,
) -> Split:
    """Split frames into training, validation and two kinds of test frames.

    A block is a stretch of one run, contiguous in time; frames without a run have no known
    neighbours and are blocks of their own. A part whose share is less than one frame stays empty.

    Parameters
    ----------
    frames
        Distinct labelled frames.
    test_fraction
        Share of all frames in each of the two test parts, or in that of random frames alone.
    validation_fraction
        Share of all frames in the validation part.
    n_blocks
        Into how many blocks each run is cut, fewer where they would be shorter than three frames.
    seed
        Seed of the random choices.
    block_fraction
        Share of all frames in the trajectory blocks for the test; None: ``test_fraction``.

    Returns
    -------
    Split
        Indices into ``frames``, each part in ascending order.

    Raises
    ------
    InputError
        If the fractions leave nothing to train on, ``n_blocks`` is not positive, or two frames are
        the same configuration.
    """
    of_blocks = test_fraction if block_fraction is None else block_fraction
    _check(frames, test_fraction, of_blocks, validation_fraction, n_blocks)
    rng = np.random.default_rng(seed)
    strata = [(frame.formula, frame.provenance.temperature_k) for frame in frames]
    runs = _runs(frames)
    n_test, n_validation = test_fraction * len(frames), validation_fraction * len(frames)
    n_in_blocks = of_blocks * len(frames)
    blocks = [b for run in runs for b in _cut(run, n_blocks, n_in_blocks)]
    test_blocks = _choose_blocks(blocks, strata, n_in_blocks, rng)
    outside = [i for i in range(len(frames)) if i not in test_blocks]
    test_random = _choose_frames(outside, strata, n_test, rng)
    left_out = _neighbours(runs, test_blocks) - test_random
    used = test_blocks | test_random | left_out
    rest = [left for b in blocks if (left := tuple(i for i in b if i not in used))]
    validation = _choose_blocks(rest, strata, n_validation, rng)
    training = set(range(len(frames))) - used - validation
    return Split(
        training=tuple(sorted(training)),
        validation=tuple(sorted(validation)),
        test_random=tuple(sorted(test_random)),
        test_blocks=tuple(sorted(test_blocks)),
        left_out=tuple(sorted(left_out)),
        seed=seed,
    )


def split_at_random(
    frames: FrameSet, test_fraction: float = 0.1, validation_fraction: float = 0.0, seed: int = 0
) -> Split:
    """Split frames at random, whatever run, composition and temperature they are of.

    Every frame is in a part, so neighbours in time of the test frames are trained on and the test
    error is too low where frames of a run are alike (Choyal et al. 2025, section 2.1).

    Parameters
    ----------
    frames
        Distinct labelled frames.
    test_fraction, validation_fraction
        Shares of all frames.
    seed
        Seed of the random choices.

    Returns
    -------
    Split
        Indices into ``frames``, each part in ascending order; none are left out.

    Raises
    ------
    InputError
        If the fractions leave nothing to train on, or two frames are the same configuration.
    """
    _check(frames, test_fraction, 0.0, validation_fraction, 1)
    drawn = np.random.default_rng(seed).permutation(len(frames)).tolist()
    n_test, n_held = (
        round(share * len(frames)) for share in (test_fraction, test_fraction + validation_fraction)
    )
    return Split(
        training=tuple(sorted(drawn[n_held:])),
        validation=tuple(sorted(drawn[n_test:n_held])),
        test_random=tuple(sorted(drawn[:n_test])),
        test_blocks=(),
        left_out=(),
        seed=seed,
    )


def apart_from(frames: FrameSet, chosen: Iterable[int], others: Iterable[int]) -> list[int]:
    """Return those of chosen frames whose neighbours in time are not among others.

    Parameters
    ----------
    frames
        All frames.
    chosen, others
        Indices into them, such as the test frames and those that are trained on.
    """
    beside = _neighbours(_runs(frames), set(others))
    return sorted(set(chosen) - beside)


def _check(frames: FrameSet, test: float, blocks: float, validation: float, n_blocks: int) -> None:
    shares = (test, blocks, validation)
    if not all(0 <= share < 1 for share in shares) or sum(shares) >= 1:
        raise InputError(
            f"test_fraction = {test} (random frames), block_fraction = {blocks} (as test_fraction "
            f"where it is not given) and validation_fraction = {validation} leave no frames for "
            "training; lower them"
        )
    if n_blocks < 1:
        raise InputError(f"n_blocks = {n_blocks}; a run is cut into at least one block")
    seen: dict[str, int] = {}
    for index, frame in enumerate(frames):
        first = seen.setdefault(frame.content_hash, index)
        if first != index:
            raise InputError(
                f"frames {first} and {index} are the same configuration, so one could be used for "
                "training and the other for the test; call deduplicate first"
            )


def _runs(frames: FrameSet) -> list[list[int]]:
    """Return the frames of each run in order of time; a frame without a run is alone."""
    runs: dict[Hashable, list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        runs[frame.provenance.run or index].append(index)
    return [sorted(run, key=lambda i: (_time(frames[i]), i)) for run in runs.values()]


def _time(frame: Frame) -> float:
    origin = frame.provenance
    for time in (origin.time_fs, origin.step):
        if time is not None:
            return float(time)
    return 0.0


def _cut(run: list[int], n_blocks: int, n_test: float) -> list[Block]:
    """Return the blocks of a run."""
    shortest = min(_SHORTEST_BLOCK, max(1, round(n_test)))
    length = max(round(len(run) / n_blocks), shortest)
    pieces = np.array_split(run, max(1, len(run) // length))
    return [tuple(int(i) for i in piece) for piece in pieces]


def _choose_blocks(
    blocks: Iterable[Block], strata: Sequence[Hashable], wanted: float, rng: np.random.Generator
) -> set[int]:
    """Return the frames of random blocks, each time from the stratum that lacks most."""
    waiting: dict[Hashable, list[Block]] = defaultdict(list)
    for block in blocks if wanted >= 1 else ():
        waiting[strata[block[0]]].append(block)
    shares = {stratum: strata.count(stratum) * wanted / len(strata) for stratum in waiting}
    chosen: set[int] = set()
    while waiting:
        stratum = max(shares, key=shares.__getitem__)
        block = waiting[stratum].pop(int(rng.integers(len(waiting[stratum]))))
        if len(chosen) + len(block) / 2 <= wanted:
            chosen.update(block)
            shares[stratum] -= len(block)
        if not waiting[stratum]:
            del waiting[stratum], shares[stratum]
    return chosen


def _choose_frames(
    frames: Sequence[int], strata: Sequence[Hashable], wanted: float, rng: np.random.Generator
) -> set[int]:
    """Return random frames, from each stratum its share rounded by largest remainder."""
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index in frames:
        members[strata[index]].append(index)
    shares = {s: len(held) * wanted / max(len(frames), 1) for s, held in members.items()}
    counts = {s: int(share) for s, share in shares.items()}
    missing = (round(wanted) if wanted >= 1 else 0) - sum(counts.values())
    for stratum in sorted(shares, key=lambda s: counts[s] - shares[s])[: max(missing, 0)]:
        counts[stratum] += 1
    return {
        int(i) for s, held in members.items() for i in rng.choice(held, counts[s], replace=False)
    }


def _neighbours(runs: Iterable[list[int]], chosen: set[int]) -> set[int]:
    """Return the frames next to chosen ones in time."""
    pairs = [pair for run in runs for pair in pairwise(run)]
    touching = {i for pair in pairs if chosen.intersection(pair) for i in pair}
    return touching - chosen
