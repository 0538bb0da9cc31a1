"""What stages, restart files and grades cost beside a plain input of LAMMPS: 768 atoms, one core.

    python bench/lammps_stages.py [--steps 1000] [--rounds 5] [--data FOLDER] [--page PAGE]

The published MgV2O5 potential, NVT at 1200 K, 2 fs, a frame and a line of the log every 100 steps;
the plain input has nothing else, and all runs follow one path. A restart file is written every 200
steps, 50 times as often as by default. Every round makes each run once; the ratios are those of one
round, their median and range are shown. CPU seconds are those of LAMMPS; what Python takes beside
it is told apart.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pymatgen.core import Structure

from _page import write_results
from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.lammps import NVT, LammpsMD, load_trajectory, run_lammps_md
from amorph_flows.lammps._run_pieces import seed_at
from amorph_flows.lammps.input import write_data
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.potentials.learned import graded
from amorph_flows.potentials.mtp import build_plugin
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures.configuration import to_atoms
from published_potential import DATA, SPECIES, potential, published_cell

KELVIN, STEP_FS, STRIDE, SEED = 1200.0, 2.0, 100, 1

PLAIN = """units metal
atom_style atomic
read_data {folder}/start.data
plugin load {plugin}
pair_style mtp
pair_coeff * * {data}/pot.mtp 0 1 2
neighbor 0.5 bin
velocity all create {kelvin} {seed} mom yes rot no dist gaussian
fix 1 all nvt temp {kelvin} {kelvin} 0.2
timestep 0.002
thermo {stride}
dump 1 all custom {stride} {folder}/dump id type xu yu zu
dump_modify 1 sort id
run {steps}
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds of LAMMPS and of this process, wall seconds, and seconds of the loops by part."""

    cpu: float
    own_cpu: float
    wall: float
    parts: dict[str, float]


def cost_of(run: Callable[[], Path]) -> Cost:
    """Make a run, which returns its log, and say what it cost."""
    before, own = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
    begun = time.perf_counter()
    log = run()
    wall, own = time.perf_counter() - begun, time.process_time() - own
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, own, wall, parts_of(log))


def parts_of(log: Path) -> dict[str, float]:
    """Return the seconds that LAMMPS says its loops spent in each part, all runs of a log."""
    parts: dict[str, float] = {}
    for line in log.read_text().splitlines():
        name, *columns = (word.strip() for word in line.split("|"))
        if len(columns) == 5 and name in ("Pair", "Neigh", "Comm", "Output", "Modify", "Other"):
            parts[name] = parts.get(name, 0.0) + float(columns[1] or columns[4] or 0.0)
    return parts


def plain(folder: Path, cell: Structure, data: Path, steps: int) -> Path:
    """Run the plain input and return its log."""
    write_data(folder / "start.data", to_atoms(cell), SPECIES)
    text = PLAIN.format(
        folder=folder, data=data, plugin=build_plugin(), kelvin=KELVIN, stride=STRIDE, steps=steps,
        seed=seed_at(SEED, 0),
    )  # fmt: skip
    (folder / "in.lmp").write_text(text)
    command = [str(Path(sys.executable).parent / "lmp"), "-in", "in.lmp", "-log", "log"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   env=os.environ | {"OMP_NUM_THREADS": "1"})  # fmt: skip
    return folder / "log"


def staged(steps: int, n_stages: int) -> LammpsMD:
    """Return the same MD in stages."""
    stage = NVT(
        temperature_k=KELVIN,
        duration_fs=steps * STEP_FS / n_stages,
        time_step_fs=STEP_FS,
        frame_stride=STRIDE,
    )
    return LammpsMD(stages=(stage,) * n_stages, restart_stride=2 * STRIDE, seed=SEED)


def with_active_set(doc: PotentialDoc, cell: Structure, folder: Path) -> PotentialDoc:
    """Return the potential with an active set of frames of MD."""
    frames = load_trajectory(
        run_lammps_md(cell, doc, LammpsMD.held(KELVIN, 1600.0, frame_stride=20), folder).trajectory
    )
    chosen = FrameSet(
        Frame(frames.numbers, positions, box)
        for positions, box in zip(frames.positions, frames.cells, strict=True)
    )
    return graded(doc, chosen)


def kinds_of(
    folder: Path, cell: Structure, data: Path, steps: int, doc: PotentialDoc, graded: PotentialDoc
) -> dict[str, Callable[[], Path]]:
    """Return the runs of a round by name, the plain one first."""

    def ours(potential: PotentialDoc, n_stages: int, grade: GradeSettings | None = None) -> Path:
        md = staged(steps, n_stages)
        return run_lammps_md(cell, potential, md, folder, grade).directory / "log.lammps"

    grade = GradeSettings(every=STRIDE, select=1e9, stop=None, save=False)
    return {
        "plain input": lambda: plain(folder, cell, data, steps),
        "one stage, restart files": lambda: ours(doc, 1),
        "five stages, restart files": lambda: ours(doc, 5),
        f"five stages, restart files, grades every {STRIDE} steps": lambda: ours(graded, 5, grade),
    }


def rows(costs: dict[str, list[Cost]]) -> Iterator[str]:
    """Yield the lines of a table, each run beside the plain one of its round."""
    yield "| run | CPU s | CPU time over plain | its range | wall time over plain | output, fixes |"
    yield "| --- | --- | --- | --- | --- | --- |"
    base = next(iter(costs.values()))
    for name, runs in costs.items():
        cpu = np.array([run.cpu / other.cpu for run, other in zip(runs, base, strict=True)])
        wall = np.array([run.wall / other.wall for run, other in zip(runs, base, strict=True)])
        rest = [(r.parts["Output"] + r.parts["Modify"]) / sum(r.parts.values()) for r in runs]
        columns = (
            f"{np.median([run.cpu for run in runs]):.2f}",
            f"{np.median(cpu):.3f}",
            f"{cpu.min():.3f} to {cpu.max():.3f}",
            f"{np.median(wall):.3f}",
            f"{100 * np.median(rest):.2f} %",
        )
        yield f"| {name} | {' | '.join(columns)} |"


def main() -> None:
    """Make all runs, round by round, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--page", type=Path)
    arguments = parser.parse_args()
    unit, doc = published_cell(arguments.data), potential(arguments.data)
    cell = unit * (2, 2, 2)
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        graded = with_active_set(doc, unit, home)
        for number in range(arguments.rounds):
            folder = home / str(number)
            folder.mkdir()
            kinds = kinds_of(folder, cell, arguments.data, arguments.steps, doc, graded)
            for kind, run in kinds.items():
                costs.setdefault(kind, []).append(cost_of(run))
            print(*(f"{runs[-1].cpu:.2f}" for runs in costs.values()), flush=True)
    text = "\n".join(rows(costs)) + "\n"
    own = [run.own_cpu for runs in list(costs.values())[1:] for run in runs]
    print(text, f"Python beside LAMMPS: {np.median(own):.2f} CPU s a run", sep="\n")
    if arguments.page:
        write_results(arguments.page, text, "stages")


if __name__ == "__main__":
    main()
