"""Figures for a paper: one column wide, with fonts that survive."""

from __future__ import annotations

import re
import zlib

import pytest
from report_study import study_parts

from amorph_flows.errors import InputError
from amorph_flows.report import build_report
from amorph_flows.report.drawing._paper import WIDTH_IN, check_format, paper_figure
from amorph_flows.schemas.figure import FigureDoc, StageBox, WorkflowDoc


@pytest.fixture(scope="module")
def figures() -> dict[str, FigureDoc]:
    return build_report(study_parts()).figures


def inflated(pdf: bytes) -> bytes:
    """Return a PDF file with its compressed streams opened."""
    opened = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            opened.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(opened)


def test_every_figure_is_one_column_with_truetype_fonts(figures: dict[str, FigureDoc]) -> None:
    for name, figure in figures.items():
        pdf = paper_figure(figure)
        assert pdf.startswith(b"%PDF"), name
        width = float(re.search(rb"/MediaBox \[ *0 0 ([\d.]+)", pdf)[1])  # type: ignore[index]
        assert width == pytest.approx(WIDTH_IN * 72, abs=0.5), name
        text = inflated(pdf)
        assert b"/FontFile2" in text, name  # an embedded TrueType font
        assert b"/Type3" not in text, name


def test_same_figure_same_file(figures: dict[str, FigureDoc]) -> None:
    assert paper_figure(figures["voltages"]) == paper_figure(figures["voltages"])


@pytest.mark.parametrize(("file_format", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_other_formats(figures: dict[str, FigureDoc], file_format: str, start: bytes) -> None:
    assert paper_figure(figures["voltages"], check_format(file_format)).startswith(start)


def test_an_unknown_format_is_named_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"'docx'; give pdf, svg or png"):
        check_format("docx")


def test_workflow_grows_with_its_rows() -> None:
    box = StageBox(name="production", n_done=5, n_failed=1, cpu_seconds=7200.0)
    heights = []
    for rows in ([[box]], [[box, box], [box]]):
        pdf = paper_figure(WorkflowDoc(rows=rows))
        box_of_page = re.search(rb"/MediaBox \[ *0 0 [\d.]+ ([\d.]+)", pdf)
        heights.append(float(box_of_page[1]))  # type: ignore[index]
    assert heights[1] > 1.8 * heights[0]
