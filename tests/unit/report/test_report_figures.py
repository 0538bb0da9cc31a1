"""Figures show the numbers of the documents."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from ase import units
from pymatgen.core import Lattice, Structure
from report_study import DIFFUSIVITIES_CM2_S, VOLTAGES_V, study_parts

from amorph_flows.analysis import radial_distribution
from amorph_flows.report.drawing._plotly import plotly_figure
from amorph_flows.report.figures._active_learning import reach_figure, turns_figure
from amorph_flows.report.figures._arrhenius import arrhenius_figure
from amorph_flows.report.figures._dataset import composition_figure
from amorph_flows.report.figures._energies import energy_figure
from amorph_flows.report.figures._msd import axes_figure, displacement_figure
from amorph_flows.report.figures._order import order_sphere
from amorph_flows.report.figures._parity import force_parity_figure
from amorph_flows.report.figures._rdf import rdf_figure
from amorph_flows.report.figures._schedule import schedule_figure
from amorph_flows.report.figures._theme import temperature_colours, theme
from amorph_flows.report.figures._voltage import voltage_figure
from amorph_flows.schemas.structure import RDFDoc, SampledStructure


def test_schedule_ends_when_its_stages_do() -> None:
    quench = study_parts().quench
    line, branches = plotly_figure(schedule_figure(quench)).data
    assert line.x[-1] == pytest.approx(sum(stage.duration_fs for stage in quench.schedule) / 1e3)
    assert line.y[-1] == 300.0
    assert dict(zip(branches.y, branches.x, strict=True)) == {1200.0: 0.7, 300.0: 1.2}


def test_sphere_draws_each_direction_with_its_disorder() -> None:
    order = next(o for s in study_parts().structure.samples for o in s.order)
    points = plotly_figure(order_sphere(order, 1.0)).data[0]
    longitude, latitude = np.radians(points.lon), np.radians(points.lat)
    drawn = np.column_stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )
    assert np.allclose(drawn, order.directions)
    assert np.array_equal(points.marker.color, order.disorder)


def test_rdf_shows_every_pair_of_many_elements_once_in_the_legend() -> None:
    species = ["Na", "Fe", "P", "O", "V"]
    crystal = Structure(Lattice.cubic(6.0), species, np.linspace(0, 0.8, 15).reshape(5, 3))
    samples = [
        SampledStructure(
            structure_source=source,
            formula="NaFePOV",
            temperature_k=300.0,
            rdf=RDFDoc.from_result(radial_distribution(crystal, cutoff=5.0)),
            energies_ev_atom=np.empty(0),
            times_fs=np.empty(0),
        )
        for source in ("engine MD", "MTP MD")
    ]
    traces = plotly_figure(rdf_figure(samples)).data
    assert len(traces) == 30
    named = [trace.name for trace in traces if trace.showlegend]
    assert len(named) == len(set(named)) == 15
    assert {trace.line.dash for trace in traces} == {"solid", "dash"}


def test_rdf_values_are_those_of_the_document() -> None:
    sample = next(s for s in study_parts().structure.samples if s.structure_source == "MTP MD")
    curves = {trace.name: trace.y for trace in plotly_figure(rdf_figure([sample])).data}
    assert np.array_equal(curves["O–V"], sample.rdf.to_result().pair("V", "O"))


def test_energies_of_both_sources_share_a_temperature() -> None:
    samples = [s for s in study_parts().structure.samples if s.formula == "MgV2O5"]
    engine, mtp = plotly_figure(energy_figure(samples)).data
    assert (engine.side, mtp.side) == ("negative", "positive")
    assert set(engine.x) == set(mtp.x) == {"300", "1200"}
    assert len(engine.y) == sum(
        len(s.energies_ev_atom) for s in samples if s.structure_source == "engine MD"
    )


def test_thick_part_of_a_displacement_is_what_was_fitted() -> None:
    points = study_parts().transport.temperatures
    figure = plotly_figure(displacement_figure(points, "msd_a2"))
    fitted = [trace for trace in figure.data if trace.name.endswith("fitted lags")]
    assert len(fitted) == len(points)
    for trace, point in zip(fitted, points, strict=True):
        first, last = point.fit_window_fs
        assert min(trace.x) >= first / 1e3
        assert max(trace.x) <= last / 1e3
        slope = np.polyfit(trace.x, trace.y, 1)[0]
        assert slope / 6 * 1e-4 == pytest.approx(point.tracer_diffusivity_cm2_s, rel=0.1)


def test_dashed_line_is_the_fit_over_the_thick_lags() -> None:
    points = [
        replace(point, msd_intercept_a2=constant)
        for point, constant in zip(study_parts().transport.temperatures, (0.5, -0.5), strict=False)
    ]
    figure = plotly_figure(displacement_figure(points, "msd_a2"))
    lines = [trace for trace in figure.data if trace.name.endswith("fitted line")]
    assert len(lines) == len(points) == 2
    for trace, point in zip(lines, points, strict=True):
        first, last = point.fit_window_fs
        assert trace.line.dash == "dash"
        assert trace.x[-1] == pytest.approx(last / 1e3)
        assert min(trace.x) >= first / 1e3 * (1 - 1e-9)
        slope, constant = np.polyfit(trace.x, trace.y, 1)
        assert slope * 1e-4 / 6 == pytest.approx(point.tracer_diffusivity_cm2_s)
        assert constant == pytest.approx(point.msd_intercept_a2)
        assert min(trace.y) > 0
        [curve] = [t for t in figure.data if t.name == f"{point.temperature_k:g} K"]
        assert trace.line.color == curve.line.color
    centre = plotly_figure(displacement_figure(points, "mscd_a2")).data
    assert not [trace for trace in centre if trace.name.endswith("fitted line")]


def test_axes_add_up_to_the_whole() -> None:
    point = study_parts().transport.temperatures[0]
    x, y, z, _ = plotly_figure(axes_figure(point)).data
    whole = plotly_figure(displacement_figure([point], "msd_a2")).data[0]
    assert np.allclose(np.add(np.add(x.y, y.y), z.y), whole.y)


def test_diffusivity_at_300_k_is_not_drawn_where_nothing_is_known_of_it() -> None:
    transport = study_parts().transport
    assert "fit at 300 K" in [one.name for one in arrhenius_figure(transport).series]
    unknown = transport.model_copy(update={"d_300k_interval_cm2_s": (1e-31, 1e14)})
    assert "fit at 300 K" not in [one.name for one in arrhenius_figure(unknown).series]


def test_line_of_the_arrhenius_plot_is_the_law() -> None:
    transport = study_parts().transport
    traces = {
        trace.name.split(",")[0]: trace for trace in plotly_figure(arrhenius_figure(transport)).data
    }
    line = traces["fit"]
    at_300 = np.interp(1e3 / 300, line.x, np.log(line.y))
    assert np.exp(at_300) == pytest.approx(transport.d_300k_cm2_s, rel=1e-6)
    slope = np.polyfit(line.x, np.log(line.y), 1)[0]
    assert -slope * 1e3 * units.kB == pytest.approx(transport.activation_energy_ev)
    assert len(traces["tracer diffusivity"].x) == len(DIFFUSIVITIES_CM2_S)


def test_voltages_are_drawn_by_source() -> None:
    bars = {bar.name: bar for bar in plotly_figure(voltage_figure(study_parts().voltage)).data}
    assert set(bars) == {"crystal", "engine MD", "MTP MD"}
    assert list(bars["MTP MD"].y) == [mtp for _, mtp in VOLTAGES_V.values()]


def test_composition_counts_frames_by_temperature() -> None:
    bars = {bar.name: dict(zip(bar.x, bar.y, strict=True)) for bar in _composition()}
    assert bars == {
        "V₂O₅": {"300": 226, "1200": 300},
        "MgV₂O₅": {"300": 151, "1200": 400},
    }


def _composition() -> tuple[object, ...]:
    return plotly_figure(composition_figure(study_parts().dataset)).data


def test_parity_is_thinned_but_not_distorted() -> None:
    potential = study_parts().potential
    exact, *parts = plotly_figure(force_parity_figure(potential)).data
    assert list(exact.x) == list(exact.y)
    for trace in parts:
        assert 0 < len(trace.x) <= 1500
        assert np.std(np.subtract(trace.x, trace.y)) == pytest.approx(0.2, rel=0.1)


def test_turns_show_what_broke() -> None:
    loop = study_parts().active_learning
    unbroken, broke = plotly_figure(reach_figure(loop)).data
    assert list(unbroken.y) == [1.0, 1.0]
    assert list(broke.y) == [0.17, 0.17]
    assert {bar.name for bar in plotly_figure(turns_figure(loop)).data} >= {
        "saved",
        "labelled",
        "quarantined",
    }


def test_a_run_that_was_lost_does_not_divide_by_zero() -> None:
    loop = study_parts().active_learning.model_copy(deep=True)
    loop.generations[0].runs[1].asked_fs = 0.0
    assert list(plotly_figure(reach_figure(loop)).data[1].y) == [0.0, 0.17]


def test_colours_go_from_cold_to_hot() -> None:
    colours = temperature_colours([1200.0, 300.0, 600.0])
    assert list(colours) == [300.0, 600.0, 1200.0]
    assert len(set(colours.values())) == 3
    assert temperature_colours([300.0]) == {300.0: "#3a78c2"}


def test_themes_differ_in_ink_only_where_needed() -> None:
    light, dark = theme(dark=False)["layout"], theme(dark=True)["layout"]
    assert light["font"]["color"] != dark["font"]["color"]
    assert light["paper_bgcolor"] == dark["paper_bgcolor"] == "rgba(0,0,0,0)"
    json.dumps([light, dark], allow_nan=False)
