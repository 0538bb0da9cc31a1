"""Occupations that an insertion keeps are distinct by the symmetry of the host."""

from __future__ import annotations

from pathlib import Path

from jobflow import run_locally
from pymatgen.analysis.structure_matcher import StructureMatcher

from amorph_flows.flows import IonInsertionMaker
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.store import load_document, open_store
from amorph_flows.structures import rank_occupations, v2o5


def test_no_kept_occupation_is_another_one_turned_or_moved(tmp_path: Path) -> None:
    job = IonInsertionMaker(n_best=6).make(v2o5() * (1, 2, 1), "Mg2+", 2)
    store = open_store(tmp_path)
    run_locally(job, store=store, root_dir=tmp_path, create_folders=True, log=False)
    found = load_document(store, job.uuid)
    assert isinstance(found, SiteSetDoc)
    assert len(found.occupations) == 6
    structures = [one.structure for one in found.occupations]
    matcher = StructureMatcher(primitive_cell=False, scale=False, stol=0.02, ltol=0.01)
    assert len(matcher.group_structures(structures)) == 6
    by_sites = rank_occupations(
        found.host, found.sites, "Mg2+", 2, n_best=6, merge_equivalent=False
    )
    assert len(matcher.group_structures([o.structure for o in by_sites.occupations])) < 6
