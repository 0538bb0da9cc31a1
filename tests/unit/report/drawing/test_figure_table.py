"""Figures as CSV: the numbers of the documents, with names and units."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from report_study import VOLTAGES_V, study_parts

from amorph_flows.report import build_report
from amorph_flows.report.drawing._table import figure_csv
from amorph_flows.schemas.figure import Axis, FigureDoc, PlotDoc, Series


@pytest.fixture(scope="module")
def figures() -> dict[str, FigureDoc]:
    return build_report(study_parts()).figures


def table(figure: FigureDoc) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(io.StringIO(figure_csv(figure)))
    return header, rows


def test_arrhenius_plot_has_the_diffusivities_of_the_document(
    figures: dict[str, FigureDoc],
) -> None:
    header, rows = table(figures["arrhenius"])
    assert header[:5] == [
        "series",
        "1000 K / temperature",
        "diffusivity / cm²/s",
        "low end of diffusivity / cm²/s",
        "high end of diffusivity / cm²/s",
    ]
    points = [[float(cell) for cell in row[1:5]] for row in rows if row[0] == "tracer diffusivity"]
    expected = [
        [1e3 / p.temperature_k, p.tracer_diffusivity_cm2_s, *p.tracer_diffusivity_interval_cm2_s]
        for p in study_parts().transport.temperatures
    ]
    assert points == expected


def test_displacement_is_that_of_the_document_at_its_lags(figures: dict[str, FigureDoc]) -> None:
    header, rows = table(figures["msd"])
    assert header == ["series", "lag / ps", "mean-square displacement / Å²"]
    point = study_parts().transport.temperatures[-1]
    document = dict(zip(point.lags_fs / 1e3, point.msd_a2, strict=True))
    written = {float(lag): float(msd) for name, lag, msd in rows if name == "1200 K"}
    assert len(written) > 100
    assert all(document[lag] == msd for lag, msd in written.items())


def test_voltages_are_by_place_with_their_errors(figures: dict[str, FigureDoc]) -> None:
    header, rows = table(figures["voltages"])
    assert header[1:3] == ["temperature of the structures", "average voltage / V"]
    found = {(row[0], row[1]): float(row[2]) for row in rows}
    for kelvin, (engine, potential) in VOLTAGES_V.items():
        assert found["engine MD", f"{kelvin:g} K"] == engine
        assert found["MTP MD", f"{kelvin:g} K"] == potential


def test_atoms_and_directions_are_written_too(figures: dict[str, FigureDoc]) -> None:
    header, rows = table(figures["glass"])
    assert header == ["element", "x / Å", "y / Å", "z / Å"]
    assert len(rows) == len(study_parts().production[0].structure)
    sphere = next(name for name in figures if name.startswith("order-") and "temp" not in name)
    header, rows = table(figures[sphere])
    assert header == ["direction a", "direction b", "direction c", "disorder"]
    assert np.linalg.norm(np.array(rows, float)[:, :3], axis=1) == pytest.approx(1.0)


def test_every_figure_has_numbers_and_a_plain_name(figures: dict[str, FigureDoc]) -> None:
    for name, figure in figures.items():
        assert name.replace("-", "").isalnum(), name
        assert name.isascii(), name
        _, rows = table(figure)
        assert rows, name


def test_what_is_not_finite_is_left_empty() -> None:
    series = Series(name="a, b", x=[1.0, 2.0], y=[np.nan, 3.0], low=[0, 0], high=[1, np.inf])
    figure = PlotDoc(x=Axis(title="x"), y=Axis(title="y", unit="Å"), series=[series])
    _, rows = table(figure)
    assert rows == [["a, b", "1.0", "", "0.0", "1.0"], ["a, b", "2.0", "3.0", "0.0", ""]]


def test_a_stored_figure_is_the_same(figures: dict[str, FigureDoc]) -> None:
    for figure in figures.values():
        stored = type(figure).model_validate(figure.model_dump(mode="json"))
        assert figure_csv(stored) == figure_csv(figure)
