"""CHGNet against GPAW on frames of a melt-quench of V2O5: ``chgnet_gpaw.py [FOLDER]``.

A cell of 14 atoms is molten and quenched by CHGNet, ten frames over the whole schedule get labels
of GPAW, and the differences, a parity figure and the frames are written into the folder. The
page docs/validation/chgnet_gpaw.md shows them. A run that was stopped goes on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jobflow import Flow

from amorph_flows.datasets.io import write_extxyz
from amorph_flows.engines import AseEngine
from amorph_flows.errors import MissingDependencyError
from amorph_flows.executors import run_study
from amorph_flows.flows import MeltQuenchMaker, RelabelMaker, SamplingMaker
from amorph_flows.jobs.dataset import build_dataset
from amorph_flows.schemas.relabel import EstimateField, RelabelDoc
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5

CHGNET, GPAW = AseEngine(calculator="CHGNet"), AseEngine(calculator="GPAW")
BLUE, ORANGE, GREY = "#3a78c2", "#cf8530", "#808a96"


def main(folder: Path = Path("chgnet-gpaw")) -> None:
    """Run what is not finished yet, print the comparison and draw it."""
    try:
        GPAW.check()
    except MissingDependencyError as error:
        print(f"skipped: {error}")
        return
    melt_quench = MeltQuenchMaker(
        engine=CHGNET,
        melt_temperature_k=3000.0,
        melt_duration_fs=400.0,
        hold_temperatures_k=(),
        quench_duration_fs=600.0,
        branch_temperatures_k=(),
        branch=SamplingMaker(engine=CHGNET, duration_fs=100.0, frame_stride=25),
        frame_stride=25,
        seed=1,
    ).make(v2o5())
    branches = [label for _, label in melt_quench.output["branches"]]
    dataset = build_dataset([*melt_quench.output["cooling"], *branches])
    relabel = RelabelMaker(engine=GPAW, max_frames=10).make(dataset.output)
    outputs = run_study(
        Flow([melt_quench, dataset, relabel]), open_store(folder), folder, 1, title="CHGNet, GPAW"
    )
    print(outputs[melt_quench.output["quench"].uuid].melted.reason)
    comparison: RelabelDoc = outputs[relabel.output["comparison"].uuid]
    frames = outputs[relabel.output["dataset"].uuid].frames
    write_extxyz(folder / "gpaw.extxyz", frames)
    (folder / "comparison.md").write_text(table(comparison), encoding="utf-8")
    print(table(comparison))
    draw(comparison, folder / "chgnet_gpaw.png")


def table(comparison: RelabelDoc) -> str:
    """Return the differences as Markdown tables."""
    head = (
        f"{comparison.n_frames} frames; {comparison.n_quarantined} failed labels; "
        f"{comparison.former_engine.name} {comparison.former_engine.version}, "
        f"{comparison.engine.name} {comparison.engine.version}."
    )
    rows = [head, "", "| | components | MAE, eV/Å | RMSE, eV/Å | correlation | GPAW rms, eV/Å |"]
    rows += ["| --- | --- | --- | --- | --- | --- |"]
    for name, force in {"all": comparison.forces, **comparison.forces_by_element}.items():
        mae, rmse, correlation = (number(e, 3) for e in (force.mae, force.rmse, force.correlation))
        rows.append(
            f"| {name} | {force.n_components} | {mae} | {rmse} | {correlation} | "
            f"{force.reference_rms:.2f} |"
        )
    energies = comparison.energies
    rows += ["", "| formula | frames | offset, eV/atom | MAE, meV/atom | RMSE | GPAW std |"]
    rows += ["| --- | --- | --- | --- | --- | --- |"]
    for formula, offset in energies.offsets_ev_atom.items():
        rows.append(
            f"| {formula} | {energies.n_frames} | {number(offset, 3)} | "
            f"{number(energies.mae, 1)} | {number(energies.rmse, 1)} | "
            f"{energies.reference_std or 0:.1f} |"
        )
    rows += ["", "| run | T, K | force MAE, eV/Å | energy, meV/atom |", "| --- | --- | --- | --- |"]
    for frame in comparison.per_frame:
        rows.append(
            f"| {frame.run} | {frame.temperature_k or 0:.0f} | {frame.force_mae_ev_a:.3f} | "
            f"{frame.energy_residual_mev_atom or 0:+.1f} |"
        )
    return "\n".join(rows) + "\n"


def number(estimate: EstimateField | None, digits: int) -> str:
    """Return a value with its standard error."""
    if estimate is None:
        return "–"
    error = "" if estimate.error is None else f" ± {estimate.error:.{digits}f}"
    return f"{estimate.value:.{digits}f}{error}"


def draw(comparison: RelabelDoc, path: Path) -> None:
    """Draw CHGNet's labels against GPAW's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, 4.2), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2)
    forces, numbers = comparison.curves["force_ev_a"], comparison.curves["force_numbers"]
    for number_, symbol, colour in ((8, "O", BLUE), (23, "V", ORANGE)):
        pairs = forces[numbers == number_]
        left.plot(pairs[:, 1], pairs[:, 0], ".", color=colour, ms=4, alpha=0.6, label=symbol)
    energies = comparison.curves["energy_ev_atom"]
    right.plot(energies[:, 1], energies[:, 0], "o", color=BLUE, ms=5)
    for axes, values, what in (
        (left, forces, "force / eV/Å"),
        (right, energies, "energy without offset / eV/atom"),
    ):
        ends = [values.min(), values.max()]
        axes.plot(ends, ends, ":", color=GREY, lw=1)
        axes.set(xlabel=f"GPAW {what}", ylabel=f"CHGNet {what}", aspect="equal")
    left.legend(frameon=False)
    figure.savefig(path)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
