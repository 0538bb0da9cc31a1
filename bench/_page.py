"""Results and figures of a benchmark on a page of the docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ase import Atoms
from matplotlib.figure import Figure
from pymatgen.core import Structure

from amorph_flows.analysis import Trajectory, radial_distribution

_COLOURS = ("#3a78c2", "#cf8530", "#4a9a57")


def write_results(page: Path, text: str, name: str = "results") -> None:
    """Replace what stands between the two marks of a name on a page."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    head, _, rest = page.read_text(encoding="utf-8").partition(begin)
    tail = rest.partition(end)[2]
    page.write_text(f"{head}{begin}{text}{end}{tail}", encoding="utf-8")


def draw_rdfs(
    sources: Sequence[tuple[str, Trajectory | Atoms | Structure]],
    pairs: Sequence[tuple[str, str]],
    path: Path,
) -> None:
    """Draw partial radial distribution functions side by side, a line for each source."""
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    for axis, pair in zip(figure.subplots(1, len(pairs)), pairs, strict=True):
        for colour, (label, source) in zip(_COLOURS, sources, strict=False):
            found = radial_distribution(source, 8.0, 200)
            axis.plot(found.distances_a, found.pair(*pair), color=colour, label=label, lw=1.0)
        axis.set_title("-".join(pair), fontsize=9)
        axis.set_xlabel("r, Å", fontsize=8)
        axis.tick_params(labelsize=7)
    figure.axes[0].set_ylabel("g(r)", fontsize=8)
    figure.axes[0].legend(fontsize=7)
    figure.savefig(path, dpi=110)
