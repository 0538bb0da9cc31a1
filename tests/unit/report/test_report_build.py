"""The page and the JSON file of a report."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_study import study_parts

from amorph_flows.jobs.potential import choose_potential
from amorph_flows.potentials import classical_potential
from amorph_flows.report import Report, build_report, result_rows
from amorph_flows.report._build import report_sections
from amorph_flows.report._page import render_page
from amorph_flows.report._section import Column, Panel, Section, Table, plain_data, section_data
from amorph_flows.schemas.figure import Axis, PlotDoc, Series

ATTACK = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture(scope="module")
def report() -> Report:
    return build_report(study_parts())


class Elements(HTMLParser):
    """Every element with its attributes, and the text of the first table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_results_in_the_json_are_those_of_the_study(report: Report) -> None:
    assert report.data["results"] == [row.model_dump() for row in result_rows(study_parts())]
    keys = "quantity temperature_k structure_source value unit uncertainty verdict reason"
    assert set(report.data["results"][0]) == {
        *keys.split(),
        *("causes", "combined", "documents", "note"),
    }
    assert report.data["schema_version"] == 1
    assert report.data["generated_by"].startswith("amorph-flows ")


def test_json_has_no_nan_and_no_frames(report: Report) -> None:
    text = json.dumps(report.data, allow_nan=False)
    assert json.loads(text) == report.data
    assert len(text) < 2e6
    assert "FrameSet" not in text
    assert '"b64"' not in text


def test_json_holds_every_table_and_figure_of_the_page(report: Report) -> None:
    page = Elements(report.html)
    sections = report.data["sections"].values()
    figures = [name for section in sections for name in section["figures"]]
    tables = [name for section in sections for name in section["tables"]]
    graphs = [a["id"] for a in page.all("div") if a.get("class") == "plotly-graph-div"]
    drawings = [a["id"] for a in page.all("ol") if a.get("class") == "workflow"]
    assert drawings == ["workflow"]
    assert [*graphs, *drawings] == figures
    assert [a["id"] for a in page.all("table")] == [f"table-{t.replace(' ', '-')}" for t in tables]
    assert len(figures) == len(set(figures))


def test_production_runs_show_their_pressure_and_density(report: Report) -> None:
    [run, *_] = report.data["sections"]["displacements"]["tables"]["production"]
    assert run["ensemble"] == "npt"
    assert run["mean_pressure_gpa"] == 0.125
    assert run["pressure_standard_error_gpa"] == 0.0625
    assert run["mean_density_g_cm3"] == 3.421


def test_chapters_are_in_order_below_the_answer_and_what_stands_in_the_way(report: Report) -> None:
    names = [a["id"] for a in Elements(report.html).all("section")]
    assert names == [
        "answer",
        "obstacles",
        "results",
        "paper",
        "melt-quench",
        "rdf",
        "energies",
        "order",
        "dataset-composition",
        "potential",
        "active-learning",
        "displacements",
        "motion",
        "diffusivities",
        "voltage",
        "voltage-profile",
        "provenance",
    ]


def test_first_table_is_followed_by_what_differs_from_the_paper(report: Report) -> None:
    tables = [a["id"] for a in Elements(report.html).all("table")]
    assert tables[:3] == ["table-results", "table-differences", "table-not-stated"]
    found = report.data["differences_from_paper"]
    assert [(one["what"], one["paper"], one["here"]) for one in found] == [
        ("production", 4000, 1),
        ("level of the potential", 16, 12),
        ("engine", "VASP", "toy"),
        ("charges", "not stated", "none"),
    ]
    factors = {one["what"]: one["factor"] for one in found if one["factor"]}
    assert factors == {"production": 4000, "level of the potential": pytest.approx(4 / 3, 1e-5)}
    shown = {
        row["what"]: row for row in report.data["sections"]["results"]["tables"]["differences"]
    }
    assert shown["engine"]["paper_told"] == "VASP"
    assert "production 4000 times" in report.html


def test_page_asks_the_network_for_nothing(report: Report) -> None:
    page = Elements(report.html)
    for tag, attributes in page.found:
        for name in ("src", "href", "data", "poster", "action"):
            value = attributes.get(name) or ""
            assert value.startswith(("#", "data:,")) or not value, (tag, name, value)
    policy = next(a for a in page.all("meta") if a.get("http-equiv"))["content"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_plotly_is_embedded_once(report: Report) -> None:
    assert len(re.findall(r"plotly\.js v\d", report.html)) == 1
    assert len(report.html) < 8e6


def test_every_document_of_a_number_has_its_place_in_the_page(report: Report) -> None:
    page = Elements(report.html)
    anchors = {attributes.get("id") for attributes in page.all("tr")}
    for row in report.data["results"]:
        assert {f"doc-{uuid}" for uuid in row["documents"]} <= anchors
    links = {a["href"] for a in page.all("a")}
    ids = {a.get("id") for _, a in page.found}
    assert {link.removeprefix("#") for link in links} <= ids


def test_the_maximum_of_the_order_is_explained_where_it_is_shown(report: Report) -> None:
    shown = report.html[report.html.index('id="order"') :]
    assert shown.count("octant (+++)") >= 2
    assert "against different lattices" in shown or "against one lattice" in shown


def test_ids_are_unique(report: Report) -> None:
    ids = [a["id"] for _, a in Elements(report.html).found if "id" in a]
    assert len(ids) == len(set(ids))


def test_same_study_same_report(report: Report) -> None:
    assert build_report(study_parts()) == report


def test_text_of_documents_is_escaped() -> None:
    parts = study_parts()
    run = parts.production[0].model_copy(update={"run": ATTACK, "start": ATTACK})
    hostile = parts.model_copy(
        update={
            "title": ATTACK,
            "preset": ATTACK,
            "production": [run, *parts.production[1:]],
            "settings": {ATTACK: ATTACK},
        }
    )
    html = build_report(hostile).html
    assert ATTACK not in html
    assert "<script>alert(1)" not in html
    assert "<img src=x" not in html
    clean = Elements(build_report(parts).html)
    assert len(Elements(html).all("script")) == len(clean.all("script"))
    assert not Elements(html).all("img")


def test_a_study_without_production_or_turns_still_has_a_report() -> None:
    parts = study_parts()
    empty_transport = parts.transport.model_copy(
        update={
            "temperatures": [],
            "activation_energy_ev": None,
            "d_300k_cm2_s": None,
            "conductivity_300k_s_cm": None,
        }
    )
    loop = parts.active_learning.model_copy(update={"generations": []})
    potential = parts.potential.model_copy(update={"curves": {}, "errors": {}})
    report = build_report(
        parts.model_copy(
            update={
                "production": [],
                "transport": empty_transport,
                "active_learning": loop,
                "potential": potential,
                "insertions": [],
                "differences_from_paper": [],
            }
        )
    )
    refused = [r["quantity"] for r in report.data["results"] if r["verdict"] == "refused"]
    assert refused == ["activation_energy", "diffusivity_300k", "conductivity_300k"]


def test_plain_makes_json_of_anything() -> None:
    value = {"a": (1, 2.123456789, float("nan")), "b": {"c": True, "d": None, "e": float("-inf")}}
    assert plain_data(value) == {"a": [1, 2.12346, None], "b": {"c": True, "d": None, "e": None}}


def test_a_section_gives_its_numbers_and_its_page() -> None:
    figure = PlotDoc(
        x=Axis(title="time", unit="ps"),
        y=Axis(title="g(r)"),
        series=[Series(name="curve", x=[1.0, 2.0], y=[3.0, float("nan")])],
    )
    section = Section(
        "one",
        "One",
        ["a < b"],
        [Panel("fig", "Figure", "Two points.", figure)],
        [Table("tab", "Table", [Column("x", "x / Å", "number")], [{"x": 1.25e-7}])],
    )
    data = section_data(section)
    assert data["tables"] == {"tab": [{"x": 1.25e-7}]}
    assert data["figures"] == {"fig": [{"name": "curve", "x": [1.0, 2.0], "y": [3.0, None]}]}
    html = render_page("T", "lead", [section], "test")
    assert "1.25 × 10⁻⁷" in html
    assert "a &lt; b" in html


def test_a_classical_potential_is_told_as_such() -> None:
    parts = study_parts().model_copy(
        update={"potential": classical_potential("pedone", ["Mg", "P", "O"])}
    )
    report = build_report(parts)
    assert "Classical potential pedone for Mg, P, O" in report.html
    assert "fit of the potential" not in report.html


def test_engine_md_has_its_diffusivities_beside_those_of_the_potential() -> None:
    parts = study_parts()
    assert "engine diffusivities" not in build_report(parts).data["sections"]
    engine = parts.transport.model_copy(update={"temperatures": parts.transport.temperatures[:1]})
    report = build_report(parts.model_copy(update={"engine_transport": engine}))
    section = report.data["sections"]["engine diffusivities"]
    assert {"engine-msd", "engine-arrhenius"} <= set(section["figures"])
    [row] = section["tables"]["engine diffusivities"]
    assert row["tracer_diffusivity_here"] == row["tracer_diffusivity_production"]
    assert row["tracer_diffusivity_interval_here"] is not None
    assert row["length_ps"] == pytest.approx(engine.temperatures[0].lags_fs[-1] / 1e3)
    sources = [one["source"] for one in section["tables"]["engine Arrhenius"]]
    assert sources == ["engine MD", "production"]
    assert section["tables"]["engine transport checks"]
    assert '"engine-msd"' in report.html


def test_settings_that_were_tried_have_a_table() -> None:
    parts = study_parts()
    assert "trials" not in build_report(parts).data["sections"]["potential"]["tables"]
    fits = [
        parts.potential.model_copy(
            update={"errors": {"validation": replace(errors, force_rmse_ev_a=force)}}
        )
        for force in (0.3, 0.2)
        for errors in [parts.potential.errors["training"]]
    ]
    chosen = choose_potential.original(fits)
    report = build_report(parts.model_copy(update={"potential": chosen}))
    rows = report.data["sections"]["potential"]["tables"]["trials"]
    assert [row["force_rmse_ev_a"] for row in rows] == [0.2, 0.3]
    assert {row["part"] for row in rows} == {"validation blocks"}


def test_of_many_contents_figures_show_the_ends_and_tables_all() -> None:
    found = study_parts().structure
    host, *_, full = sorted(found.samples, key=lambda sample: "Mg" in sample.formula)
    between = [
        full.model_copy(update={"formula": name}) for name in ("MgV8O20", "MgV4O10", "Mg3V8O20")
    ]
    structure = found.model_copy(update={"samples": [host, *between, full]})
    parts = study_parts().model_copy(update={"structure": structure})
    sections = {one.name: one for one in report_sections(parts, [])}
    for name in ("rdf", "energies", "order"):
        shown = " ".join(panel.title + panel.caption for panel in sections[name].panels)
        assert "MgV₂O₅" in shown
        assert "V₄O₁₀" not in shown
        assert "V₈O₂₀" not in shown
        assert any("MgV₈O₂₀, MgV₄O₁₀, Mg₃V₈O₂₀" in text for text in sections[name].text)
    rows = sections["order"].tables[0].rows
    assert {row["formula"] for row in rows} == {one.formula for one in structure.samples}
