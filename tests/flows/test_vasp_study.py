"""The published protocol from end to end, its energies and forces from VASP's stand-in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jobflow import Flow, JobStore, run_locally
from pymatgen.core import SETTINGS

from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.flows import ActiveLearningMaker, AmorphousElectrodeMaker, FitPotentialMaker
from amorph_flows.runtime.identity import jobs_of
from amorph_flows.schemas.labelling import RelaxDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import open_store
from amorph_flows.store.query import load_document
from amorph_flows.structures import v2o5
from amorph_flows.testing.vasp import with_stand_in, write_potcars


@pytest.mark.filterwarnings("ignore:POTCAR data with symbol")  # they are not VASP's
def test_every_job_of_the_published_protocol(
    tmp_path: Path,
    tiny_study: Callable[..., AmorphousElectrodeMaker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    potcars = write_potcars(tmp_path / "potcars", ["V", "O", "Mg"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(potcars))
    preset = AmorphousElectrodeMaker.from_preset("choyal2025")
    whole = replace(preset, engine=with_stand_in(preset.engine)).make(v2o5())
    study = _shortened(preset, tiny_study())
    store = open_store(tmp_path / "store")
    flow = study.make(v2o5())
    assert _kinds(flow) == _kinds(whole)
    run_locally(
        flow, store=store, create_folders=True, root_dir=tmp_path, ensure_success=True, log=False
    )
    doc = load_document(store, flow.job_uuids[-1])
    assert isinstance(doc, StudyDoc)
    report = json.loads(doc.files["report.json"])
    sections = report["sections"]
    for name in ("engine diffusivities", "small diffusivities"):
        rows = sections[name]["tables"][name]
        assert [row["temperature_k"] for row in rows] == [300.0, 1200.0]
        assert all(np.isfinite(row["tracer_diffusivity_here"]) for row in rows)
    engine_fs = study.engine_transport.duration_fs
    assert sections["engine diffusivities"]["tables"]["engine diffusivities"][0][
        "length_ps"
    ] == pytest.approx(engine_fs / 1e3, rel=0.1)
    errors = {row["part"] for row in sections["potential"]["tables"]["errors"]}
    assert {"training", "random test frames"} <= errors
    assert "test blocks" not in errors
    assert len(sections["potential"]["tables"]["trials"]) == 2
    jobs = {job.name: job.uuid for job in jobs_of(flow)}
    melted = load_document(store, jobs["cell of the melt"])
    quench = load_document(store, jobs["collect_quench"])
    assert isinstance(melted, RelaxDoc)
    assert isinstance(quench, QuenchDoc)
    np.testing.assert_allclose(quench.crystal.lattice.matrix, melted.structure.lattice.matrix)
    assert abs(melted.structure.volume / v2o5().volume / 2 - 1) > 1e-4
    assert doc.preset == "choyal2025"
    assert sum(row["here"] is not None for row in report["paper"]) > 15
    [rows] = [s["tables"]["differences"] for s in sections.values() if "differences" in s["tables"]]
    differences = {row["what"] for row in rows}
    assert "production" in differences
    assert not {"engine", "split", "ensemble"} & differences
    assert {"average_voltage", "tracer_diffusivity"} <= {row.quantity for row in doc.results}
    assert all(row.value is None or np.isfinite(row.value) for row in doc.results)
    _require_vasp_labels(store)
    assert len(list(tmp_path.rglob("vasprun.xml*"))) > 10


def _shortened(
    preset: AmorphousElectrodeMaker, tiny: AmorphousElectrodeMaker
) -> AmorphousElectrodeMaker:
    """Return a preset with the cells, times and temperatures of a tiny study, and all its jobs."""
    assert isinstance(preset.engine, VaspEngine)
    assert isinstance(preset.fit, FitPotentialMaker)
    assert isinstance(preset.active_learning, ActiveLearningMaker)
    assert isinstance(tiny.fit, FitPotentialMaker)
    assert isinstance(tiny.active_learning, ActiveLearningMaker)
    choose_on = preset.fit.settings.choose_on
    settings = tiny.fit.settings.model_copy(update={"choose_on": choose_on})
    others = (settings.model_copy(update={"level": 6, "max_steps": 20}),)
    learning = {
        name: getattr(tiny.active_learning, name)
        for name in ("duration_fs", "max_turns", "max_selected", "label_jobs")
    }
    return replace(
        preset,
        engine=with_stand_in(preset.engine),
        cell_lengths_a=tiny.cell_lengths_a,
        melt_quench=replace(
            tiny.melt_quench,
            hold_temperatures_k=preset.melt_quench.hold_temperatures_k[:1],
            hold_duration_fs=20.0,
        ),
        sampling=tiny.sampling,
        insertion_temperatures_k=(300.0, 1200.0),
        fit=replace(preset.fit, settings=settings, alternatives=others),
        active_learning=replace(preset.active_learning, equilibration_fs=20.0, **learning),
        mtp_sampling=tiny.mtp_sampling,
        melt_sampling=tiny.melt_sampling,
        production=tiny.production,
        production_temperatures_k=(300.0, 1200.0),
        transport=replace(preset.transport, time_difference_fs=50.0),
        engine_transport=replace(
            preset.engine_transport,
            duration_fs=240.0,
            transport=replace(preset.engine_transport.transport, time_difference_fs=48.0),
        ),
    )


def _kinds(flow: Flow) -> set[str]:
    """Return the names of the jobs of a flow without temperatures and sizes of potentials."""
    return {re.sub(r"[0-9.]+ (K|Å)|level [0-9]+", "#", job.name) for job in jobs_of(flow)}


def _require_vasp_labels(store: JobStore) -> None:
    """Every label and relaxation says that VASP made it, and none is a surrogate's."""
    found = list(store.query({"output.engine": {"$exists": True}}, properties=["output", "name"]))
    own = [document for document in found if _is_relaxed_with_potential(document["name"])]
    assert len(own) == 2, "the crystals are relaxed with the potential, too"
    engines = [document["output"]["engine"] for document in found if document not in own]
    names = {engine["name"] for engine in engines}
    hashes = {engine["settings_hash"] for engine in engines}
    assert (names, len(hashes)) == ({"VASP SCAN+U"}, 1)
    assert not any(engine["surrogate"] for engine in engines)


def _is_relaxed_with_potential(name: str) -> bool:
    return name.startswith("voltage: relax ") and name.endswith(" with the potential")
