"""A whole study whose energies and forces come from VASP's stand-in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from jobflow import JobStore, run_locally
from pymatgen.core import SETTINGS

from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5
from amorph_flows.testing.vasp import with_stand_in, write_potcars


@pytest.mark.filterwarnings("ignore:POTCAR data with symbol")  # they are not VASP's
def test_study_on_the_stand_in(
    tmp_path: Path,
    tiny_study: Callable[..., AmorphousElectrodeMaker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    potcars = write_potcars(tmp_path / "potcars", ["V", "O", "Mg"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(potcars))
    engine = with_stand_in(VaspEngine.scan_u(labels_per_job=2, relax_max_steps=50))
    store = open_store(tmp_path / "store")
    flow = tiny_study(
        engine=engine,
        insertion_temperatures_k=(1200.0,),
        production_temperatures_k=(1000.0, 1200.0),
    ).make(v2o5())
    run_locally(
        flow, store=store, create_folders=True, root_dir=tmp_path, ensure_success=True, log=False
    )
    output = store.get_output(flow.job_uuids[-1], load=True)
    doc = StudyDoc.model_validate({k: v for k, v in output.items() if not k.startswith("@")})
    assert {"average_voltage", "tracer_diffusivity"} <= {row.quantity for row in doc.results}
    assert all(row.value is None or np.isfinite(row.value) for row in doc.results)
    _require_vasp_labels(store)
    assert len(list(tmp_path.rglob("vasprun.xml*"))) > 10


def _require_vasp_labels(store: JobStore) -> None:
    """Every label and relaxation says that VASP made it, and none is a surrogate's."""
    found = list(store.query({"output.engine": {"$exists": True}}, properties=["output", "name"]))
    own = [document for document in found if document["name"].endswith("with the potential")]
    assert len(own) == 2, "the crystals are relaxed with the potential, too"
    engines = [document["output"]["engine"] for document in found if document not in own]
    names = {engine["name"] for engine in engines}
    hashes = {engine["settings_hash"] for engine in engines}
    assert (names, len(hashes)) == ({"VASP SCAN+U"}, 1)
    assert not any(engine["surrogate"] for engine in engines)
