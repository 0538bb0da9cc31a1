"""Figures of active learning, turn by turn."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from amorph_flows.report.figures._theme import BLUE, GREEN, GREY, ORANGE, RED, new_figure
from amorph_flows.schemas.active_learning import ActiveLearningDoc, ExplorationRun


def turns_figure(loop: ActiveLearningDoc) -> go.Figure:
    """Return the configurations saved, chosen and labelled in each turn.

    Parameters
    ----------
    loop
        The loop.
    """
    figure = new_figure("turn", "configurations")
    turns = [generation.turn for generation in loop.generations]
    bars = {
        "saved": ([g.n_candidates for g in loop.generations], GREY),
        "chosen by MaxVol": ([g.n_selected for g in loop.generations], BLUE),
        "labelled": ([g.n_labelled for g in loop.generations], GREEN),
        "quarantined": ([len(g.quarantined) for g in loop.generations], RED),
    }
    for name, (counts, colour) in bars.items():
        figure.add_bar(x=turns, y=counts, name=name, marker={"color": colour})
    figure.update_xaxes(dtick=1)
    return figure


def reach_figure(loop: ActiveLearningDoc) -> go.Figure:
    """Return the share of the wanted time that each run reached before it broke.

    Parameters
    ----------
    loop
        The loop.
    """
    figure = new_figure("turn", "time reached / time asked for")
    for name, broke, symbol, colour in (
        ("unbroken", False, "circle", GREEN),
        ("broke", True, "x", ORANGE),
    ):
        points = [(g.turn, r) for g in loop.generations for r in g.runs if r.broke is broke]
        figure.add_scatter(
            x=[turn for turn, _ in points],
            y=[run.reached_fs / run.asked_fs if run.asked_fs else 0.0 for _, run in points],
            text=[_label(run) for _, run in points],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "color": colour, "size": 10, "opacity": 0.8},
            hovertemplate="%{text}<extra></extra>",
        )
    figure.update_yaxes(range=[-0.05, 1.1])
    figure.update_xaxes(dtick=1)
    return figure


def _label(run: ExplorationRun) -> str:
    reached = f"{run.reached_fs / 1e3:g} of {run.asked_fs / 1e3:g} ps"
    return f"{escape(run.run)}<br>{reached}, largest grade {run.max_grade:.3g}"
