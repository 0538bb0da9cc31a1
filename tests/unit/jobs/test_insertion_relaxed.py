"""The cell of a host with its ions relaxes where that is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from jobflow import Flow, Job, run_locally

from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import AmorphousElectrodeMaker, IonInsertionMaker
from amorph_flows.schemas.insertion import InsertionVerdict, SiteSetDoc
from amorph_flows.store import load_document, open_store
from amorph_flows.structures import v2o5
from amorph_flows.study.overrides import apply_overrides

TOY = AseEngine(calculator="toy", relax_max_steps=300)
MAKER = IonInsertionMaker(engine=TOY, relax_cell=True, n_best=1)


class Stressless(AseEngine):
    """The toy engine, as if it had no stress."""

    has_stress = False


def test_the_cell_relaxes_and_the_document_says_by_how_much(tmp_path: Path) -> None:
    flow = MAKER.make(v2o5(), "Mg2+", 2, 300.0)
    assert isinstance(flow, Flow)
    store = open_store(tmp_path)
    run_locally(flow, store=store, root_dir=tmp_path, create_folders=True, log=False)
    insert, relax, last = (load_document(store, job.uuid) for job in flow.jobs)
    assert isinstance(insert, SiteSetDoc)
    assert isinstance(last, SiteSetDoc)
    assert insert.structure.lattice == v2o5().lattice
    assert insert.relaxed is None
    assert last.structure.lattice == relax.structure.lattice
    assert last.structure.composition == insert.structure.composition
    assert last.volume_change == pytest.approx(last.structure.volume / v2o5().volume - 1)
    assert abs(last.volume_change) > 1e-3
    assert last.relaxation_uuid == relax.job_uuid
    assert last.job_uuid == flow.jobs[-1].uuid
    assert last.relaxed is not None
    expected = InsertionVerdict.RELAXED if relax.converged else InsertionVerdict.NOT_CONVERGED
    assert last.relaxed.answer == expected
    assert last.occupations == insert.occupations


def test_by_default_nothing_relaxes() -> None:
    assert isinstance(replace(MAKER, relax_cell=False).make(v2o5(), "Mg2+", 2), Job)


def test_an_engine_without_stress_is_refused() -> None:
    maker = replace(MAKER, engine=Stressless(calculator="toy", name="stressless"))
    with pytest.raises(InputError, match=r"relax_cell is true, but engine stressless has no"):
        maker.check(v2o5(), "Mg2+", 2)
    replace(maker, relax_cell=False).check(v2o5(), "Mg2+", 2)


def test_a_study_relaxes_what_it_samples_and_not_the_crystal_twice() -> None:
    demo = replace(AmorphousElectrodeMaker.from_preset("demo"), engine=TOY)
    study = apply_overrides(demo, {"insertion.relax_cell": True})
    names = [job.name for job, _ in study.make(v2o5()).iterflow()]
    assert "insertion Mg2+ 300 K: relax" in names
    assert "insertion Mg2+ crystal" in names
    assert "insertion Mg2+ crystal: relax" not in names
    engine = Stressless(calculator="toy", name="stressless")
    voltage = replace(study.voltage, relax_cells=False)
    with pytest.raises(InputError, match=r"insertion\.relax_cell is true"):
        replace(study, engine=engine, voltage=voltage).check(v2o5())
