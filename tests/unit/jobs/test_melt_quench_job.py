"""A quench of which some runs failed."""

from __future__ import annotations

import numpy as np
from jobflow import OnMissing
from report_study import study_parts

from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.flows import FitPotentialMaker, MeltQuenchMaker
from amorph_flows.jobs.melt_quench import collect_quench
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5

PARTS = study_parts()


ENGINE = PARTS.potential.engine


def test_a_failed_branch_does_not_lose_the_quench() -> None:
    crystal = v2o5()
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(scale=0.3, size=(20, len(crystal), 3)), axis=0)
    frames = FrameSet(
        Frame(
            np.array(crystal.atomic_numbers),
            crystal.cart_coords + shift,
            np.array(crystal.lattice.matrix),
            provenance=Provenance(run="hold", time_fs=100.0 * i, temperature_k=900.0),
        )
        for i, shift in enumerate(walk)
    )
    label = LabelDoc(engine=ENGINE, frames=frames, structure=crystal, job_uuid="label")
    stage = MDStage(name="m", start_temperature_k=1, end_temperature_k=1, duration_fs=1)
    doc = collect_quench.original(crystal, [stage], 1.0, [label], [900.0, 300.0], [None, label])
    assert [branch.temperature_k for branch in doc.branches] == [300.0]


def test_jobs_that_can_do_without_a_failed_run_are_told_so() -> None:
    fit = FitPotentialMaker().make([])
    assert fit.jobs[0].config.on_missing_references is OnMissing.NONE
    quench = MeltQuenchMaker().make(v2o5())
    assert quench.jobs[-1].config.on_missing_references is OnMissing.NONE
