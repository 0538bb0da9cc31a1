from __future__ import annotations

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder

from amorph_flows.errors import InputError
from amorph_flows.flows import RandomStructureMaker
from amorph_flows.schemas.random_structure import RandomStructureDoc


def stored(job, folder) -> RandomStructureDoc:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(job, store=store, root_dir=folder, log=False, raise_immediately=True)
    return MontyDecoder().process_decoded(store.get_output(job.uuid, load=True))


def test_the_document_has_the_packing_its_copies_and_where_the_density_is_from(tmp_path):
    maker = RandomStructureMaker(n_atoms=50, scales=(0.8, 1.0, 1.2), seed=7)
    doc = stored(maker.make({"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25}), tmp_path)
    assert isinstance(doc, RandomStructureDoc)
    assert doc.job_uuid
    assert (doc.composition, doc.n_atoms, doc.n_formula_units) == ("NaFePO4", 49, 7)
    assert doc.n_atoms_asked == 50
    assert doc.charges == {"Na": 1, "Fe": 2, "P": 5, "O": -2}
    assert doc.density.source == "radii"
    assert doc.density.deviation_g_cm3 == pytest.approx(0.07 * doc.density.g_cm3)
    assert doc.structure.density == pytest.approx(doc.density.g_cm3)
    assert len(doc.min_distance_a) == 10
    assert [sample.scale for sample in doc.samples] == [0.8, 1.0, 1.2]
    for sample in doc.samples:
        assert sample.density_g_cm3 == pytest.approx(doc.density.g_cm3 / sample.scale**3)
        assert sample.shortest_distance_a >= sample.scale * 1.7
    assert doc.samples[1].structure == doc.structure


def test_seed_and_density_are_those_of_the_maker_or_given(tmp_path):
    maker = RandomStructureMaker(n_atoms=30, density_g_cm3=2.2, min_distance_a={"O-O": 2.0})
    one, same = (stored(maker.make("SiO2"), tmp_path) for _ in range(2))
    other = stored(maker.make("SiO2", seed=1), tmp_path)
    assert one.structure == same.structure
    assert one.structure != other.structure
    assert (one.density.source, one.density.deviation_g_cm3) == ("given", None)
    assert one.min_distance_a == {"Si-Si": 1.7, "Si-O": 1.7, "O-O": 2.0}


def test_the_grid_is_one_flow_with_a_seed_for_each_composition():
    maker = RandomStructureMaker(scales=(0.8, 1.0, 1.2))
    flow = maker.make_grid(["NaO0.5", "FeO", "PO2.5"])
    assert len(flow.jobs) == len(flow.output) == 66
    assert len({job.function_args[2] for job in flow.jobs}) == 66
    assert "NaFePO4" not in flow.jobs[0].name


def test_what_cannot_be_packed_is_refused_before_the_job():
    with pytest.raises(InputError, match="NaPO4 is not neutral"):
        RandomStructureMaker().make("NaPO4")
