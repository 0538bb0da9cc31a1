"""The report of a study of glasses: words, causes, first screen, references."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import yaml
from glass_study_parts import TRANSPORTS, described, glass_parts

from amorph_flows.analysis import Coordination
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.flows import GlassStudyMaker
from amorph_flows.report.glass import GlassParts, glass_report, glass_results, ion_sections
from amorph_flows.schemas.active_learning import ActiveLearningDoc, LearningVerdict
from amorph_flows.schemas.glass_study import GlassResult
from amorph_flows.schemas.spread import SpreadDoc
from amorph_flows.study.overrides import apply_overrides

SURROGATE = "energies from density functional theory?"


def by_name(parts: GlassParts) -> dict[str, GlassResult]:
    return {row.quantity: row for row in glass_results(parts)}


def questions(row: GlassResult) -> list[str]:
    return [cause.question for cause in row.causes]


def report(parts: GlassParts) -> tuple[dict[str, object], str]:
    results = glass_results(parts)
    files, _ = glass_report(parts, results, ion_sections(parts.ions, TRANSPORTS, [None, None]))
    return json.loads(files["report.json"]), files["report.html"]


def test_sound_numbers_of_a_classical_potential_are_converged_and_not_believed() -> None:
    for row in glass_results(glass_parts()):
        assert row.verdict == "converged", row
        assert questions(row) == [SURROGATE]
        assert len(row.reason) <= 200


def test_numbers_of_a_potential_fitted_to_density_functional_theory_are_believed() -> None:
    parts = glass_parts()
    engine = parts.potential.engine.model_copy(update={"name": "VASP", "surrogate": False})
    potential = parts.potential.model_copy(update={"engine": engine})
    for row in glass_results(replace(parts, potential=potential)):
        assert (row.verdict, row.causes) == ("believed", []), row


def test_glasses_that_are_crystals_have_no_converged_number() -> None:
    """Disordered cristobalite, which nothing but the order tells from a glass."""
    for row in glass_results(replace(glass_parts(), structure=described())):
        assert row.verdict == "not converged"
        assert questions(row) == ["amorphous?", SURROGATE]
        assert row.causes[0].answer == "CRYSTALLINE"


def test_fast_cooling_doubts_every_number_and_has_a_remedy_with_its_cost() -> None:
    for row in glass_results(glass_parts(300.0)):
        assert row.verdict == "not converged"
        remedy = row.causes[0].remedy
        assert remedy is not None
        assert (remedy.key, remedy.value) == ("glasses.schedule.rate_k_per_ps", 10.0)


def test_a_run_that_failed_a_check_doubts_every_number_once() -> None:
    parts = glass_parts()
    verdict = Verdict("volume right?", "TOO_LARGE", False, "numerical", "2 GPa too much")
    runs = [run.model_copy(update={"verdicts": [verdict]}) for run in parts.runs]
    for row in glass_results(replace(parts, runs=runs)):
        assert questions(row) == ["volume right?", SURROGATE]


def test_no_result_of_a_potential_that_did_not_converge_is_without_that_doubt() -> None:
    verdict = Verdict(
        question="active learning converged?",
        answer=LearningVerdict.TURNS_USED_UP,
        passed=False,
        scope="numerical",
        reason="all 3 turns are used up",
    )
    loop = ActiveLearningDoc(generations=[], potential_uuid="p", dataset_uuid="d", verdict=verdict)
    parts = glass_parts()
    for row in glass_results(replace(parts, learning=loop)):
        assert questions(row) == ["active learning converged?", SURROGATE]
        assert row.verdict == "not converged"
    passed = loop.model_copy(update={"verdict": replace(verdict, passed=True)})
    without = [row.causes for row in glass_results(parts)]
    assert [row.causes for row in glass_results(replace(parts, learning=passed))] == without


def test_a_number_of_one_glass_says_what_its_error_lacks() -> None:
    parts = glass_parts()
    one = parts.structure.model_copy(update={"numbers": {"density": SpreadDoc.of([3.0], "g/cm³")}})
    row = by_name(replace(parts, structure=one))["density"]
    assert row.uncertainty is None
    assert "of one glass" in row.note
    assert by_name(parts)["density"].note == ""


def test_a_shell_that_is_open_is_a_doubt_of_its_number_alone() -> None:
    parts = glass_parts()
    shell = Coordination("Mg", "O", 3.2, np.full((1, 4), 4), 3.0, 5.0, cutoff_given=False).shell
    verdicts = {**parts.structure.verdicts, "coordination_Mg_O": shell}
    structure = parts.structure.model_copy(update={"verdicts": verdicts})
    rows = by_name(replace(parts, structure=structure))
    assert questions(rows["coordination_Mg_O"]) == ["first shell closed?", SURROGATE]
    assert questions(rows["coordination_Si_O"]) == [SURROGATE]


def test_a_doubt_of_one_temperature_reaches_the_activation_energy() -> None:
    parts = glass_parts()
    verdict = Verdict("steady?", "AGEING", False, "numerical", "it slows down")
    first, *others = parts.ions.tracer_diffusivities
    moved = [first.model_copy(update={"doubts": [verdict]}), *others]
    ions = parts.ions.model_copy(update={"tracer_diffusivities": moved})
    rows = glass_results(replace(parts, ions=ions))
    doubted = {(r.quantity, r.temperature_k) for r in rows if "steady?" in questions(r)}
    assert doubted == {("tracer_diffusivity", first.temperature_k), ("activation_energy", None)}


def test_the_first_screen_answers_in_two_sentences() -> None:
    data, page = report(glass_parts())
    screen = data["first_screen"]
    assert screen["question"] == "What is glass of MgSi₄O₈ like, and how fast does Mg²⁺ move in it?"
    assert screen["answer"] == (
        "The glass has 2.39 g/cm³ and 4.0 O around each Si, it softens at 999 K, and its ions "
        "diffuse with 8.7 × 10⁻⁶ cm²/s at 1200 K over a barrier of 0.047 eV; all these numbers are "
        "converged, within pedone, which only imitates density functional theory."
    )
    assert screen["study_changes"] == ""
    assert [card["word"] for card in screen["cards"]] == ["converged"] * 6 + [None]
    cost = screen["cards"][-1]
    assert (cost["value"], cost["interval"]) == ("15", "")  # 2 + 4 x 0.5 + 2 x 0.5 + 10 hours
    assert screen["answer"] in page


def test_a_glass_transition_that_is_not_found_is_no_part_of_the_answer() -> None:
    parts = glass_parts()
    verdict = Verdict("glass transition?", "NO_BEND", False, "numerical", "a straight line")
    cooled = [doc.model_copy(update={"transition": verdict}) for doc in parts.transitions]
    data, _ = report(replace(parts, transitions=cooled))
    assert "softens" not in data["first_screen"]["answer"]
    assert "5 of 6 headline numbers are converged" in data["first_screen"]["answer"]
    [told] = [o for o in data["first_screen"]["obstacles"] if o["question"] == "glass transition?"]
    assert told["results"] == ["glass transition"]
    assert told["remedies"][0]["core_hours"] > 0
    changes = yaml.safe_load(data["first_screen"]["study_changes"])["overrides"]
    maker = GlassStudyMaker.from_preset("glass-demo")
    longer = apply_overrides(maker, changes).transition.production.production_fs
    assert longer == 4 * maker.transition.production.production_fs


def test_references_are_on_cards_in_the_plot_and_in_a_table() -> None:
    data, _ = report(glass_parts())
    cards = {card["name"]: card for card in data["first_screen"]["cards"]}
    assert cards["density"]["references"] == ["a balance: 2.70 g/cm³"]
    assert cards["hot-diffusivity"]["references"] == ["a tracer: 2.00 × 10⁻⁵ cm²/s"]
    rows = data["sections"]["results"]["tables"]["references"]
    assert rows[0]["here"] == "2.39 g/cm³ (converged)"
    assert rows[1]["here"] == "8.71 × 10⁻⁶ cm²/s (NPT, converged)"
    figure = data["sections"]["answer"]["figures"]["arrhenius"]
    assert "a tracer" in json.dumps(figure)


def test_a_study_without_ions_asks_only_what_the_glass_is_like() -> None:
    parts = replace(glass_parts(), ions=None, transitions=(), elastic=())
    results = glass_results(parts)
    data = json.loads(glass_report(parts, results)[0]["report.json"])
    assert data["first_screen"]["question"] == "What is glass of MgSi₄O₈ like?"
    names = [card["name"] for card in data["first_screen"]["cards"]]
    assert names == ["density", "coordination", "cost"]


def test_words_are_counted_in_the_first_chapter() -> None:
    data, page = report(glass_parts(300.0))
    n = len(data["results"])
    assert f"Of {n} results: {n} not converged." in page
