"""Atoms and spheres on paper, seen from one side."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from amorph_flows.arrays import FloatArray
from amorph_flows.report.figures._theme import PAPER_COLOURS
from amorph_flows.schemas.figure import AtomsDoc, SphereDoc

_EYE = np.array([1.5, 1.05, 0.65])
"""Where atoms are seen from, as on the page."""
_TURNED = np.radians([35.0, 25.0])
"""Longitude and latitude in the middle of a sphere, as on the page."""


def draw_atoms(page: Figure, figure: AtomsDoc) -> None:
    """Draw atoms, bonds and cell, the nearest last.

    Parameters
    ----------
    page
        What is drawn on.
    figure
        The atoms.
    """
    axes = page.add_subplot()
    axes.set_aspect("equal")
    axes.set_axis_off()
    _draw_lines(page, figure.edges_a, "0.4", 0.6)
    _draw_lines(page, np.reshape(figure.bonds_a, (-1, 2, 3)), "0.75", 0.5)
    places = np.concatenate([element.positions_a for element in figure.elements])
    colours = np.repeat(
        [PAPER_COLOURS.get(e.colour, e.colour) for e in figure.elements],
        [len(e.positions_a) for e in figure.elements],
    )
    sizes = np.repeat(
        [e.size**2 * 0.35 for e in figure.elements], [len(e.positions_a) for e in figure.elements]
    )
    seen = _seen(places)
    order = np.argsort(seen[:, 2])
    axes.scatter(
        seen[order, 0],
        seen[order, 1],
        s=sizes[order],
        c=colours[order],
        edgecolors="0.25",
        linewidths=0.2,
        zorder=3,
    )
    handles = [
        Line2D(
            *([], []),
            linestyle="",
            marker="o",
            markersize=4.5,
            markerfacecolor=PAPER_COLOURS.get(element.colour, element.colour),
            markeredgecolor="0.25",
            markeredgewidth=0.2,
            label=element.symbol,
        )
        for element in figure.elements
    ]
    page.legend(handles=handles, loc="outside upper center", ncols=min(4, len(handles)))


def draw_sphere(page: Figure, figure: SphereDoc) -> None:
    """Draw the half of a sphere that is seen, values as colours.

    Parameters
    ----------
    page
        What is drawn on.
    figure
        The sphere.
    """
    axes = page.add_subplot()
    axes.set_aspect("equal")
    axes.set_axis_off()
    longitude, latitude = _TURNED
    towards = np.array(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )
    seen = _seen(np.asarray(figure.directions, dtype=float), towards)
    front = seen[:, 2] > 0
    size = 190.0 / np.sqrt(max(1, len(seen)) / 300.0)
    drawn = axes.scatter(
        *(seen[front, 0], seen[front, 1]),
        c=np.asarray(figure.values, float)[front],
        s=size,
        cmap="viridis",
        vmin=0.0,
        vmax=figure.largest,
        linewidths=0,
        rasterized=True,
    )
    for name, axis in zip("abc", np.eye(3), strict=True):
        for sign, direction in (("", axis), ("−", -axis)):
            x, y, depth = _seen(direction[None], towards)[0]
            if depth > 0:
                box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "none"}
                axes.text(x, y, sign + name, ha="center", va="center", fontsize=7, bbox=box)
    label = f"{figure.title} / {figure.unit}" if figure.unit else figure.title
    page.colorbar(drawn, ax=axes, label=label, shrink=0.8)


def _seen(places: FloatArray, towards: FloatArray = _EYE) -> FloatArray:
    """Return places to the right, up and towards the eye, z pointing up."""
    depth = towards / np.linalg.norm(towards)
    right = np.cross([0.0, 0.0, 1.0], depth)
    right /= np.linalg.norm(right)
    seen: FloatArray = places @ np.stack([right, np.cross(depth, right), depth], axis=1)
    return seen


def _draw_lines(page: Figure, segments: FloatArray, colour: str, width: float) -> None:
    seen = _seen(segments.reshape(-1, 3))[:, :2].reshape(-1, 2, 2)
    page.axes[0].add_collection(LineCollection(list(seen), colors=colour, linewidths=width))
