"""Labels that are on disk as soon as they are finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tested_time import TestedTime

from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines._finished import LABELS_FILE, FinishedLabels
from amorph_flows.engines._labelling import label_batch
from amorph_flows.errors import InputError, WalltimeError
from amorph_flows.runtime import walltime
from amorph_flows.schemas.labelling import QuarantinedCalculation


def frame(seed: int, settings: str = "a1") -> Frame:
    """Return a labelled frame of numbers that need all their digits."""
    rng = np.random.default_rng(seed)
    return Frame(
        numbers=np.array([8, 8, 23]),
        positions=5 * rng.random((3, 3)),
        cell=5 * np.eye(3),
        energy_ev=float(-rng.random()),
        forces=rng.normal(size=(3, 3)),
        stress=np.diag(rng.normal(size=3)),
        provenance=Provenance(run=f"run {seed}", engine="toy", settings_hash=settings),
    )


def opened(folder: Path, settings: str) -> FinishedLabels:
    return FinishedLabels(folder, settings, keep_failures=True)


def bare(labelled: Frame, run: str = "") -> Frame:
    return replace(
        labelled, energy_ev=None, forces=None, stress=None, provenance=Provenance(run=run, step=7)
    )


def test_labels_are_found_again_bit_for_bit(tmp_path: Path) -> None:
    first = opened(tmp_path, "a1")
    assert first.find(bare(frame(1))) is None
    for seed in range(3):
        first.add(frame(seed))
    again = opened(tmp_path, "a1")
    assert len(again) == 3
    found = again.find(bare(frame(1), run="mine"))
    assert found is not None
    assert found.energy_ev == frame(1).energy_ev
    assert found.forces is not None
    assert found.stress is not None
    np.testing.assert_array_equal(found.forces, frame(1).forces)
    np.testing.assert_array_equal(found.stress, frame(1).stress)
    assert found.provenance == Provenance(run="mine", step=7, engine="toy", settings_hash="a1")
    assert again.find(bare(frame(5))) is None


def test_other_settings_are_another_label(tmp_path: Path) -> None:
    opened(tmp_path, "a1").add(frame(1))
    other = opened(tmp_path, "b2")
    assert other.find(bare(frame(1))) is None
    other.add(frame(1, "b2"))
    assert opened(tmp_path, "a1").find(bare(frame(1))) is not None
    with pytest.raises(InputError, match=r"'b2' but 'a1'"):
        other.add(frame(2, "a1"))
    with pytest.raises(InputError, match="not labelled"):
        other.add(bare(frame(2)))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.999])
def test_torn_last_label_is_dropped_and_computed_again(tmp_path: Path, share: float) -> None:
    finished, file = opened(tmp_path, "a1"), tmp_path / LABELS_FILE
    finished.add(frame(0))
    whole = file.stat().st_size
    finished.add(frame(1))
    last = file.stat().st_size - whole
    with file.open("r+b") as raw:
        raw.truncate(whole + max(1, int(share * last)))
    again = opened(tmp_path, "a1")
    assert again.find(bare(frame(0))) is not None
    assert again.find(bare(frame(1))) is None
    again.add(frame(1))
    assert len(opened(tmp_path, "a1")) == 2
    assert file.stat().st_size == whole + last


def test_zeros_at_the_end_are_dropped(tmp_path: Path) -> None:
    """What a machine that lost power leaves of a block."""
    opened(tmp_path, "a1").add(frame(0))
    with (tmp_path / LABELS_FILE).open("ab") as file:
        file.write(bytes(512))
    again = opened(tmp_path, "a1")
    again.add(frame(1))
    assert len(opened(tmp_path, "a1")) == 2


def test_failures_are_kept_with_their_reason(tmp_path: Path) -> None:
    failed = bare(frame(3))
    finished = opened(tmp_path, "a1")
    reason = QuarantinedCalculation(index=3, content_hash=failed.content_hash, reason="no SCF")
    finished.add_failure(reason)
    finished.add_failure(QuarantinedCalculation(index=4, reason="positions are not finite"))
    [file] = tmp_path.glob("failed-*")
    file.write_text(file.read_text() + '{"index": 5, "con')
    again = opened(tmp_path, "a1")
    assert len(again) == 1
    assert again.find_failure(failed, 0) == reason.model_copy(update={"index": 0})
    again.add_failure(reason.model_copy(update={"content_hash": "other"}))
    assert len(opened(tmp_path, "a1")) == 2
    assert len(opened(tmp_path, "b2")) == 0
    assert len(FinishedLabels(tmp_path, "a1", keep_failures=False)) == 0
    assert len(opened(tmp_path, "a1")) == 0


def labeller(
    asked: list[int], fails: int = -1, clock: TestedTime | None = None
) -> Callable[[Frame], Frame]:
    """Return what labels by the seed in the provenance; each label takes 60 s of a clock."""

    def label(unlabelled: Frame) -> Frame:
        seed = unlabelled.provenance.step
        assert seed is not None
        asked.append(seed)
        if clock is not None:
            clock.sleep(60)
        if seed == fails:
            raise ArithmeticError(f"no SCF for {seed}")
        return replace(frame(seed), provenance=unlabelled.provenance).with_provenance(
            settings_hash="a1"
        )

    return label


def batch_of(n: int) -> FrameSet:
    return FrameSet(bare(frame(seed)).with_provenance(step=seed) for seed in range(n))


def test_batch_stops_before_the_end_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = TestedTime()
    monkeypatch.setattr(walltime, "time", clock)
    monkeypatch.setenv("AMORPH_WALLTIME_MARGIN_S", "10")
    monkeypatch.setenv("AMORPH_DEADLINE", str(clock.now + 100))
    asked: list[int] = []
    label = labeller(asked, fails=0, clock=clock)
    first = label_batch(batch_of(4), label, "a1", tmp_path, run="batch")
    assert (asked, first.is_complete, len(first.quarantined)) == ([0], False, 1)
    clock.sleep(30)
    with pytest.raises(WalltimeError, match="label of frame 2 of 4"):
        label_batch(batch_of(4), label, "a1", tmp_path, goes_on=True)
    assert clock.now == 1e9 + 100, "the queue had no time to end the process"
    monkeypatch.delenv("AMORPH_DEADLINE")
    rest = label_batch(batch_of(4), label, "a1", tmp_path, run="batch", goes_on=True)
    assert asked == [0, 1, 2, 3]
    assert rest.is_complete
    assert [q.reason for q in rest.quarantined] == ["ArithmeticError: no SCF for 0"]
    assert [f.energy_ev for f in rest.frames] == [frame(seed).energy_ev for seed in (1, 2, 3)]
    assert {f.provenance.run for f in rest.frames} == {"batch"}
    anew = label_batch(batch_of(4), label, "a1", tmp_path)
    assert asked == [0, 1, 2, 3, 0], "what failed is tried again when the job is run anew"
    assert anew.is_complete


def test_going_on_needs_what_is_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no label of the settings 'a1'"):
        label_batch(batch_of(2), labeller([]), "a1", tmp_path, goes_on=True)
