"""Figures of what ran: histories, the workflow, and where the scatter is from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from report_study import study_parts

from amorph_flows.datasets.binary import decode_array
from amorph_flows.jobs.study import _failed
from amorph_flows.report.drawing._boxes import box_lines, cpu_time
from amorph_flows.report.figures._histories import (
    MOST_POINTS,
    engine_figure,
    production_figure,
    quench_figure,
)
from amorph_flows.report.figures._rdf import rdf_figure
from amorph_flows.report.figures._voltage import voltage_figure
from amorph_flows.report.figures._workflow import workflow_figure
from amorph_flows.report.sections._histories import quench_history_panels
from amorph_flows.schemas.figure import StageBox


def test_points_of_a_history_are_means_of_blocks() -> None:
    runs = study_parts().production
    figure = production_figure(runs, "pressure_gpa")
    assert [series.name for series in figure.series] == [f"{r.temperature_k:g} K" for r in runs]
    for series, run in zip(figure.series, runs, strict=True):
        measured = decode_array(run.curves["pressure_gpa"])
        assert len(series.y) == MOST_POINTS
        assert series.y[3] == pytest.approx(measured[15:20].mean())
        assert series.x[3] == pytest.approx(np.arange(15, 20).mean() / 1e3)
        assert series.y.mean() == pytest.approx(measured.mean())


def test_runs_of_one_temperature_are_told_apart_and_those_without_curves_left_out() -> None:
    run = study_parts().production[0]
    other = run.model_copy(update={"seed": 6})
    bare = run.model_copy(update={"curves": {}, "temperature_k": 500.0})
    named = [s.name for s in production_figure([run, other, bare], "temperature_k").series]
    assert named == ["300 K, seed 5", "300 K, seed 6"]


def test_quench_shows_what_the_engine_gave() -> None:
    quench = study_parts().quench
    [line] = quench_figure(quench, "potential_energy_ev_atom").series
    assert line.x[-1] == pytest.approx(1.194)
    assert line.y[0] > line.y[-1]
    names = [panel.name for panel in quench_history_panels(quench)]
    assert names == ["quench-energy", "quench-pressure"]
    assert not quench_history_panels(quench.model_copy(update={"histories": {}}))


def test_energy_of_engine_md_is_that_of_its_frames() -> None:
    samples = [s for s in study_parts().structure.samples if s.structure_source == "engine MD"]
    for series, sample in zip(engine_figure(samples).series, samples, strict=True):
        assert np.allclose(series.y, sample.energies_ev_atom)
        assert np.allclose(series.x, sample.times_fs / 1e3)


def test_half_of_the_cell_is_marked_where_the_rdf_reaches_beyond_it() -> None:
    sample = study_parts().structure.samples[-1]
    assert rdf_figure([sample]).marks == [sample.half_width_a]
    wide = sample.model_copy(update={"half_width_a": 12.0})
    assert rdf_figure([wide]).marks == []


def test_voltage_of_the_crystal_by_the_potential_is_beside_the_engines() -> None:
    voltage = study_parts().voltage
    by_mtp = {"structure_source": "crystal by MTP", "voltage_v": 2.49}
    points = [*voltage.points, voltage.points[0].model_copy(update=by_mtp)]
    figure = voltage_figure(voltage.model_copy(update={"points": points}))
    bars = {s.name: s for s in figure.series}
    by_potential = bars["crystal by MTP"]
    assert by_potential.places == bars["crystal"].places == ["crystal"]
    assert by_potential.slot != bars["crystal"].slot
    assert list(by_potential.y) == [2.49]


def test_workflow_counts_what_ran_and_what_failed() -> None:
    parts = study_parts().model_copy(
        update={"failed": {"production": 2}, "cpu_seconds": {"sampling": [60.0, 90.0, 30.0]}}
    )
    boxes = {box.name: box for row in workflow_figure(parts).rows for box in row}
    assert list(boxes) == [
        *("melt and quench", "insertion", "MD with the engine", "dataset and fit"),
        *("active learning", "MD with the potential", "production"),
        *("structure", "transport", "voltages", "voltage profile"),
    ]
    assert boxes["melt and quench"].n_done == 3  # one melt with its quench, two branches
    assert (boxes["production"].n_done, boxes["production"].n_failed) == (5, 2)
    assert (boxes["MD with the engine"].n_done, boxes["MD with the engine"].cpu_seconds) == (3, 180)
    assert boxes["active learning"].what == "2 turns, 16 frames labelled"


def test_what_is_written_into_a_box() -> None:
    box = StageBox(name="production", what="4 ps", n_done=4, n_failed=1, cpu_seconds=7200.0)
    assert box_lines(box) == "4 ps; 4 done, 1 failed; 2.00 h CPU"
    assert cpu_time(None) == "CPU time not known"
    assert cpu_time(12.0) == "12 s CPU"


def test_jobs_that_left_no_document_are_counted() -> None:
    samples: list[dict[str, Any]] = [
        {"insertions": [None, 1], "production": [1, None]},
        {"insertions": [1], "large_insertions": [None], "production": [None]},
    ]
    assert _failed(samples, samples, [None]) == {"insertion": 2, "production": 3}
