"""FireWorks workers as processes of their own on one database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from fireworks_home import FireworksHome
from service_jobs import counting_flow, executions, workers

N = 20


def test_four_workers_run_each_job_once(new_queue_uri: Callable[[], str], tmp_path: Path) -> None:
    markers = tmp_path / "markers"
    flow = counting_flow(markers, N, together=4)
    with closing(FireworksHome(tmp_path / "home", new_queue_uri())) as home:
        home.reset()
        home.add(flow)
        with home.workers(4):
            states = home.wait()
        with home.store() as store:
            assert store.get_output(flow.output.uuid) == sum(range(N))
    assert set(states.values()) == {"COMPLETED"}
    ran = executions(markers)
    assert set(ran.values()) == {1}
    assert len(ran) == 2 * N + 3
    assert len(workers(markers)) == 4
