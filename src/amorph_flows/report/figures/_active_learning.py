"""Figures of active learning, turn by turn."""

from __future__ import annotations

import numpy as np

from amorph_flows.report.figures._theme import BLUE, GREEN, GREY, ORANGE, RED
from amorph_flows.schemas.active_learning import ActiveLearningDoc, ExplorationRun
from amorph_flows.schemas.figure import Axis, PlotDoc, Series

_TURNS = Axis(title="turn", step=1)


def turns_figure(loop: ActiveLearningDoc) -> PlotDoc:
    """Return the configurations saved, chosen and labelled in each turn.

    Parameters
    ----------
    loop
        The loop.
    """
    turns = np.array([generation.turn for generation in loop.generations])
    bars = {
        "saved": ([g.n_candidates for g in loop.generations], GREY),
        "chosen by MaxVol": ([g.n_selected for g in loop.generations], BLUE),
        "labelled": ([g.n_labelled for g in loop.generations], GREEN),
        "quarantined": ([len(g.quarantined) for g in loop.generations], RED),
    }
    return PlotDoc(
        x=_TURNS,
        y=Axis(title="configurations", zero=True),
        series=[
            Series(name=name, kind="bars", x=turns, y=counts, colour=colour)
            for name, (counts, colour) in bars.items()
        ],
    )


def reach_figure(loop: ActiveLearningDoc) -> PlotDoc:
    """Return the share of the wanted time that each run reached before it broke.

    Parameters
    ----------
    loop
        The loop.
    """
    return PlotDoc(
        x=_TURNS,
        y=Axis(title="time reached / time asked for", ends=(-0.05, 1.1)),
        series=[
            _reached(loop, "unbroken", broke=False),
            _reached(loop, "broke", broke=True),
        ],
    )


def _reached(loop: ActiveLearningDoc, name: str, *, broke: bool) -> Series:
    found = [(g.turn, r) for g in loop.generations for r in g.runs if r.broke is broke]
    return Series(
        name=name,
        kind="points",
        x=[turn for turn, _ in found],
        y=[run.reached_fs / run.asked_fs if run.asked_fs else 0.0 for _, run in found],
        labels=[_label(run) for _, run in found],
        symbol="x" if broke else "circle",
        colour=ORANGE if broke else GREEN,
        size=10,
        opacity=0.8,
    )


def _label(run: ExplorationRun) -> str:
    reached = f"{run.reached_fs / 1e3:g} of {run.asked_fs / 1e3:g} ps"
    return f"{run.run}: {reached}, largest grade {run.max_grade:.3g}"
