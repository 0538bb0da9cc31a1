"""Long tasks in another process: progress, stop, kill, resume, errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import served_emt
from served_emt import HERE, SCRIPT, crystal
from stopped_fit import queue_job_ends_once_begun

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import CalculationError
from amorph_flows.potentials.environments._child import Task, _atoms
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.task import TaskEnd, run_task
from amorph_flows.runtime.progress import progress_of_job, read_progress


def count(folder: Path, to: int = 3, **more: object) -> TaskEnd:
    return run_task(HERE, SCRIPT, "count", folder, {"to": to}, files=frames(), **more)


def frames() -> dict[str, bytes]:
    atoms = crystal()
    labelled = Frame(atoms.numbers, atoms.positions, atoms.cell.array, -3.5, np.zeros((4, 3)))
    return {"training.npz": frames_file(FrameSet([labelled, Frame.from_atoms(crystal(2))]))}


def survivors(folder: Path) -> list[int]:
    """Return what still runs; processes that were killed are given a moment to die."""
    pids = [int(pid) for pid in (folder / "pids.txt").read_text().split()]
    end = time.monotonic() + 10
    while (running := [pid for pid in pids if is_running(pid)]) and time.monotonic() < end:
        time.sleep(0.05)
    return running


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for_progress(folder: Path, at_least: int) -> None:
    checkpoint = folder / "checkpoint.json"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if checkpoint.exists() and int(checkpoint.read_text() or 0) >= at_least:
            return
        time.sleep(0.02)
    raise TimeoutError


def test_result_history_and_use_are_told(tmp_path: Path) -> None:
    end = count(tmp_path / "a")
    assert end.ended == "done"
    assert end.result == {"counted": 3, "begun_at": 0, "energies": [-3.5, None]}
    times, losses = np.array(end.history).T
    assert losses.tolist() == [1.0, 0.5, 1 / 3]
    assert (np.diff(times) > 0.04).all()
    assert end.cpu_seconds >= times[-1]
    assert end.peak_mb > 10
    assert survivors(tmp_path / "a") == []


def test_progress_is_that_of_the_job(tmp_path: Path) -> None:
    with progress_of_job(tmp_path):
        count(tmp_path / "a", to=20, note="epoch")
    state = read_progress(tmp_path)
    assert state is not None
    assert state["total"] == 20
    assert 0 < float(str(state["done"])) <= 20
    assert str(state["note"]).startswith("epoch")


def test_finished_task_is_not_run_again(tmp_path: Path) -> None:
    first = count(tmp_path / "a")
    (tmp_path / "a" / "checkpoint.json").unlink()
    assert count(tmp_path / "a") == first


def test_other_settings_begin_anew(tmp_path: Path) -> None:
    count(tmp_path / "a")
    end = count(tmp_path / "a", to=4)
    assert (end.result["begun_at"], end.result["counted"]) == (0, 4)


def test_time_limit_ends_it_with_what_it_has(tmp_path: Path) -> None:
    end = count(tmp_path / "a", to=100_000, max_seconds=3)
    assert end.ended == "time"
    assert 0 <= end.result["counted"] < 100_000


def test_walltime_stops_it_and_the_next_piece_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with queue_job_ends_once_begun(folder):
        end = count(folder, to=400)
    assert (end.ended, end.result) == ("walltime", {})
    done = int((folder / "checkpoint.json").read_text())
    assert done > 0
    assert survivors(folder) == []
    last = count(folder, to=400, max_seconds=2)
    assert last.result["begun_at"] == done
    assert last.cpu_seconds > end.cpu_seconds > 0


def test_error_has_the_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CalculationError) as caught:
        run_task(HERE, SCRIPT, "fail", tmp_path / "a", {})
    said = str(caught.value)
    assert "emt: fail ended with exit code 1" in said
    assert "the data are nonsense" in said
    assert "no potential fits these" in said
    assert str(tmp_path / "a") in said


def test_killed_task_names_the_memory(tmp_path: Path) -> None:
    with pytest.raises(CalculationError, match="signal 9, perhaps because the memory was full"):
        run_task(HERE, SCRIPT, "die", tmp_path / "a", {})


def test_task_dies_with_the_job_and_goes_on_after(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from served_emt import HERE, SCRIPT\n"
        "from amorph_flows.potentials.environments.task import run_task\n"
        "files = {'training.npz': Path(sys.argv[3]).read_bytes()}\n"
        "run_task(HERE, SCRIPT, 'count', Path(sys.argv[2]), {'to': 400}, files=files)\n"
    )
    Path(f"{folder}.npz").write_bytes(frames()["training.npz"])
    arguments = [str(Path(served_emt.__file__).parent), str(folder), f"{folder}.npz"]
    parent = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    wait_for_progress(folder, 2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert survivors(folder) == []
    done = int((folder / "checkpoint.json").read_text())
    assert count(folder, to=400, max_seconds=2).result["begun_at"] == done


def test_interrupt_ends_it(tmp_path: Path) -> None:
    folder = tmp_path / "a"

    def interrupt() -> None:
        wait_for_progress(folder, 1)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell has none
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            count(folder, to=4000)
    finally:
        signal.signal(signal.SIGINT, before)
    assert survivors(folder) == []


def test_frames_keep_every_digit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    held = [
        Frame(
            crystal(n).numbers,
            rng.normal(size=(4 * n**3, 3)),
            rng.normal(size=(3, 3)),
            rng.normal(),
            rng.normal(size=(4 * n**3, 3)),
            rng.normal(size=(3, 3)) if n == 1 else None,
        )
        for n in (1, 2)
    ]
    (tmp_path / "f.npz").write_bytes(frames_file(FrameSet(held)))
    with np.load(tmp_path / "f.npz") as file:
        one, two = _atoms(dict(file))
    for atoms, frame in ((one, held[0]), (two, held[1])):
        assert atoms.info["energy"] == frame.energy_ev
        np.testing.assert_array_equal(atoms.positions, frame.positions)
        np.testing.assert_array_equal(atoms.arrays["forces"], frame.forces)
        np.testing.assert_array_equal(atoms.cell.array, frame.cell)
    np.testing.assert_array_equal(one.info["stress"], held[0].stress)
    assert "stress" not in two.info


def test_line_cut_by_a_kill_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text("{}")
    whole = json.dumps({"done": 1, "total": 2, "loss": None, "cpu_seconds": 7.0})
    (tmp_path / "progress.jsonl").write_text(f'{whole}\n{{"done": 2, "to')
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert Task(tmp_path).cpu_seconds() >= 7.0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (tmp_path / "progress.jsonl").read_text() == f"{whole}\n"
