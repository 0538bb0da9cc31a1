"""CPU time of a run that goes on in a new job."""

from __future__ import annotations

from pathlib import Path

from jobflow import Job, JobStore, Response, run_locally
from maggma.stores import MemoryStore

from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.cpu_time import cpu_seconds, earlier_cpu_seconds
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.base import StageDocument

EACH_S, N_JOBS = 0.2, 3


@stage_job(StageDocument)
def burn(n: int, prev_dir: str | None = None) -> StageDocument | Response[Job]:
    """Take some time in each of n jobs."""
    home, end = run_home(prev_dir), cpu_seconds() + EACH_S
    while cpu_seconds() < end:
        sum(range(10_000))
    if n > 1:
        return continued(burn(n - 1, prev_dir=str(home)))
    return StageDocument(directory=str(home))


def test_the_time_of_all_jobs_of_a_run_counts(tmp_path: Path) -> None:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    job = burn(N_JOBS)
    run_locally(job, store=store, create_folders=True, root_dir=tmp_path, ensure_success=True)
    document = store.get_output(job.uuid)
    assert document["cpu_seconds"] > 0.99 * N_JOBS * EACH_S
    earlier = earlier_cpu_seconds(Path(document["directory"]))
    assert 0.99 * (N_JOBS - 1) * EACH_S < earlier < document["cpu_seconds"]
    assert earlier_cpu_seconds(tmp_path) == 0.0
