from __future__ import annotations

import numpy as np
import pytest
from jobflow import run_locally
from jobflow.core.store import JobStore
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import elastic_constants, fit_glass_transition, strain_states
from amorph_flows.jobs.glass import describe_glass
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.glass import GlassDoc
from amorph_flows.schemas.glass_transition import GlassTransitionDoc


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> dict:
    """The stored output of the job on ideal cristobalite with one Si exchanged for Al."""
    glass = Structure.from_spacegroup(
        "Fd-3m", Lattice.cubic(7.16), ["Si", "O"], [[0, 0, 0], [0.125, 0.125, 0.125]]
    )
    glass.replace(0, "Al")
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    job = describe_glass(glass, "Si", ["Al"])
    run_locally(
        job,
        store=store,
        root_dir=tmp_path_factory.mktemp("glass"),
        log=False,
        raise_immediately=True,
    )
    return store.get_output(job.uuid, load=True)


def test_job_stores_the_whole_description(document):
    assert set(document["structure_factor"]["neutron"]) == {"dtype", "shape", "b64"}
    doc = MontyDecoder().process_decoded(document)
    assert isinstance(doc, GlassDoc)
    assert doc.job_uuid
    assert doc.n_atoms == 24
    assert [(c.centre, c.mean) for c in doc.coordination] == [("Si", 4.0), ("Al", 4.0)]
    assert doc.network.linkages_per_former == pytest.approx({"Si-O-Si": 12 / 7, "Si-O-Al": 4 / 7})
    assert set(doc.network.cutoffs_a) == {"Si-O", "Al-O"}
    assert doc.rings.distribution == {6: 16}
    assert {a.triplet for a in doc.angles} >= {("O", "Si", "O"), ("Si", "O", "Al")}
    assert doc.angles[0].mean_deg == pytest.approx(109.47, abs=0.01)
    assert doc.structure_factor.neutron.shape == doc.structure_factor.q_inv_a.shape
    assert 0 < doc.free_volume.fraction < 1


def test_glass_transition_and_elastic_documents_keep_their_verdicts():
    t = np.linspace(300, 1500, 13)
    curve = 3e-4 * t + 2e-4 * np.clip(t - 800, 0, None) + 1e-5 * np.sin(t)
    transition = GlassTransitionDoc.from_result(fit_glass_transition(t, curve))
    assert transition.transition.answer == "FOUND"
    assert transition.transition.passed
    elastic = ElasticDoc.from_result(elastic_constants(strain_states(), strain_states()))
    back = ElasticDoc.model_validate_json(elastic.model_dump_json())
    np.testing.assert_array_equal(back.tensor_gpa, elastic.tensor_gpa)
    assert back.isotropic.thresholds["anisotropy"] == 0.25
    assert not back.isotropic.passed
