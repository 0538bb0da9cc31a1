"""A melt-quench at zero pressure: in one go, and killed in the middle of its quench."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder

from amorph_flows.engines import AseEngine
from amorph_flows.errors import CalculationError
from amorph_flows.executors import run_study
from amorph_flows.flows import MeltQuenchMaker, SamplingMaker
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5

pytestmark = pytest.mark.usefixtures("queue_clock")


def melt_quench(folder: Path, killed: int = 0) -> Flow:
    """Return the flow; its process is killed at a call of the calculator."""
    counter = folder / "calls"
    counter.touch()
    engine = AseEngine(
        calculator="walltime_jobs:InterruptedCalculator",
        calculator_kwargs={"counter": str(counter), "ends": [], "killed": killed},
    )
    hold = SamplingMaker(engine=engine, ensemble="npt", duration_fs=40.0, frame_stride=5)
    maker = MeltQuenchMaker(
        engine=engine,
        ensemble="npt",
        melt_duration_fs=60.0,
        hold_temperatures_k=(),
        quench_duration_fs=80.0,
        branch_temperatures_k=(1200.0,),
        branch=hold,
        frame_stride=5,
    )
    maker.check(v2o5())
    return maker.make(v2o5())


def volumes(doc: LabelDoc) -> list[float]:
    return [abs(float(np.linalg.det(frame.cell))) for frame in doc.frames]


def test_a_killed_melt_quench_goes_on_at_its_volume(tmp_path: Path) -> None:
    whole_folder, folder = tmp_path / "whole", tmp_path / "killed"
    whole_folder.mkdir()
    folder.mkdir()
    flow = melt_quench(whole_folder)
    in_memory = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(
        flow, store=in_memory, create_folders=True, root_dir=whole_folder, ensure_success=True
    )
    whole = [
        MontyDecoder().process_decoded(in_memory.get_output(job.uuid, load=True))
        for job in flow.jobs
    ]
    *labels, quench = whole
    assert isinstance(quench, QuenchDoc)
    assert {stage.ensemble for stage in quench.schedule} == {"npt"}
    melt, cooled = labels[0], labels[1]
    assert volumes(melt)[0] == pytest.approx(v2o5().volume)
    assert volumes(melt)[-1] > 1.02 * v2o5().volume  # the toy crystal is under pressure
    assert melt.structure.volume == pytest.approx(volumes(melt)[-1])
    assert volumes(cooled)[0] == pytest.approx(volumes(melt)[-1], rel=0.05)

    store = open_store(folder / "store")
    store.connect()
    with pytest.raises(CalculationError, match="killed by SIGKILL"):
        run_study(melt_quench(folder, killed=45), store, folder / "study", processes=1)
    again = melt_quench(folder, killed=45)
    outputs = run_study(again, store, folder / "study", processes=1)
    for label, job in zip(labels, again.jobs, strict=False):
        resumed = outputs[job.uuid]
        assert [f.provenance.step for f in resumed.frames] == [
            f.provenance.step for f in label.frames
        ]
        for one, two in zip(resumed.frames, label.frames, strict=True):
            np.testing.assert_array_equal(one.cell, two.cell)
            np.testing.assert_array_equal(one.positions, two.positions)
