"""Tables and figures of estimated diffusivities beside the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from amorph_flows.testing.walks import CLASSES, DIFFUSING

BLUE, ORANGE, GREY = "#3a78c2", "#cf8530", "#808a96"
CASE = ["name", "ions", "length"]
MOST_SHOWN = 100
TRACER = "quantity == 'tracer'"
GRIDS = (
    ("tracer", "cover", "95 % intervals of D* that cover the truth, %"),
    ("tracer", "mean", "mean of D*/truth ± its standard error"),
    ("tracer", "believed", "believed, %"),
    ("tracer", "wrong", "believed and wrong, %"),
    ("jump", "cover", "95 % intervals of the jump diffusivity that cover the truth, %"),
)
"""What the tables over numbers of ions and lengths show."""


def tables(frame: pd.DataFrame, methods: Sequence[str], ours: str) -> str:
    """Return all tables as Markdown."""
    frame = frame.assign(
        covers=(frame.low <= frame.truth) & (frame.truth <= frame.high),
        ratio=frame.value / frame.truth,
        width=(frame.high - frame.low) / frame.truth,
        name=pd.Categorical(frame["name"], list(CLASSES), ordered=True),
    )
    compared = frame.groupby(CASE, observed=True).method.transform("nunique") > 1
    peers = frame[compared]
    true = peers[(peers.quantity == "tracer") & peers["name"].isin(DIFFUSING)]
    jump = peers[(peers.quantity == "jump") & peers["name"].isin(DIFFUSING)]
    mine = frame[frame.method == ours]
    grids = [
        (f"{ours}: {title}", _grid(mine[mine.quantity == quantity], what))
        for quantity, what, title in GRIDS
        if len(frame.groupby(["ions", "length"])) > 1
    ]
    parts = [
        (
            "Tracer diffusivity: 95 % intervals that cover the truth, %",
            _each(true, methods, "cover"),
        ),
        ("Tracer diffusivity: mean of D/truth ± its standard error", _each(true, methods, "mean")),
        (
            "Tracer diffusivity: median width of the interval over the truth",
            _each(true, methods, "width"),
        ),
        ("Jump diffusivity: 95 % intervals that cover the truth, %", _each(jump, methods, "cover")),
        ("Jump diffusivity: mean of D/truth ± its standard error", _each(jump, methods, "mean")),
        ("Verdicts of this package", _verdicts(peers[peers.method == ours].query(TRACER))),
        ("CPU time of a trajectory, median, s", _each(peers.query(TRACER), methods, "time")),
        ("Where a peer is ahead", _ahead(true, methods, ours)),
        *grids,
    ]
    others = frame[~frame.quantity.isin(["tracer", "jump"]) & frame.truth.notna() & compared]
    if len(others):
        parts.insert(8, ("Memory, residence and correlation", _others(others)))
    return "\n".join(f"### {title}\n\n{table}\n" for title, table in parts)


def _grid(frame: pd.DataFrame, what: str) -> str:
    """Return a table with a row for each class and a column for each number of ions and length."""
    columns = sorted(frame.groupby(["ions", "length"]).groups)
    heads = [f"{ions} ions, {length:g}" for ions, length in columns]
    lines = [_row("class", *heads), _row(*["---"] * (1 + len(heads)))]
    for name, rows in frame.groupby("name", observed=True):
        if what in ("cover", "mean") and name not in DIFFUSING:
            continue
        chosen = [rows[(rows.ions == ions) & (rows.length == length)] for ions, length in columns]
        lines.append(_row(name, *(_cell(found, what) for found in chosen)))
    sizes = [frame[(frame.ions == i) & (frame.length == n)] for i, n in columns]
    counts = [str(found.groupby("name", observed=True).size().min()) for found in sizes]
    return "\n".join([*lines, _row("*trajectories of each*", *counts)])


def _cell(rows: pd.DataFrame, what: str) -> str:
    """Return what a table says about some estimates of one method."""
    if not len(rows):
        return "–"
    if what == "cover":
        return f"{rows.covers.mean():.0%}".rstrip("%")
    if what == "mean":
        return f"{rows.ratio.mean():.2f} ± {rows.ratio.sem():.2f}"
    if what == "believed":
        return f"{rows.believed.mean():.0%}".rstrip("%")
    if what == "wrong":
        return f"{(rows.believed & ~rows.covers).mean():.0%}".rstrip("%")
    if what == "width":
        return f"{rows.width.median():.2g}"
    return f"{rows.cpu_s.median():.2f}"


def _each(frame: pd.DataFrame, methods: Sequence[str], what: str) -> str:
    """Return a table with a row for each class and a column for each method."""
    methods = [m for m in methods if (frame.method == m).any()]
    lines = [_row("class", "ions", "length", *methods), _row(*["---"] * (3 + len(methods)))]
    for case, rows in _cases(frame):
        cells = [_cell(rows[rows.method == method], what) for method in methods]
        lines.append(_row(*case, *cells))
    return "\n".join(lines)


def _verdicts(frame: pd.DataFrame) -> str:
    """Return a table of what is believed, and what of it is wrong."""
    head = "class", "ions", "length", "trajectories", "believed, %", "believed and wrong, %"
    head = *head, "covers where believed, %", "width/3.92 σ"
    lines = [_row(*head), _row(*["---"] * len(head))]
    for case, rows in _cases(frame):
        believed = rows[rows.believed]
        wrong = believed[~believed.covers]
        covered = f"{100 * believed.covers.mean():.0f}" if len(believed) else "–"
        honest = (rows.high - rows.low).median() / (3.92 * rows.value.std())
        width = f"{honest:.2f}" if case[0] in DIFFUSING else "–"
        lines.append(
            _row(
                *case,
                len(rows),
                f"{100 * len(believed) / len(rows):.0f}",
                f"{100 * len(wrong) / len(rows):.0f}",
                covered if case[0] in DIFFUSING else "–",
                width,
            )
        )
    return "\n".join(lines)


def _others(frame: pd.DataFrame) -> str:
    """Return a table of what else describes a walk."""
    head = (
        "class",
        "ions",
        "length",
        "quantity",
        "told, of all",
        "median of found/truth",
        "covers, %",
    )
    lines = [_row(*head), _row(*["---"] * len(head))]
    for case, several in _cases(frame):
        for quantity, rows in several.groupby("quantity"):
            covers = f"{100 * rows.covers.mean():.0f}" if rows.low.notna().any() else "–"
            lines.append(_row(*case, quantity, len(rows), f"{rows.ratio.median():.2f}", covers))
    return "\n".join(lines)


def _ahead(frame: pd.DataFrame, methods: Sequence[str], ours: str) -> str:
    """List where coverage or mean of a peer is nearer, by more than two standard errors."""
    lines = []
    for (name, ions, length), rows in _cases(frame):
        mine = rows[rows.method == ours]
        for method in methods:
            theirs = rows[rows.method == method]
            if method == ours or not len(theirs):
                continue
            where = f"- {name}, {ions} ions, {length} relaxation times: {method}"
            for what, of, target in (("coverage", "covers", 0.95), ("mean", "ratio", 1.0)):
                far, near = (float(abs(x[of].mean() - target)) for x in (mine, theirs))
                error = float(
                    np.hypot(mine[of].astype(float).sem(), theirs[of].astype(float).sem())
                )
                if far - near > 2 * error:
                    lines.append(f"{where} in {what}, {near:.2f} from {target:g} against {far:.2f}")
    return "\n".join(lines) or "Nowhere."


def _cases(frame: pd.DataFrame) -> Iterator[tuple[tuple[str, int, str], pd.DataFrame]]:
    """Yield class, ions and length with their rows."""
    for (name, ions, length), rows in frame.groupby(CASE, observed=True):
        yield (name, ions, f"{length:g}"), rows


def _row(*cells: object) -> str:
    """Return a row of a Markdown table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def draw(frame: pd.DataFrame, methods: Sequence[str], folder: Path) -> None:
    """Draw a figure for each class, where most methods were tried: intervals in order of D."""
    folder.mkdir(parents=True, exist_ok=True)
    tracer = frame[frame.quantity == "tracer"]
    for name, all_rows in tracer.groupby("name"):
        ions, length = all_rows.groupby(["ions", "length"]).method.nunique().idxmax()
        rows = all_rows[(all_rows.ions == ions) & (all_rows.length == length)]
        figure = Figure(figsize=(9.0, 2.6), layout="constrained")
        axes = figure.subplots(1, len(methods), sharey=True)
        for axis, method in zip(axes, methods, strict=True):
            _draw_method(axis, rows[rows.method == method], str(name) in DIFFUSING, method)
        axes[0].set_ylabel("D/truth" if name in DIFFUSING else "D, cm²/s")
        figure.suptitle(f"{name}: {ions} ions, {length:g} relaxation times", fontsize=9)
        figure.savefig(folder / f"{name}.png", dpi=110)


def _draw_method(axis: object, rows: pd.DataFrame, has_truth: bool, method: str) -> None:
    """Draw the intervals of one method; what is not believed is grey."""
    rows = rows[rows.seed < MOST_SHOWN].sort_values("value")
    scale = rows.truth if has_truth else 1.0
    value, low, high = rows.value / scale, rows.low / scale, rows.high / scale
    covers = (low <= 1) & (high >= 1)
    x = np.arange(len(rows))
    colours = np.where(~rows.believed, GREY, np.where(covers & has_truth, BLUE, ORANGE))
    axis.vlines(x, low, high, colors=colours, linewidth=0.9)
    axis.scatter(x, value, c=colours, s=3)
    if has_truth:
        axis.axhline(1.0, color="black", linewidth=0.7)
        axis.set_ylim(0, 2.5)
        said = f"{covers.mean():.0%} cover"
    else:
        said = f"{rows.believed.mean():.0%} believed"
    axis.set_title(f"{method}\n{said}", fontsize=8)
    axis.set_xticks([])
    axis.tick_params(labelsize=7)
