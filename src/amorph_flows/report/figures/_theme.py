"""One look for all figures: colours that read on white and on black, and those of print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BLUE, RED, GREEN, PURPLE, ORANGE, GREY = (
    "#3a78c2",
    "#cf5145",
    "#3f9457",
    "#8d63b8",
    "#cf8530",
    "#808a96",
)
SOURCE_COLOURS = {
    "crystal": GREY,
    "crystal by MTP": "#b08d5c",
    "crystal relaxed by MTP": "#8d63b8",
    "engine MD": BLUE,
    "MTP MD": ORANGE,
}
SOURCE_DASHES = {"MTP MD": "solid", "engine MD": "dash", "crystal": "dot"}
CYCLE = (BLUE, RED, GREEN, PURPLE, ORANGE, GREY, "#2f9aa0", "#b35b8d", "#8f8a2c", "#5c6bc0")
PAPER_COLOURS = dict(
    zip(
        CYCLE,
        (
            *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"),
            *("#666666", "#56B4E9", "#882255", "#B8A800", "#332288"),
        ),
        strict=True,
    )
)
"""Colours of print for those of the screen: Okabe and Ito's, which the colour-blind tell apart."""
_COLD_TO_HOT = ((58, 120, 194), (122, 108, 178), (190, 90, 120), (207, 81, 69), (222, 140, 45))


def temperature_colours(temperatures_k: Sequence[float]) -> dict[float, str]:
    """Return a colour for each temperature, cold blue to hot orange.

    Parameters
    ----------
    temperatures_k
        Temperatures, K, in any order.
    """
    ordered = sorted(set(temperatures_k))
    steps = max(1, len(ordered) - 1)
    return {t: _mixed(i / steps) for i, t in enumerate(ordered)}


def theme(dark: bool) -> dict[str, Any]:
    """Return the plotly template of the light or the dark page.

    Parameters
    ----------
    dark
        Which of them.
    """
    ink, grid, line = (
        ("#d5dae1", "#30363f", "#59626e") if dark else ("#2a3038", "#e6e8eb", "#9aa3ad")
    )
    axis = {
        "gridcolor": grid,
        "linecolor": line,
        "zerolinecolor": grid,
        "ticks": "outside",
        "tickcolor": line,
        "showline": True,
        "title": {"standoff": 8},
    }
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {
            "family": "system-ui, -apple-system, 'Segoe UI', sans-serif",
            "size": 13,
            "color": ink,
        },
        "colorway": list(CYCLE),
        "xaxis": axis,
        "yaxis": axis,
        "legend": {"bgcolor": "rgba(0,0,0,0)"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": line, "activecolor": ink},
        "geo": {"bgcolor": "rgba(0,0,0,0)", "framecolor": line},
    }
    return {"layout": layout}


def _mixed(share: float) -> str:
    position = share * (len(_COLD_TO_HOT) - 1)
    left = min(int(position), len(_COLD_TO_HOT) - 2)
    weight = position - left
    mixed = (
        round(a + (b - a) * weight)
        for a, b in zip(_COLD_TO_HOT[left], _COLD_TO_HOT[left + 1], strict=True)
    )
    return "#{:02x}{:02x}{:02x}".format(*mixed)
