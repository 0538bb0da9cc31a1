"""The first screen: the answer, the cards, the glass, and what stands in the way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import yaml
from pymatgen.core import Lattice, Structure
from report_study import study_parts

from amorph_flows.analysis.verdict import Remedy
from amorph_flows.references import reference_sets
from amorph_flows.report import build_report, result_rows
from amorph_flows.report._page import span
from amorph_flows.report.drawing._plotly import plotly_figure
from amorph_flows.report.figures import _glass
from amorph_flows.report.figures._glass import glass_figure
from amorph_flows.report.screen._screen import Screen, first_screen
from amorph_flows.schemas.judged_number import Cause
from amorph_flows.schemas.study import ResultRow


@pytest.fixture(scope="module")
def screen() -> Screen:
    parts = study_parts()
    return first_screen(parts, result_rows(parts))


def test_question_and_answer_are_one_sentence_each(screen: Screen) -> None:
    question, answer = screen.section.text
    assert question.endswith("?")
    assert "amorphous MgV₂O₅" in question
    assert "Mg²⁺" in question
    assert answer.count(". ") == 0
    assert "300 K" in answer
    assert "below the crystal" in answer
    assert "none of the headline numbers is converged" in answer


def test_answer_of_a_study_that_passed_says_so() -> None:
    parts = study_parts(surrogate=False)
    rows = [row.model_copy(update={"verdict": "believed"}) for row in result_rows(parts)]
    assert first_screen(parts, rows).section.text[1].endswith("all these numbers are believed.")
    rows = [row.model_copy(update={"verdict": "converged"}) for row in rows]
    assert "converged, within toy" in first_screen(parts, rows).section.text[1]


def test_cards_are_the_results_with_their_words(screen: Screen) -> None:
    rows = {(r.quantity, r.temperature_k): r for r in result_rows(study_parts())}
    cards = {card.name: card for card in screen.cards}
    assert len(cards) == 8
    assert cards["hot-diffusivity"].word == rows[("tracer_diffusivity", 1200.0)].verdict
    assert cards["activation-energy"].interval.startswith("95 %: ")
    assert "2.56 V" in cards["voltage"].note
    assert cards["cost"].word is None


def test_one_glass_says_what_its_intervals_lack(screen: Screen) -> None:
    assert screen.note.startswith("one glass: ")


def test_cost_is_that_of_all_stages_that_say_what_they_took() -> None:
    parts = study_parts()
    known = parts.model_copy(update={"cpu_seconds": {"sampling": [3600.0, 1800.0]}})
    cost = first_screen(known, result_rows(known)).cards[-1]
    assert cost.unit == "core-hours"
    assert cost.value == "1.5"
    assert "at least" in cost.interval
    assert "production" in cost.interval


def test_a_study_without_numbers_has_refused_cards() -> None:
    parts = study_parts()
    screen = first_screen(parts, [])
    assert {card.word for card in screen.cards[:-1]} == {"refused"}
    assert screen.section.text[1].startswith("There is no number yet")


def test_every_cause_stands_once_with_all_that_it_touches(screen: Screen) -> None:
    rows = result_rows(study_parts())
    causes = {(cause.question, cause.answer) for row in rows for cause in row.causes}
    assert len(screen.obstacles) == len(causes)
    for one in screen.obstacles:
        touched = [r for r in rows if any(c.question == one.question for c in r.causes)]
        assert one.n_results >= len(touched) / 2
        assert one.reasons
    assert screen.obstacles[-1].answer == "SURROGATE"


def test_remedies_together_are_yaml_with_the_furthest_value() -> None:
    def row(kelvin: float, *remedies: Remedy) -> ResultRow:
        causes = [
            Cause(question="long enough?", answer="SHORT", reason="short", remedy=remedy)
            for remedy in remedies
        ]
        return ResultRow(
            quantity="tracer_diffusivity",
            temperature_k=kelvin,
            structure_source="MTP MD",
            value=1e-6,
            unit="cm²/s",
            uncertainty=None,
            verdict="not converged",
            reason="short",
            causes=causes,
            documents=[],
        )

    rows = [
        row(600.0, Remedy("production.production_fs", 4e6, 8.0)),
        row(300.0, Remedy("production.production_fs", 9e6, 20.0)),
        row(900.0, Remedy("large_glass.supercell", (2, 2, 2))),
    ]
    parts = study_parts()
    settings = {"production": {"production_fs": 1e6}, "large_glass": {"supercell": [1, 1, 1]}}
    screen = first_screen(parts.model_copy(update={"settings": settings}), rows)
    [one] = screen.obstacles
    assert one.results == ["tracer diffusivity D* (300, 600, 900 K)"]
    assert one.remedies[0] == Remedy("production.production_fs", 9e6, 20.0)
    assert yaml.safe_load(screen.study_changes) == {
        "overrides": {"production.production_fs": 9e6, "large_glass.supercell": [2, 2, 2]}
    }


def test_report_json_holds_the_first_screen(screen: Screen) -> None:
    data = build_report(study_parts()).data
    assert data["first_screen"] == screen.data()
    assert set(data["sections"]["answer"]["figures"]) == {"arrhenius", "glass"}


def test_bonds_join_nearest_neighbours_within_the_cell() -> None:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0] * 3, [0.5] * 3])
    traces = {
        trace.name: trace for trace in plotly_figure(glass_figure(salt * (2, 2, 2), "Zn")).data
    }
    ends = np.array([traces["bonds"][axis] for axis in "xyz"], dtype=float).T.reshape(-1, 3, 3)
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    assert lengths == pytest.approx(2.1, abs=0.02)
    assert len(lengths) == 4 * 4 * 3 * 3  # 3 of 4 neighbours along each of 3 x 16 lines
    assert len(traces["cell"].x) == 3 * 12
    assert len(traces["Mg"].x) == len(traces["O"].x) == 32


def test_ions_are_larger_and_last_so_that_they_are_seen() -> None:
    figure = plotly_figure(glass_figure(study_parts().production[0].structure, "Mg"))
    assert figure.data[-1].name == "Mg"
    sizes = {t.name: t.marker.size for t in figure.data if t.mode == "markers"}
    assert all(sizes["Mg"] > size for name, size in sizes.items() if name != "Mg")


def test_a_large_glass_stays_light() -> None:
    rng = np.random.default_rng(0)
    n = _glass.MOST_ATOMS + 1000
    structure = Structure(
        Lattice.cubic(60), list(itertools.islice(itertools.cycle("VOO"), n)), rng.random((n, 3))
    )
    figure = plotly_figure(glass_figure(structure, "Mg"))
    assert len(figure.to_json()) < 500_000
    bonded = Structure.from_sites(structure[: _glass.MOST_BONDED_ATOMS])
    assert len(plotly_figure(glass_figure(bonded, "Mg")).to_json()) < 500_000


def test_a_folded_quantity_tells_its_range_and_words() -> None:
    rows = [
        {"value": v, "unit": "V", "temperature_k": t, "verdict": w}
        for v, t, w in ((2.5, 300.0, "believed"), (1.5, 600.0, "refused"), (None, 900.0, "refused"))
    ]
    told = span(rows)
    assert told["between"] == "1.5 to 2.5 V"
    assert told["temperatures"] == "at 300 to 900 K"
    assert dict(told["words"]) == {"believed": 1, "refused": 2}


def test_references_are_laid_over_the_plot_and_beside_the_cards() -> None:
    references = reference_sets()["choyal2025"].references
    parts = study_parts().model_copy(update={"references": references})
    report = build_report(parts)
    cards = {card["name"]: card for card in report.data["first_screen"]["cards"]}
    assert cards["activation-energy"]["references"] == ["Choyal 2025: 0.0470 eV"]
    assert cards["room-diffusivity"]["references"] == ["Choyal 2025: 1.81 × 10⁻⁶ cm²/s"]
    assert cards["hot-diffusivity"]["references"] == ["Choyal 2025: 8.71 × 10⁻⁶ cm²/s"]
    assert cards["hot-conductivity"]["references"] == []
    assert cards["voltage"]["references"] == ["Choyal 2025, ab initio MD: 2.30 V"]
    [drawn] = [
        series
        for series in report.data["sections"]["answer"]["figures"]["arrhenius"]
        if series["name"] == "Choyal 2025"
    ]
    assert drawn["y"] == pytest.approx([1.81e-6, 3.41e-6, 4.75e-6, 5.63e-6, 8.71e-6])
    table = report.data["sections"]["results"]["tables"]["references"]
    assert len(table) == len(references)
    assert "section 3.4" in table[0]["source"]
    assert "from the fit" in table[0]["here"]
