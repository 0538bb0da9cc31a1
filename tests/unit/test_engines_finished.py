"""Labels that are on disk as soon as they are finished."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from amorph_flows.datasets.frames import Frame, Provenance
from amorph_flows.engines.finished import LABELS_FILE, FinishedLabels
from amorph_flows.errors import InputError
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


def bare(labelled: Frame, run: str = "") -> Frame:
    return replace(
        labelled, energy_ev=None, forces=None, stress=None, provenance=Provenance(run=run, step=7)
    )


def test_labels_are_found_again_bit_for_bit(tmp_path: Path) -> None:
    first = FinishedLabels(tmp_path, "a1")
    assert first.find(bare(frame(1))) is None
    for seed in range(3):
        first.add(frame(seed))
    again = FinishedLabels(tmp_path, "a1")
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
    FinishedLabels(tmp_path, "a1").add(frame(1))
    other = FinishedLabels(tmp_path, "b2")
    assert other.find(bare(frame(1))) is None
    other.add(frame(1, "b2"))
    assert FinishedLabels(tmp_path, "a1").find(bare(frame(1))) is not None
    with pytest.raises(InputError, match=r"'b2' but 'a1'"):
        other.add(frame(2, "a1"))
    with pytest.raises(InputError, match="not labelled"):
        other.add(bare(frame(2)))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.999])
def test_torn_last_label_is_dropped_and_computed_again(tmp_path: Path, share: float) -> None:
    finished, file = FinishedLabels(tmp_path, "a1"), tmp_path / LABELS_FILE
    finished.add(frame(0))
    whole = file.stat().st_size
    finished.add(frame(1))
    last = file.stat().st_size - whole
    with file.open("r+b") as raw:
        raw.truncate(whole + max(1, int(share * last)))
    again = FinishedLabels(tmp_path, "a1")
    assert again.find(bare(frame(0))) is not None
    assert again.find(bare(frame(1))) is None
    again.add(frame(1))
    assert len(FinishedLabels(tmp_path, "a1")) == 2
    assert file.stat().st_size == whole + last


def test_zeros_at_the_end_are_dropped(tmp_path: Path) -> None:
    """What a machine that lost power leaves of a block."""
    FinishedLabels(tmp_path, "a1").add(frame(0))
    with (tmp_path / LABELS_FILE).open("ab") as file:
        file.write(bytes(512))
    again = FinishedLabels(tmp_path, "a1")
    again.add(frame(1))
    assert len(FinishedLabels(tmp_path, "a1")) == 2


def test_failures_are_kept_with_their_reason(tmp_path: Path) -> None:
    failed = bare(frame(3))
    finished = FinishedLabels(tmp_path, "a1")
    reason = QuarantinedCalculation(index=3, content_hash=failed.content_hash, reason="no SCF")
    finished.add_failure(reason)
    finished.add_failure(QuarantinedCalculation(index=4, reason="positions are not finite"))
    [file] = tmp_path.glob("failed-*")
    file.write_text(file.read_text() + '{"index": 5, "con')
    again = FinishedLabels(tmp_path, "a1")
    assert len(again) == 1
    assert again.find_failure(failed, 0) == reason.model_copy(update={"index": 0})
    again.add_failure(reason.model_copy(update={"content_hash": "other"}))
    assert len(FinishedLabels(tmp_path, "a1")) == 2
    assert len(FinishedLabels(tmp_path, "b2")) == 0
