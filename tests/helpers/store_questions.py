"""Questions to a job store, the same whatever holds the documents."""

from datetime import datetime

import pytest
from store_documents import UUIDS, found, potential, put

from amorph_flows.errors import InputError
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.study import ResultRow, StudyDoc
from amorph_flows.store import (
    find_documents,
    find_results,
    latest,
    load_document,
    load_potential,
    supersede,
)
from amorph_flows.store._metadata import change
from amorph_flows.store.query import full_uuid


class StoreQuestions:
    """Tests of a fixture ``store`` that is filled with the documents of `store_documents`."""

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            ({}, [2, 1, 0, 3]),
            ({"stage": "potential"}, [0, 3]),
            ({"formula": "V2O5"}, [2, 1, 0]),
            ({"formula": "MgV2O5"}, [2, 1]),
            ({"ion": "Mg2+"}, [2, 1, 0]),
            ({"ion": "Na"}, [3]),
            ({"ion": "N"}, []),
            ({"formula": "O5V2"}, [2, 1, 0]),
            ({"until": "2025-06-30T11:00"}, [0, 3]),
            ({"since": "2025-06-30T10:00", "until": "2025-06-30T12:00"}, [1, 0]),
            ({"study": "other"}, [3]),
            ({"since": "2025-06-30T11:00"}, [2, 1]),
            ({"since": datetime(2025, 6, 30, 12)}, [2]),
            ({"verdict": "caged"}, [1]),
            ({"verdict": "not converged"}, [1]),
            ({"verdict": "believed"}, [2]),
            ({"limit": 1}, [2]),
            ({"limit": 1, "verdict": "caged"}, [1]),
            ({"stage": "production_md", "verdict": "caged", "study": "other"}, []),
        ],
    )
    def test_filters(self, store, where, expected):
        assert found(store, **where) == expected

    def test_summary_says_what_it_is(self, store):
        newest = next(find_documents(store))
        assert newest["stage"] == "production_md"
        assert newest["document"] == "TrajectoryDoc"
        assert newest["formula"] == "MgV2O5"
        assert newest["verdicts"][0]["answer"] == "diffusive"

    @pytest.mark.parametrize(
        ("question", "returned"),
        [
            (lambda s: list(find_documents(s, superseded=True)), set()),
            (lambda s: list(find_results(s)), set()),
            (lambda s: full_uuid(s, UUIDS[1]), set()),
            (lambda s: supersede(s, "mine", "here", UUIDS[:2]), set()),
            (lambda s: load_document(s, UUIDS[1]), {UUIDS[1]}),
            (lambda s: load_potential(s, UUIDS[0]), {UUIDS[0]}),
            (lambda s: latest(s, TrajectoryDoc), {UUIDS[2]}),
        ],
    )
    def test_no_bulk_data_is_read_that_is_not_returned(
        self, store, monkeypatch, question, returned
    ):
        blobs, read = store.additional_stores["data"], []
        query = blobs.query
        owners = {blob["blob_uuid"]: blob["job_uuid"] for blob in query()}

        def counted(*arguments, **settings):
            for blob in query(*arguments, **settings):
                read.append(owners[blob["blob_uuid"]])
                yield blob

        monkeypatch.setattr(blobs, "query", counted)
        question(store)
        assert set(read) == returned
        assert len(read) <= 3 * len(returned)  # each field once

    def test_documents_come_back_typed_and_whole(self, store):
        document = load_document(store, UUIDS[1][:8])
        assert isinstance(document, TrajectoryDoc)
        assert document.curves == {"grade": [0.0, 0.0, 0.0]}
        assert document.structure.composition.reduced_formula == "MgO"
        assert load_potential(store, UUIDS[0]) == potential()

    def test_documents_that_a_later_run_replaced_are_hidden(self, store):
        change(store, {}, {"home": "here"})
        assert supersede(store, "mine", "elsewhere", []) == 0
        assert supersede(store, "mine", "here", UUIDS[1:3]) == 1
        assert found(store) == [2, 1, 3]
        assert found(store, superseded=True) == [2, 1, 0, 3]
        marks = {s["uuid"]: s["superseded"] for s in find_documents(store, superseded=True)}
        assert [marks[uuid] for uuid in UUIDS[:4]] == [True, False, False, False]
        assert supersede(store, "mine", "here", UUIDS[:2]) == 1
        assert found(store, study="mine") == [1, 0]
        assert load_document(store, UUIDS[2]).temperature_k == 900.0

    def test_results_of_studies(self, store):
        row = {
            "structure_source": "MTP MD",
            "unit": "V",
            "uncertainty": 0.1,
            "reason": "",
            "value": 2,
        }
        rows = [
            ResultRow(quantity="average_voltage", verdict="believed", documents=[], **row),
            ResultRow(quantity="activation_energy", verdict="refused", documents=[], **row),
        ]
        study = StudyDoc(
            title="mine", preset="demo", ion="Zn2+", results=rows, report_html="", report_json=""
        )
        put(store, 4, study, hour=13, study="mine")
        assert [r.quantity for _, r in find_results(store, ion="Zn")] == [r.quantity for r in rows]
        [(summary, result)] = find_results(store, "average_voltage", study="mine")
        assert (summary["uuid"], result) == (UUIDS[4], rows[0])
        assert found(store, stage="study", verdict="refused") == [4]
        assert list(find_results(store, verdict="believed")) == []

    def test_latest(self, store):
        assert latest(store, TrajectoryDoc).temperature_k == 900.0
        assert latest(store, TrajectoryDoc, verdict="not converged").temperature_k == 300.0
        with pytest.raises(InputError, match="no PotentialDoc with study nothing"):
            latest(store, PotentialDoc, study="nothing")

    @pytest.mark.parametrize(
        ("question", "message"),
        [
            (lambda s: load_document(s, "0000000"), "4 documents have a uuid that begins with"),
            (lambda s: load_document(s, "ffff"), "holds no document ffff"),
            (lambda s: load_document(s, "$where"), "not the uuid of a document"),
            (lambda s: load_document(s, "55555555"), "not a document of a stage"),
            (lambda s: load_potential(s, UUIDS[1]), "not a potential"),
            (
                lambda s: list(find_documents(s, stage="melt")),
                "unknown stage 'melt'; did you mean 'melt_quench'",
            ),
            (lambda s: list(find_documents(s, since="yesterday")), "is not a date"),
            (lambda s: list(find_documents(s, formula="V2O5!")), "is not a formula"),
        ],
    )
    def test_questions_that_have_no_answer(self, store, question, message):
        with pytest.raises(InputError, match=message):
            question(store)
