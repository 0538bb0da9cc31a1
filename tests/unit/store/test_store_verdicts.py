"""Verdicts of documents are found by the types of their fields, and survive every store."""

from enum import auto

import numpy as np
import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pydantic import Field
from report_study import study_parts

from amorph_flows.analysis.verdict import Answer, Remedy, Verdict
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import ActiveLearningDoc, ActiveLearningOutcome
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.study import ResultRow, StructureDoc, StudyDoc
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.schemas.voltage import VoltageDoc
from amorph_flows.store import find_documents, load_document, open_store
from amorph_flows.store._verdicts import verdict_fields, verdicts_in
from amorph_flows.store.keys import search_keys


class FoamVerdict(Answer):
    """Answers on a stage that this package does not know."""

    OPEN = auto()
    CLOSED = auto()


class Cell(Document):
    """A part of the document of such a stage."""

    pores: Verdict | None = None


class FoamDoc(StageDocument):
    """The document of such a stage."""

    cells: dict[str, Cell]
    dry: list[Verdict] = Field(default_factory=list)
    quench: QuenchDoc | None = None
    frames: list[Verdict] = Field(default_factory=list)


def verdict(answer, passed, **more):
    return Verdict("pores?", answer, passed, "numerical", "2 of 9 pores", {"pores": 2}, **more)


CLOSED = verdict(FoamVerdict.CLOSED, False, remedy=Remedy("foam.pressure_gpa", 3, core_hours=2.5))


@stage_job(FoamDoc)
def blow_foam():
    return FoamDoc(cells={"a": Cell(pores=CLOSED), "b": Cell()}, dry=[verdict("OPEN", True)])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            QuenchDoc,
            {
                *("melted", "inside", "goals"),
                *("branches.amorphous", "branches.volume", "branches.goal"),
            },
        ),
        (TransportDoc, {"haven_verdict", "verdicts", "temperatures.verdicts"}),
        (VoltageDoc, {"points.verdicts"}),
        (GlassTransitionDoc, {"transition", "volume_transition", "inside"}),
        (ElasticDoc, {"isotropic"}),
        (ActiveLearningDoc, {"verdict", "goal"}),
        (ActiveLearningOutcome, set()),  # documents of their own
        (StructureDoc, set()),  # in the data store
        (FoamDoc, {"cells.*.pores", "dry"}),
    ],
)
def test_paths_follow_the_types(kind, expected):
    assert set(verdict_fields(kind)) == expected


def test_a_line_of_results_is_a_verdict():
    assert verdict_fields(StudyDoc) == {"results": ResultRow, "enough_glasses": Verdict}


def test_a_stored_document_gives_the_same_verdicts():
    for document in (study_parts().transport, study_parts().quench, study_parts().voltage):
        stored = jsanitize(document, strict=True, enum_values=True)
        found = verdicts_in(stored, type(document))
        assert found
        assert found == verdicts_in(document, type(document))


@pytest.fixture(params=["embedded", "memory"])
def store(request, tmp_path):
    if request.param == "embedded":
        store = open_store(tmp_path)
    else:
        store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
        store.connect()
    yield store
    store.close()


def test_a_verdict_comes_back_from_the_store_of_a_job(store, tmp_path):
    job = blow_foam()
    run_locally(job, store=store, root_dir=tmp_path, ensure_success=True)
    held = store.get_output(job.uuid)
    assert held["cells"]["a"]["pores"]["answer"] == "CLOSED"
    pores = load_document(store, job.uuid).cells["a"].pores
    assert pores == CLOSED
    assert pores.answer == FoamVerdict.CLOSED
    metadata = store.query_one({"uuid": job.uuid}, ["metadata"])["metadata"]
    assert metadata["answers"] == ["CLOSED", "OPEN", "not converged"]
    (summary,) = find_documents(store, verdict="CLOSED")
    assert [v["answer"] for v in summary["verdicts"]] == ["CLOSED", "OPEN"]


def test_transport_at_a_temperature_comes_back_as_it_was_stored():
    document = study_parts().transport
    stored = jsanitize(document, strict=True, enum_values=True)
    one, kept = document.temperatures[0], TransportDoc(**_plain(stored)).temperatures[0]
    assert kept.verdicts == one.verdicts
    assert kept.believable is one.believable
    assert kept.tracer_diffusivity_axes_interval_cm2_s == one.tracer_diffusivity_axes_interval_cm2_s
    assert np.array_equal(kept.msd_axes_a2, one.msd_axes_a2)
    assert kept.doubts == one.doubts


def _plain(stored):
    return {name: value for name, value in stored.items() if not name.startswith("@")}


def test_a_document_of_unknown_class_and_a_verdict_of_other_keys_hinder_no_query(store):
    output = {"@module": TransportDoc.__module__, "ion": "Mg"}
    old = {"question": "Arrhenius?", "answer": "CURVED", "believable": False, "reason": "bent"}
    store.update({"uuid": "a1", "index": 1, "metadata": {}, "output": output})
    known = output | {"@class": "TransportDoc", "verdicts": [old]}
    store.update({"uuid": "b2", "index": 1, "metadata": {}, "output": known})
    assert [found["verdicts"] for found in find_documents(store, ion="Mg")] == [[], []]


def test_a_composition_is_a_formula_or_several_by_name():
    packing = {
        "@module": "amorph_flows.schemas.random_structure",
        "@class": "RandomStructureDoc",
        "composition": "NaFePO4",
    }
    assert search_keys(packing, {})["formulas"] == ["NaFePO4"]
    several = {"@module": TransportDoc.__module__, "composition": {"V2O5": 3, "MgV2O5": 4}}
    assert search_keys(several, {"formula": "V2O5"})["formulas"] == ["MgV2O5", "V2O5"]
