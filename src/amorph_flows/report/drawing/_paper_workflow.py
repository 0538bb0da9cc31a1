"""The workflow on paper: boxes in rows with arrows between them."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from amorph_flows.report.drawing._boxes import box_lines
from amorph_flows.schemas.figure import WorkflowDoc

_ROW_IN, _GAP_IN = 0.5, 0.16


def draw_workflow(figure: WorkflowDoc, width_in: float) -> Figure:
    """Return boxes with what ran, each row below those that it needs.

    Parameters
    ----------
    figure
        The stages.
    width_in
        Width of the drawing, inch.
    """
    n_rows = len(figure.rows)
    height = n_rows * _ROW_IN + (n_rows - 1) * _GAP_IN + 0.04
    page = Figure(figsize=(width_in, height))
    axes = page.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width_in), ylim=(0, height))
    axes.set_axis_off()
    for place, row in enumerate(figure.rows):
        bottom = height - 0.02 - (place + 1) * _ROW_IN - place * _GAP_IN
        width = (width_in - 0.04 - 0.08 * (len(row) - 1)) / len(row)
        for i, box in enumerate(row):
            left = 0.02 + i * (width + 0.08)
            edge = "#D55E00" if box.n_failed else "0.35"
            axes.add_patch(
                FancyBboxPatch(
                    *((left, bottom), width, _ROW_IN),
                    boxstyle="round,pad=0,rounding_size=0.05",
                    facecolor="0.96",
                    edgecolor=edge,
                    linewidth=0.7,
                )
            )
            middle = left + width / 2
            axes.text(
                *(middle, bottom + 0.35, box.name),
                ha="center",
                va="center",
                fontsize=7.5,
                weight="bold",
            )
            lines = box_lines(box, narrow=len(row) > 1)
            if len(row) > 1:
                lines = lines.replace("; ", "\n")
            axes.text(
                *(middle, bottom + 0.15, lines), ha="center", va="center", fontsize=7, color="0.2"
            )
        if place + 1 < n_rows:
            axes.annotate(
                "",
                (width_in / 2, bottom - _GAP_IN),
                (width_in / 2, bottom),
                arrowprops={"arrowstyle": "->", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
            )
    return page
