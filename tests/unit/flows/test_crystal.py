"""The crystal of a study: as given, or relaxed by the engine before it is molten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jobflow import Flow, run_locally

from amorph_flows.engines import AseEngine
from amorph_flows.errors import CalculationError
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.flows.crystal import Crystal
from amorph_flows.jobs.crystal import repeat_relaxed
from amorph_flows.schemas.labelling import RelaxDoc
from amorph_flows.structures import supercell_near, v2o5

LENGTHS_A = (11.5, 7.1, 8.8)
ENGINE = AseEngine(calculator="toy", relax_max_steps=400)


def test_without_an_engine_it_is_molten_as_given() -> None:
    crystal = Crystal.near(v2o5(), LENGTHS_A)
    assert crystal.cell == crystal.given == supercell_near(v2o5(), LENGTHS_A)
    assert crystal.jobs == ()
    larger = crystal.repeated((1, 2, 1))
    assert larger.cell == crystal.given * (1, 2, 1)


def test_it_is_relaxed_once_and_then_repeated(tmp_path: Path) -> None:
    crystal = Crystal.near(v2o5(), LENGTHS_A, engine=ENGINE)
    larger = crystal.repeated((1, 2, 1))
    flow = Flow([*crystal.jobs, *larger.jobs])
    done = run_locally(flow, root_dir=tmp_path, create_folders=True, ensure_success=True, log=False)
    relaxed, cell, large = (RelaxDoc.model_validate(done[u][1].output) for u in flow.job_uuids)
    assert (len(relaxed.structure), len(cell.structure), len(large.structure)) == (14, 56, 112)
    assert cell.structure.composition == crystal.given.composition
    assert large.structure.composition == larger.given.composition
    assert cell.energy_ev == pytest.approx(4 * relaxed.energy_ev)
    assert large.energy_ev == pytest.approx(8 * relaxed.energy_ev)
    np.testing.assert_allclose(cell.structure.volume, 4 * relaxed.structure.volume)
    assert cell.structure.volume != pytest.approx(crystal.given.volume, rel=1e-3)


def test_one_that_did_not_relax_is_not_molten() -> None:
    short = RelaxDoc(
        engine=ENGINE.info(),
        structure=v2o5(),
        energy_ev=-1.0,
        max_force_ev_a=0.5,
        converged=False,
        n_steps=3,
    )
    with pytest.raises(CalculationError, match=r"0\.500 eV/Å is left; raise engine.relax_max"):
        repeat_relaxed.original(short, (1, 1, 1))


@pytest.mark.parametrize("glass", ["copy", "quenched"])
def test_everything_of_a_study_begins_from_the_relaxed_crystal(glass: str) -> None:
    demo = AmorphousElectrodeMaker.from_preset("demo")
    study = replace(
        demo,
        engine=ENGINE,
        relax_crystal=True,
        production=replace(demo.production, glass=glass),
    )
    jobs = {job.name: job for job, _ in study.make(v2o5()).iterflow()}
    cell = jobs["cell of the melt"].uuid
    assert set(jobs["cell of the melt"].input_uuids) == {jobs["relax the crystal"].uuid}
    melt = next(job for name, job in jobs.items() if name.startswith("melt-quench: melt at"))
    assert cell in melt.input_uuids
    assert cell in jobs["structure"].input_uuids
    if glass == "quenched":
        large = jobs["large cell of the melt"].uuid
        melts = [job for job in jobs.values() if large in job.input_uuids]
        assert any("melt at" in job.name for job in melts)
