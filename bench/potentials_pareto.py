"""Speed against error: time of MD in LAMMPS against held-out force error, all methods on one set.

    python bench/potentials_pareto.py [FOLDER] [--frames 300] [--methods mtp-12,snap] [--page]

Frames are from MD by CHGNet of crystals and melts of V2O5 (28 atoms) and MgV2O5 (32 atoms), with
CHGNet's own labels; they and every fit are kept in FOLDER, and a run that was stopped goes on. A
method whose backend is not installed is left out, with the command that installs it. CHGNet itself
is among the methods, untrained: its errors are zero, since the labels are its own, and its time is
what a graph network costs. `--page` writes the numbers and the figure into the docs. Times are CPU
seconds of one thread: set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import re
import resource
import tempfile
from pathlib import Path

from jobflow import Flow
from matplotlib.figure import Figure

from _page import write_results
from amorph_flows.engines import AseEngine
from amorph_flows.errors import MissingDependencyError
from amorph_flows.executors import run_study
from amorph_flows.flows import ComparePotentialsMaker
from amorph_flows.flows.potential_observables import ObservableSettings
from amorph_flows.jobs.dataset import build_dataset
from amorph_flows.jobs.insertion import IonInsertionMaker
from amorph_flows.potentials import get_backend
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import (
    ACESettings,
    AENETSettings,
    FitSettings,
    GAPSettings,
    MACESettings,
    MTPSettings,
    NequIPSettings,
    PODSettings,
    PretrainedSettings,
    SevenNetSettings,
    SnapSettings,
)
from amorph_flows.schemas.potential_comparison import MeasuredFit, PotentialComparisonDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5

CHGNET = AseEngine(calculator="CHGNet")
TEMPERATURES_K = (600.0, 1200.0, 2000.0)
STRIDE = 5
AT_MOST_S = 600.0
DOCS = Path(__file__).parents[1] / "docs"
COLOURS = {"mtp": "#3a78c2", "snap": "#cf8530", "qsnap": "#b0543c", "pod": "#8a6ab0",
           "gap": "#6a9a4a", "ace": "#c0507a", "nequip": "#2f9a94", "mace": "#b8a020",
           "sevenn": "#7a8a30", "pretrained": "#808a96"}  # fmt: skip


CROWDED = {"MTP of level 12": ("center", (-2, -17)), "MTP of level 16": ("left", (2, 8)),
           "SNAP with twojmax 6": ("left", (6, 5)),
           "quadratic SNAP with twojmax 6": ("left", (6, -11)), "NequIP": ("right", (-5, 6)),
           "Allegro": ("left", (4, 7)), "MACE": ("center", (0, -15)),
           "GAP, energies": ("center", (0, 8)), "GAP, energies and forces": ("right", (-6, -11)),
           "SevenNet": ("right", (0, 9))}  # fmt: skip
"""Where names are written that would stand on each other."""


def methods() -> dict[str, FitSettings]:
    """Return the methods by short names, each held to ten minutes, the slow ones to twenty."""
    shared = {"cutoff": 5.0, "max_seconds": AT_MOST_S}
    found: dict[str, FitSettings] = {
        f"mtp-{level}": MTPSettings(level=level, max_steps=400, **shared) for level in (8, 12, 16)
    }
    slow = {**shared, "max_seconds": 2.0 * AT_MOST_S}
    found["mtp-20"] = MTPSettings(level=20, max_steps=400, **slow)
    found["snap-4"] = SnapSettings(twojmax=4, trials=1, **shared)
    found["snap-6"] = SnapSettings(twojmax=6, trials=1, **shared)
    found["qsnap-4"] = SnapSettings(backend="qsnap", twojmax=4, trials=1, **shared)
    found["qsnap-6"] = SnapSettings(backend="qsnap", twojmax=6, trials=1, **shared)
    found["pod"] = PODSettings(**shared)
    gap = {"n_max": 6, "l_max": 4, "n_sparse": 200, **shared}
    found["gap"] = GAPSettings(**gap)
    found["gap-forces"] = GAPSettings(labels="energies and forces", **gap)
    found["ace"] = ACESettings(
        functions_per_element=60, powers=(1.0, 0.5), ladder_step=0, max_steps=400, **slow
    )
    network = {"layers": 2, "features": 16, "members": 1, **shared}
    found["nequip"] = NequIPSettings(radial_width=32, max_steps=60, **network)
    found["allegro"] = NequIPSettings(network="allegro", radial_width=32, max_steps=60, **network)
    found["mace"] = MACESettings(max_l=0, max_steps=40, **network)
    found["sevenn"] = SevenNetSettings(max_steps=4, members=1, max_seconds=AT_MOST_S)
    found["aenet"] = AENETSettings(max_seconds=AT_MOST_S)
    found["chgnet"] = PretrainedSettings(calculator="CHGNet")
    return found


def labelled(folder: Path, n_frames: int) -> DatasetDoc:
    """Return a split dataset of MD of both compositions at all temperatures."""
    host = v2o5() * (1, 2, 1)
    insertion = IonInsertionMaker(engine=CHGNET).make(host, "Mg2+", 4)
    each = -(-n_frames // (2 * len(TEMPERATURES_K)))
    jobs, labels = [insertion], []
    for name, start in (("V2O5", host), ("MgV2O5", insertion.output.structure)):
        for temperature in TEMPERATURES_K:
            stage = MDStage(name="hold", start_temperature_k=temperature,
                            end_temperature_k=temperature, frame_stride=STRIDE,
                            duration_fs=2.0 * STRIDE * (each - 1))  # fmt: skip
            run = f"{name} {temperature:g} K"
            md = CHGNET.md(start, stage, run=run, seed=int(temperature))
            md.name = run
            jobs.append(md)
            labels.append(md.output)
    dataset = build_dataset(labels)
    flow = Flow([*jobs, dataset], name="frames")
    outputs = run_study(flow, open_store(folder), folder / "frames", 2, title="frames")
    found = outputs[dataset.uuid]
    assert isinstance(found, DatasetDoc)
    return found


def installed(names: list[str]) -> dict[str, FitSettings]:
    """Return the methods of some names whose backends are here."""
    found = {}
    for name, settings in methods().items():
        if names and name not in names:
            continue
        try:
            get_backend(settings.backend).check()
        except MissingDependencyError as error:
            print(f"{name} left out: {error}")
            continue
        found[name] = settings
    return found


def compared(
    folder: Path, dataset: DatasetDoc, names: list[str], seed: int
) -> PotentialComparisonDoc:
    """Return the comparison; one method after the other, so that times are not disturbed."""
    maker = ComparePotentialsMaker(
        methods=tuple(installed(names).values()),
        observables=ObservableSettings(names=()),
        seed=seed,
    )
    flow = maker.make(dataset, v2o5() * (1, 2, 2))
    before = cpu_seconds()
    outputs = run_study(flow, open_store(folder), folder / "fits", 1, title="potentials")
    found = outputs[flow.output.uuid]
    assert isinstance(found, PotentialComparisonDoc)
    spent = cpu_seconds() - before
    work = sum((fit.fit_cpu_seconds or 0.0) + (fit.cpu_seconds or 0.0) for fit in found.fits)
    if spent > work:  # not where some of it was there
        print(f"{spent:.0f} CPU s, of which fits and what was measured of them {work:.0f} s")
    return found


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended, s."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def tested(doc: PotentialComparisonDoc) -> list[MeasuredFit]:
    """Return the fits that have an error and a time, the fastest first."""
    fits = [f for f in doc.fits if f.force_error_ev_a is not None and f.md_us_atom_step]
    return sorted(fits, key=lambda fit: fit.md_us_atom_step or 0.0)


def front(fits: list[MeasuredFit]) -> list[MeasuredFit]:
    """Return the trained fits that no faster trained one is as good as."""
    found: list[MeasuredFit] = []
    for fit in fits:
        error = fit.force_error_ev_a or 0.0
        if is_trained(fit) and all(error < (f.force_error_ev_a or 0.0) for f in found):
            found.append(fit)
    return found


def is_trained(fit: MeasuredFit) -> bool:
    """Return whether a fit is one of the labels, and not their own source."""
    return fit.settings.backend != "pretrained"


def table(doc: PotentialComparisonDoc, dataset: DatasetDoc) -> str:
    """Return the numbers as Markdown."""
    composition = ", ".join(f"{sum(n.values())} of {f}" for f, n in dataset.composition.items())
    best = front(tested(doc))
    parts = {
        "training": "training",
        "validation": "validation",
        "test_random": "random for the test",
        "test_blocks": "in blocks for the test",
    }
    split = ", ".join(f"{len(getattr(dataset, part))} {what}" for part, what in parts.items())
    lines = [
        f"{len(dataset.frames)} frames ({composition}) with labels of {doc.engine.name} "
        f"{doc.engine.version}: {split}. Times are CPU time of one thread, those of MD for an atom "
        "and step of 56 atoms of V2O5.",
        "",
        "| method | force, training / eV/Å | force, blocks / eV/Å | energy, blocks / meV/atom "
        "| fit / s | memory / MB | MD / µs |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for fit in tested(doc):
        blocks = fit.errors["test_blocks"]
        name = f"**{fit.method}**" if fit in best else fit.method
        name += {"gap": f", {getattr(fit.settings, 'labels', '')}"}.get(fit.settings.backend, "")
        lines.append(
            f"| {name} | {fit.errors['training'].force_rmse_ev_a:.3f} | "
            f"{blocks.force_rmse_ev_a:.3f} | {blocks.energy_rmse_mev_atom:.1f} | "
            f"{fit.fit_cpu_seconds or 0:.0f} | {fit.peak_memory_mb or 0:.0f} | "
            f"{fit.md_us_atom_step:.3g} |"
        )
    lines += ["", "In bold: trained methods that no faster one is as accurate as."]
    for fit in doc.fits:
        if fit.failure:
            reason = re.sub(r" \(\S+lmp\)", "", fit.failure.splitlines()[0])
            lines += ["", f"{fit.method} has no time of MD: {reason.partition('; its last')[0]}"]
    return "\n".join(lines) + "\n"


def draw(doc: PotentialComparisonDoc, path: Path) -> None:
    """Draw time against error; an untrained model without an error is at the lower edge."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes, fits = figure.subplots(), tested(doc)
    trained = [fit for fit in fits if is_trained(fit)]
    best = front(fits)
    axes.plot([f.md_us_atom_step for f in best], [f.force_error_ev_a for f in best], ":",
              color="#808a96", zorder=1)  # fmt: skip
    least = min(fit.force_error_ev_a or 1.0 for fit in trained)
    for number, fit in enumerate(fits):
        exact = (fit.force_error_ev_a or 0.0) < 1e-4
        y = 0.6 * least if exact else fit.force_error_ev_a
        colour = COLOURS.get(fit.settings.backend, "#7a5aa0")
        axes.plot(fit.md_us_atom_step, y, "v" if exact else "o", color=colour, ms=6)
        label = fit.method.partition(",")[0].replace(" sparse points per element", "")
        if fit.settings.backend in ("ace", "nequip", "mace", "pod", "sevenn"):
            label = label.partition(" ")[0]
        if fit.settings.backend == "gap":
            label = f"GAP, {getattr(fit.settings, 'labels', '')}"
        place = (-4 if exact else 6, -12 if number % 2 else 5)
        side, place = CROWDED.get(label, ("right" if exact else "left", place))
        axes.annotate(f"{label}{' (no error: its own labels)' if exact else ''}",
                      (fit.md_us_atom_step, y), xytext=place,
                      textcoords="offset points", fontsize=8,
                      ha=side)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="CPU time of MD, atom and step, µs",
             ylabel="force RMSE of held-out blocks, eV/Å")  # fmt: skip
    axes.margins(0.12)
    axes.grid(alpha=0.25, which="both")
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(tempfile.gettempdir()) / "amorph-bench-pareto"
    parser.add_argument("folder", type=Path, nargs="?", default=default)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--methods", default="", help="short names with commas; default: all")
    parser.add_argument("--seed", type=int, default=0, help="of the order of training frames")
    parser.add_argument("--page", action="store_true", help="write the results into the docs")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    dataset = labelled(options.folder, options.frames)
    names = [name for name in options.methods.split(",") if name]
    doc = compared(options.folder, dataset, names, options.seed)
    text = table(doc, dataset)
    print(text)
    if options.page:
        write_results(DOCS / "comparing_potentials.md", text)
        draw(doc, DOCS / "images" / "potentials_pareto.png")
    else:
        draw(doc, options.folder / "potentials_pareto.png")


if __name__ == "__main__":
    main()
