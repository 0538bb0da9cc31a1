"""NaFePO4 glasses by the stages of `GlassMaker`, beside Table 1 of Christensen et al. (2025).

``nafepo4_glasses.py make FOLDER pedone 1`` makes a glass of a set, or goes on with one that was
stopped. ``nafepo4_glasses.py table FOLDER --page docs/validation/glasses.md`` describes all that
are whole.
"""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read
from pymatgen.core import Structure

from _page import draw_rdfs, write_results
from amorph_flows.analysis import (
    Trajectory,
    coordination_numbers,
    density_g_cm3,
    network_statistics,
)
from amorph_flows.arrays import FloatArray
from amorph_flows.engines import PotentialEngine
from amorph_flows.flows import GlassMaker, RandomStructureMaker
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.lammps import (
    GlassSchedule,
    LammpsMD,
    LammpsResult,
    Minimise,
    load_trajectory,
    partial_result,
    run_lammps_md,
)
from amorph_flows.potentials import ace_potential, classical_potential
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures import random_packing
from amorph_flows.structures.configuration import to_structure

FORMULA, SPECIES = "NaFePO4", ["Na", "Fe2+", "P", "O"]
PAIRS = (("P", "O"), ("Fe", "O"), ("Na", "O"), ("O", "O"))
DATA = Path(__file__).parents[2] / "shared" / "data" / "nafepo4"
PUBLISHED_GLASSES = ("glass_300K_ACE_1", "glass_300K_ACE_2")
COLUMNS = (*("density, g/cm³", "P coordination", "Fe coordination", "P-O-P per P", "P-O-Fe per P"),)
PAPER = {
    "ACE (paper)": (3.071, 4.00, 5.15, 0.08, 3.53),
    "BMP (paper)": (3.017, 4.00, 4.46, 0.04, 3.39),
    "Teter (paper)": (2.985, 4.00, 4.70, 0.12, 3.29),
    "DFT (paper)": (np.nan, 4.00, 5.11, 0.05, 3.43),
}
"""Table 1 of the paper."""
QUICK = {"mean": (3.102, 4.00, 4.89, 0.31, 2.80), "deviation": (0.021, 0.0, 0.11, 0.03, 0.09)}
"""Three glasses of 350 atoms by `pedone` at 100 K/ps, from ``docs/stages/structure.md``."""
QUICK_ATOMS, ACE_ATOMS = 350, 245
LEAST_HOLD_FS = 1000.0
"""How long the paper held its glass of 245 atoms, which density functional theory made."""


@dataclass(frozen=True)
class Made:
    """Glasses that are made alike."""

    label: str
    maker: GlassMaker

    def potential(self, data: Path) -> PotentialDoc:
        """Return the potential."""
        if self.label.startswith("ACE"):
            return ace_potential(data / "output_potential.yace")
        return classical_potential("pedone", SPECIES)

    def md(self, number: int) -> LammpsMD:
        """Return the stages of a glass, whose packing is not brought to the very minimum."""
        run = self.maker.md(number)
        stages = (Minimise(force_tolerance_ev_a=0.1, max_steps=200), *run.stages[1:])
        return run.model_copy(update={"stages": stages, "skin_a": 1.0, "restart_stride": 1000})

    def start(self, number: int) -> Structure:
        """Return the packing of a glass."""
        seed = seed_of(self.maker.seed, self.maker.name, number, "packing")
        return random_packing(FORMULA, self.maker.packing.n_atoms, seed=seed)


def _made(label: str, n_atoms: int, n_glasses: int, rate: float, **parts: float) -> Made:
    schedule = GlassSchedule(
        start_nvt_fs=parts["start_fs"],
        start_npt_fs=parts["start_fs"],
        melt_nvt_fs=parts["melt_fs"],
        melt_npt_fs=parts["melt_fs"],
        rate_k_per_ps=rate,
        relax_fs=parts["relax_fs"],
        time_step_fs=2.0,
        frame_stride=100,
    )
    maker = GlassMaker(
        engine=PotentialEngine("pedone", SPECIES),
        packing=RandomStructureMaker(n_atoms=n_atoms),
        n_glasses=n_glasses,
        schedule=schedule,
    )
    return Made(label, maker)


SETS = {
    "pedone": _made(*("`pedone`", 1001, 3, 10.0), start_fs=1000, melt_fs=4000, relax_fs=8000),
    "ace": _made("ACE", ACE_ATOMS, 1, 100.0, start_fs=500, melt_fs=2500, relax_fs=4000),
}


def make(folder: Path, name: str, number: int, data: Path, walltime_s: float) -> None:
    """Make a glass, in pieces of a walltime."""
    made = SETS[name]
    settings = made.md(number).model_copy(update={"walltime_s": walltime_s})
    began = time.time()
    is_complete = False
    while not is_complete:
        result = run_lammps_md(
            made.start(number), made.potential(data), settings, folder / f"{name}-{number}"
        )
        is_complete = result.is_complete
        print(f"{result.reached_fs / 1e3:g} ps after {time.time() - began:.0f} s", flush=True)


def whole(folder: Path, name: str, data: Path, walltime_s: float) -> dict[int, LammpsResult]:
    """Return the glasses of a set that have been held at 300 K for `LEAST_HOLD_FS`, by number."""
    made, found = SETS[name], {}
    for number in range(1, made.maker.n_glasses + 1):
        md = made.md(number).model_copy(update={"walltime_s": walltime_s})
        place = folder / f"{name}-{number}"
        start, potential = made.start(number), made.potential(data)
        run = partial_result(start, potential, md, place, min_frames=5)
        if run is not None and run.reached_fs >= md.begins_fs(len(md.stages) - 1) + LEAST_HOLD_FS:
            found[number] = run
    return found


def numbers_of(frames: Sequence[Trajectory | Structure]) -> FloatArray:
    """Return what Table 1 of the paper has, means over the frames."""
    links = [network_statistics(frame, "P", ["Fe"]).linkages_per_former for frame in frames]
    rows = [
        (
            float(density_g_cm3(frame)),
            *(coordination_numbers(frame, of, "O").mean for of in ("P", "Fe")),
            *(link[name] for name in ("P-O-P", "P-O-Fe")),
        )
        for frame, link in zip(frames, links, strict=True)
    ]
    return np.mean(rows, axis=0)


def last_frames(run: LammpsResult) -> list[Trajectory]:
    """Return frames of the last hold."""
    glass = load_trajectory(run.trajectory, 300.0)
    return [glass.select(slice(i, i + 1)) for i in range(0, glass.n_frames, 5)]


def published(data: Path, name: str) -> Atoms:
    """Return a glass that the paper made, with charges if its potential has them."""
    style = "atomic" if "ACE" in name else "charge"
    with gzip.open(data / f"{name}.lammps-data.gz", "rt") as stream:
        return read(stream, format="lammps-data", atom_style=style)


def _row(label: str, mean: Sequence[float], deviation: Sequence[float] | None = None) -> str:
    digits = (3, 2, 2, 2, 2)
    cells = ["" if np.isnan(v) else f"{v:.{n}f}" for v, n in zip(mean, digits, strict=True)]
    if deviation is not None:
        cells = [f"{cell} ± {d:.{n}f}" for cell, d, n in zip(cells, deviation, digits, strict=True)]
    return f"| {label} | {' | '.join(cells)} |"


def _set_row(name: str, numbers: dict[int, FloatArray]) -> str:
    maker = SETS[name].maker
    n, rate = maker.packing.n_atoms, maker.schedule.rate_k_per_ps
    label = f"{SETS[name].label}, {len(numbers)} × {n} atoms, {rate:g} K/ps (here)"
    values = np.array(list(numbers.values()))
    deviation = np.std(values, axis=0, ddof=1) if len(values) > 1 else None
    return _row(label, np.mean(values, axis=0), deviation)


def table(runs: dict[str, dict[int, LammpsResult]], data: Path) -> str:
    """Return the results as Markdown."""
    numbers = {
        name: {number: numbers_of(last_frames(run)) for number, run in found.items()}
        for name, found in runs.items()
    }
    read_here = np.array(
        [numbers_of([to_structure(published(data, name))]) for name in PUBLISHED_GLASSES]
    )
    lines = [
        f"| potential | {' | '.join(COLUMNS)} |",
        f"|{' --- |' * (len(COLUMNS) + 1)}",
        *(_set_row(name, found) for name, found in numbers.items() if found),
        _row(
            f"`pedone`, 3 × {QUICK_ATOMS} atoms, 100 K/ps ([here](../stages/structure.md))",
            QUICK["mean"],
            QUICK["deviation"],
        ),
        _row("ACE, the 2 published glasses, read here", read_here.mean(axis=0)),
        *(_row(name, values) for name, values in PAPER.items()),
        "",
    ]
    for name, found in runs.items():
        for number, run in found.items():
            lines.append(_told(name, number, run, numbers[name][number]))
    if all(numbers.values()):
        lines += ["", *_explained(numbers)]
    return "\n".join(lines) + "\n"


def _told(name: str, number: int, run: LammpsResult, values: FloatArray) -> str:
    last = run.thermo_of(int(run.thermo["stage"].max()))
    steps = int(run.thermo["step"].max())
    held_ps = float(np.ptp(last["time_fs"])) / 1e3
    return (
        f"- {SETS[name].label}, glass {number}: {run.reached_fs / 1e3:g} ps, {steps} steps, in "
        f"{len(run.pieces)} pieces; the hold at 300 K, {held_ps:.1f} ps, has "
        f"{last['density_g_cm3'].mean():.3f} g/cm³ at "
        f"{last['pressure_gpa'].mean():.3f} GPa and {last['temperature_k'].mean():.0f} K, Fe "
        f"coordination {values[2]:.2f}, {values[3]:.2f} P-O-P and {values[4]:.2f} P-O-Fe per P."
    )


def _explained(numbers: dict[str, dict[int, FloatArray]]) -> list[str]:
    """Return whether the ACE glass differs from its row by what size and rate explain."""
    slow = np.mean(list(numbers["pedone"].values()), axis=0)
    shift = np.array(QUICK["mean"]) - slow
    scatter = 2.0 * np.array(QUICK["deviation"]) * np.sqrt(QUICK_ATOMS / ACE_ATOMS)
    apart = np.mean(list(numbers["ace"].values()), axis=0) - np.array(PAPER["ACE (paper)"])
    lines = ["| ACE here less ACE (paper) | found | size and rate explain | within |"]
    lines.append("| --- | --- | --- | --- |")
    for name, found, moved, wide in zip(COLUMNS, apart, shift, scatter, strict=True):
        low, high = min(0.0, moved) - wide, max(0.0, moved) + wide
        within = "yes" if low - 5e-3 <= found <= high + 5e-3 else "no"
        lines.append(f"| {name} | {found:+.3f} | {low:+.3f} to {high:+.3f} | {within} |")
    return lines


def main() -> None:
    """Make a glass, or describe all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=("make", "table"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="?", choices=SETS)
    parser.add_argument("number", nargs="?", type=int)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the published data")
    parser.add_argument("--walltime-s", type=float, default=600.0, help="of a piece of a run")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--figure", type=Path)
    a = parser.parse_args()
    if a.task == "make":
        make(a.folder, a.name, a.number, a.data, a.walltime_s)
        return
    runs = {name: whole(a.folder, name, a.data, a.walltime_s) for name in SETS}
    text = table(runs, a.data)
    print(text)
    if a.page:
        write_results(a.page, text)
    if a.figure:
        drawn: list[tuple[str, Trajectory | Atoms | Structure]] = [
            (f"{SETS[name].label.strip('`')}, here", load_trajectory(run.trajectory, 300.0))
            for name, found in runs.items()
            for run in list(found.values())[:1]
        ]
        drawn.append(("ACE, published", published(a.data, PUBLISHED_GLASSES[0])))
        draw_rdfs(drawn, PAIRS, a.figure)


if __name__ == "__main__":
    main()
