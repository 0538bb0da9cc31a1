"""Figures of a comparison of methods: learning curves, cost, speed against error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from amorph_flows.datasets.binary import decode_array
from amorph_flows.report.figures._theme import CYCLE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.potential_comparison import MeasuredFit, PotentialComparisonDoc

Label = Literal["energy_ev_atom", "force_ev_a"]


def learning_curves(doc: PotentialComparisonDoc) -> PlotDoc:
    """Return errors of forces against the number of training frames.

    Parameters
    ----------
    doc
        The comparison.
    """
    return _against_size(
        doc, Axis(title="held-out error of forces", unit="eV/Å", log=True), _force_error
    )


def fit_times(doc: PotentialComparisonDoc) -> PlotDoc:
    """Return the CPU time of the fits against the number of training frames.

    Parameters
    ----------
    doc
        The comparison.
    """
    return _against_size(
        doc, Axis(title="CPU time of the fit", unit="s", log=True), lambda fit: fit.fit_cpu_seconds
    )


def speed_against_error(doc: PotentialComparisonDoc) -> PlotDoc:
    """Return the time of MD against the error of forces, with the front that none beats.

    Parameters
    ----------
    doc
        The comparison.
    """
    shown = [fit for fit in doc.best() if _force_error(fit) and fit.md_us_atom_step]
    front = sorted(
        (fit for fit in shown if fit.method in doc.recommendation.front),
        key=lambda fit: fit.md_us_atom_step or 0.0,
    )
    series = [
        Series(
            name="front",
            x=[fit.md_us_atom_step for fit in front],
            y=[_force_error(fit) for fit in front],
            colour="#8a8f98",
            dash="dot",
        )
    ]
    series += [
        Series(
            name=fit.method,
            kind="points",
            x=[fit.md_us_atom_step],
            y=[_force_error(fit)],
            labels=[fit.method],
            colour=_colour(doc, fit),
        )
        for fit in shown
    ]
    return PlotDoc(
        x=Axis(title="CPU time of MD, atom and step", unit="µs", log=True),
        y=Axis(title="held-out error of forces", unit="eV/Å", log=True),
        series=series if len(front) > 1 else series[1:],
    )


def parity(doc: PotentialComparisonDoc, label: Label) -> PlotDoc | None:
    """Return predicted against labelled values of the hardest test frames; None where none is kept.

    Parameters
    ----------
    doc
        The comparison.
    label
        Which values.
    """
    series = []
    for fit in doc.best():
        kept = fit.curves.get("parity", {})
        part = next((name for name in ("test_blocks", "test_random") if name in kept), None)
        if part is None:
            continue
        points = np.asarray(decode_array(kept[part][label]), dtype=float)
        series.append(
            Series(
                name=fit.method,
                kind="points",
                x=points[:, 0],
                y=points[:, 1],
                colour=_colour(doc, fit),
                size=4.0,
                opacity=0.5,
            )
        )
    if not series:
        return None
    title, unit = ("energy", "eV/atom") if label == "energy_ev_atom" else ("force", "eV/Å")
    return PlotDoc(
        x=Axis(title=f"labelled {title}", unit=unit),
        y=Axis(title=f"predicted {title}", unit=unit),
        series=series,
        equal=True,
    )


def _against_size(
    doc: PotentialComparisonDoc, axis: Axis, value: Callable[[MeasuredFit], float | None]
) -> PlotDoc:
    found: dict[str, list[tuple[int, float]]] = {}
    for size in doc.sizes:
        for fit in doc.best(size):
            if known := value(fit):
                found.setdefault(fit.settings.backend, []).append((size, known))
    names = {fit.settings.backend: fit.method for fit in doc.best()}
    series = [
        one
        for backend, points in found.items()
        for one in _curve(points, names.get(backend, backend), _colour_of(doc, backend))
    ]
    return PlotDoc(x=Axis(title="training frames", log=True), y=axis, series=series)


def _curve(points: Sequence[tuple[int, float]], name: str, colour: str) -> list[Series]:
    x, y = zip(*points, strict=True)
    line = Series(name=name, x=x, y=y, colour=colour, group=name, in_legend=False)
    dots = Series(name=name, kind="points", x=x, y=y, colour=colour, group=name)
    return [line, dots]


def _force_error(fit: MeasuredFit) -> float | None:
    return fit.force_error_ev_a


def _colour(doc: PotentialComparisonDoc, fit: MeasuredFit) -> str:
    return _colour_of(doc, fit.settings.backend)


def _colour_of(doc: PotentialComparisonDoc, backend: str) -> str:
    backends = list(dict.fromkeys(fit.settings.backend for fit in doc.fits))
    return CYCLE[backends.index(backend) % len(CYCLE)]
