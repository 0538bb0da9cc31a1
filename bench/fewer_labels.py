"""How many labels does each way to choose them need for the same error?

    python bench/fewer_labels.py run FOLDER [--system NaFePO4] [--seeds 5]
    python bench/fewer_labels.py analyse FOLDER --page docs/validation/fewer_labels.md

For two compositions, CHGNet makes two melt-quenches of random packings, and so does another
pretrained model, the r2SCAN weights of CHGNet, whose configurations CHGNet then labels. Labels are
taken from the first melt-quench (or from that of the pretrained model) in five ways. MTPs are
fitted to 10, 20, 40, 80 and 160 of them, and each is tested on the second melt-quench of CHGNet
and by how long MD with it lasts. FOLDER keeps all; a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.io import read, write
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import t as student_t

from _page import write_results
from amorph_flows.arrays import FloatArray
from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.files import replace_file
from amorph_flows.potentials import get_learned_backend
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures import random_packing
from amorph_flows.testing.alloy import document

SYSTEMS = {"MgV2O5": 32, "NaFePO4": 28}
"""Atoms of each composition."""
SIZES = (10, 20, 40, 80, 160)
HOT_K, COLD_K, HOT_STEPS, STEPS, STEP_FS, STRIDE = 3000.0, 300.0, 500, 2000, 2.0, 5
TEST_EVERY = 4
"""Of the frames of the second melt-quench that are tested on."""
GRADE_SELECT = 2.0
LEVELS = (2.0, 1.5, 1.2)
"""Of the least mean error, errors at which labels are counted."""
LIFE_K, LIFE_STEPS = 2000.0, 2500
FURTHEST_FORCE_EV_A = 200.0
SETTINGS = MTPSettings(level=10, cutoff=5.0, max_steps=150, max_seconds=3600.0)
PRETRAINED = "r2scan"

WAYS = {
    "random": "at random",
    "every-nth": "every n-th frame",
    "grade": "the first whose grade is above 2",
    "batch": "batch D-optimality",
    "batch-pretrained": "batch D-optimality, configurations of a pretrained model",
}
COLOURS = {"random": "#808a96", "every-nth": "#6a9a4a", "grade": "#cf8530",
           "batch": "#3a78c2", "batch-pretrained": "#8a6ab0"}  # fmt: skip


def melt_quench(path: Path, start: Atoms, calculator: Calculator, seed: int) -> FrameSet:
    """Return the frames of a melt-quench, of which the file holds those that are done."""
    done = read(path, ":") if path.exists() else []
    atoms = done[-1].copy() if done else start.copy()
    atoms.calc = calculator
    rng = np.random.default_rng([seed, len(done)])
    if not done:
        MaxwellBoltzmannDistribution(atoms, temperature_K=HOT_K, rng=rng)
    md = Langevin(atoms, STEP_FS * units.fs, temperature_K=HOT_K, friction=0.02 / units.fs, rng=rng)
    for step in range(len(done) * STRIDE, STEPS, STRIDE):
        cooled = max(0, step - HOT_STEPS) / (STEPS - HOT_STEPS)
        md.set_temperature(temperature_K=HOT_K + cooled * (COLD_K - HOT_K))
        md.run(STRIDE)
        write(path, atoms, append=True)
    return FrameSet(Frame.from_atoms(atoms) for atoms in read(path, ":"))


def sets_of(folder: Path, system: str) -> dict[str, FrameSet]:
    """Return the frames that labels are chosen from, and those that are tested on."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = get_calculator("CHGNet", {})
    found = {}
    for number, name in enumerate(("pool", "test", "pretrained")):
        packed = random_packing(system, SYSTEMS[system], seed=number).to_ase_atoms(msonable=False)
        calculator = engine
        if name == "pretrained":
            calculator = get_calculator("CHGNet", {"model": PRETRAINED})
        found[name] = melt_quench(folder / f"{name}.extxyz", packed, calculator, number)
    path = folder / "pretrained_labels.extxyz"
    if not path.exists():
        replaced = path.with_suffix(".new.extxyz")
        write(replaced, found["pretrained"].labelled_by(engine).to_atoms())
        replaced.replace(path)
    found["pretrained"] = FrameSet(Frame.from_atoms(atoms) for atoms in read(path, ":"))
    found["test"] = found["test"].take(range(0, len(found["test"]), TEST_EVERY))
    return found


def fitted(frames: FrameSet, seed: int) -> PotentialDoc:
    """Return a potential of some frames."""
    settings = SETTINGS.model_copy(update={"seed": seed})
    backend = get_learned_backend(settings.backend)
    return document(backend, backend.fit(frames, FrameSet(), settings), frames, settings)


def more(
    way: str, doc: PotentialDoc, pool: FrameSet, chosen: list[int], n: int, seed: int
) -> list[int]:
    """Return the frames of the pool that are labelled beside those that were."""
    left = sorted(set(range(len(pool))) - set(chosen))
    backend = get_learned_backend(doc.backend)
    if way == "random":
        return list(np.random.default_rng([seed, n]).permutation(left)[:n])
    if way == "grade":
        above = backend.grades(doc, pool.take(left)) > GRADE_SELECT
        return list(np.array(left)[above][:n])
    picked = backend.select(doc, pool.take(chosen), pool.take(left), n)
    return [left[i] for i in picked]


def first(n_pool: int, seed: int) -> list[int]:
    """Return the first frames that are labelled, at random."""
    chosen = np.random.default_rng(seed).permutation(n_pool)[: SIZES[0]]
    return sorted(int(i) for i in chosen)


def evenly(n_pool: int, n: int, rng: np.random.Generator) -> list[int]:
    """Return frames at equal distances, the first of them anywhere in the first part."""
    begin = rng.uniform(0.0, n_pool / n)
    return sorted({int(i) for i in begin + n_pool / n * np.arange(n)})


def life_ps(doc: PotentialDoc, start: Atoms, seed: int) -> float:
    """Return how long MD with a potential lasts at most 5 ps, until a force is unphysical."""
    atoms = start.copy()
    atoms.calc = get_learned_backend(doc.backend).calculator(doc)
    rng = np.random.default_rng(seed)
    MaxwellBoltzmannDistribution(atoms, temperature_K=LIFE_K, rng=rng)
    friction = 0.02 / units.fs
    md = Langevin(atoms, STEP_FS * units.fs, temperature_K=LIFE_K, friction=friction, rng=rng)
    for step in range(0, LIFE_STEPS, STRIDE):
        md.run(STRIDE)
        forces = atoms.get_forces()
        if not np.isfinite(forces).all() or np.abs(forces).max() > FURTHEST_FORCE_EV_A:
            return (step + STRIDE) * STEP_FS / 1e3
    return LIFE_STEPS * STEP_FS / 1e3


def learn(path: Path, way: str, sets: dict[str, FrameSet], seed: int) -> None:
    """Fit to more and more labels, and write down what each potential is worth."""
    held = json.loads(path.read_text()) if path.exists() else []
    pool = sets["pretrained" if way == "batch-pretrained" else "pool"]
    doc: PotentialDoc | None = None
    for size in SIZES[len(held) :]:
        chosen = list(held[-1]["chosen"]) if held else []
        if way == "every-nth":
            chosen = evenly(len(pool), size, np.random.default_rng([seed, size]))
        elif not chosen:
            chosen = first(len(pool), seed)
        else:
            doc = doc or fitted(pool.take(chosen), seed)
            chosen += [int(i) for i in more(way, doc, pool, chosen, size - len(chosen), seed)]
        doc = fitted(pool.take(chosen), seed)
        backend = get_learned_backend(doc.backend)
        errors = error_statistics(sets["test"], sets["test"].labelled_by(backend.calculator(doc)))
        held.append(
            {
                "n_labels": len(chosen),
                "chosen": chosen,
                "force_rmse_ev_a": errors.force_rmse_ev_a,
                "energy_rmse_mev_atom": errors.energy_rmse_mev_atom,
                "life_ps": life_ps(doc, sets["test"][0].to_atoms(), seed),
            }
        )
        replace_file(path, json.dumps(held))
        print(f"{path.name}: {len(chosen)} labels, {errors.force_rmse_ev_a:.3f} eV/Å", flush=True)


def run(folder: Path, systems: Iterable[str], seeds: int) -> None:
    """Make what is missing."""
    for system in systems:
        sets = sets_of(folder / system, system)
        for seed in range(seeds):
            for way in WAYS:
                learn(folder / system / f"{way}-{seed}.json", way, sets, seed)


def labels_needed(points: list[dict[str, float]], error: float) -> float:
    """Return the labels at which an error is reached, log-log between sizes; infinite if never."""
    found = sorted({p["n_labels"]: p["force_rmse_ev_a"] for p in points}.items())
    for (n0, e0), (n1, e1) in pairwise(found):
        if e0 <= error:
            return float(n0)
        if e1 <= error:
            share = np.log(e0 / error) / np.log(e0 / e1)
            return float(np.exp(np.log(n0) + share * np.log(n1 / n0)))
    return float("inf")


def ratio(
    points: Callable[[str, int], list[dict[str, float]]], way: str, error: float, seeds: int
) -> str:
    """Return labels over those of random choice at one error, and the 95 % interval.

    Each seed has its ratio, whose logarithms are taken as normal. Where random choice does not get
    there, all its labels are counted, which is too few.
    """
    needed = [labels_needed(points(way, seed), error) for seed in range(seeds)]
    there = sum(np.isfinite(needed))
    if there < seeds:
        return f"{there} of {seeds} get there"
    of_random = [min(labels_needed(points("random", s), error), SIZES[-1]) for s in range(seeds)]
    logs = np.log(needed) - np.log(of_random)
    half = float(student_t.ppf(0.975, seeds - 1) * logs.std(ddof=1) / seeds**0.5)
    middle, low, high = np.exp(logs.mean() + np.array([0.0, -half, half]))
    return "1" if way == "random" else f"{middle:.2f} ({low:.2f} to {high:.2f})"


def analyse(folder: Path, seeds: int, page: Path | None) -> None:
    """Write the tables and draw the figure of the systems that have run."""
    systems = [s for s in SYSTEMS if (folder / s / f"batch-pretrained-{seeds - 1}.json").exists()]
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    axes = figure.subplots(2, max(1, len(systems)), sharex=True, squeeze=False)
    text = "".join(
        tables(folder, system, seeds, list(axes[:, column]))
        for column, system in enumerate(systems)
    )
    axes[0, 0].set_ylabel("force RMSE of the\nheld-out melt-quench, eV/Å")
    axes[1, 0].set_ylabel(f"MD at {LIFE_K:.0f} K lasts, ps")
    axes[0, 0].legend(fontsize=7)
    print(text)
    if page is not None:
        write_results(page, "\n" + text)
        figure.savefig(page.parents[1] / "images" / "fewer_labels.png", dpi=120)


def tables(folder: Path, system: str, seeds: int, axes: Sequence[Axes]) -> str:
    """Return what was found for a system as Markdown, and draw it."""

    def points(way: str, seed: int) -> list[dict[str, float]]:
        text = (folder / system / f"{way}-{seed}.json").read_text(encoding="utf-8")
        found: list[dict[str, float]] = json.loads(text)
        return found

    head = " | ".join(map(str, SIZES))
    rule = "| --- |" + " --- |" * len(SIZES)
    means = [
        np.mean([[p["force_rmse_ev_a"] for p in points(way, s)] for s in range(seeds)], axis=0)
        for way in WAYS
    ]
    levels = [factor * float(np.min(means)) for factor in LEVELS]
    asked = " | ".join(f"labels for {level:.2f} eV/Å" for level in levels)
    errors = f"### {system}\n\n| force RMSE, eV/Å | {head} | {asked} |\n"
    errors += f"{rule}{' --- |' * len(levels)}\n"
    lives = f"| MD lasts, ps | {head} |\n{rule}\n"
    for way, told in WAYS.items():
        runs = [points(way, seed) for seed in range(seeds)]
        asked = " | ".join(ratio(points, way, level, seeds) for level in levels)
        error: FloatArray = np.array([[p["force_rmse_ev_a"] for p in run] for run in runs])
        life: FloatArray = np.array([[p["life_ps"] for p in run] for run in runs])
        spread = student_t.ppf(0.975, seeds - 1) * error.std(axis=0, ddof=1) / seeds**0.5
        cells = [
            f"{mean:.2f} ± {half:.2f}" for mean, half in zip(error.mean(0), spread, strict=True)
        ]
        errors += f"| {told} | {' | '.join(cells)} | {asked} |\n"
        lives += f"| {told} | {' | '.join(f'{mean:.1f}' for mean in life.mean(0))} |\n"
        n_labels = np.mean([[p["n_labels"] for p in run] for run in runs], axis=0)
        for axis, values in zip(axes, (error, life), strict=True):
            axis.plot(n_labels, values.mean(0), "o-", ms=3, lw=1, color=COLOURS[way], label=told)
    axes[0].set(xscale="log", yscale="log", title=system)
    axes[1].set(xlabel="labels")
    return f"{errors}\n{lives}\n"


def main() -> None:
    """Run or analyse."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("run", "analyse"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--system", action="append", choices=list(SYSTEMS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    if given.what == "run":
        run(given.folder, given.system or SYSTEMS, given.seeds)
    else:
        analyse(given.folder, given.seeds, given.page)


if __name__ == "__main__":
    main()
