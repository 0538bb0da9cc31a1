"""Displacements against pymatgen's DiffusionAnalyzer; reading dumps against ASE, and its memory.

Run with no argument for the full sizes; ``--frames 2000 --dump-mb 50`` takes seconds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ase.io import iread
from pymatgen.analysis.diffusion.analyzer import DiffusionAnalyzer
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import (
    Trajectory,
    mean_squared_displacement,
    read_trajectory,
    unwrap,
)

N_ATOMS, N_IONS, EDGE_A, SPACING_FS = 768, 96, 22.0, 10.0


def walk(n_frames: int) -> Trajectory:
    """Return ions that walk in a host that rattles, wrapped into the cell."""
    rng = np.random.default_rng(0)
    positions = rng.standard_normal((n_frames, N_ATOMS, 3)) * 0.1
    np.cumsum(positions[:, :N_IONS], axis=0, out=positions[:, :N_IONS])
    positions += rng.random((N_ATOMS, 3)) * EDGE_A
    positions %= EDGE_A
    numbers = np.repeat([12, 8], [N_IONS, N_ATOMS - N_IONS])
    return Trajectory(
        positions, np.eye(3) * EDGE_A, numbers, SPACING_FS * np.arange(float(n_frames))
    )


def measure(function: Callable[[], object]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds, and peak memory above the start, MB, of two runs."""
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return wall, cpu, peak


def report(name: str, ours: tuple[float, ...], theirs: tuple[float, ...]) -> None:
    """Print both and their ratios."""
    for label, values in (("ours", ours), ("theirs", theirs)):
        wall, cpu, *peak = values
        memory = f", peak {peak[0]:.0f} MB" if peak else ""
        print(f"{name:14s} {label:6s} {wall:7.2f} s, CPU {cpu:7.2f} s{memory}")
    ratios = ", ".join(f"{b / a:.1f}" for a, b in zip(ours, theirs, strict=True))
    print(f"{name:14s} theirs over ours (wall, CPU, memory): {ratios}")


def displacements(n_frames: int) -> None:
    """MSD and MSCD of the ions over all lags and origins; they do 200 lags of all atoms."""
    run = walk(n_frames)
    structure = Structure(
        Lattice.cubic(EDGE_A),
        ["Mg"] * N_IONS + ["O"] * (N_ATOMS - N_IONS),
        run.positions[0],
        coords_are_cartesian=True,
    )
    moved = np.ascontiguousarray((unwrap(run) - run.positions[0]).transpose(1, 0, 2))
    mean_squared_displacement(run.select(slice(0, 100)), "Mg")  # loads what is compiled
    ours = measure(lambda: mean_squared_displacement(run, "Mg"))
    theirs = measure(
        lambda: DiffusionAnalyzer(structure, moved, "Mg", 900, SPACING_FS, 1, smoothed="max")
    )
    report("displacements", ours, theirs)


def write_dump(path: Path, megabytes: float) -> None:
    """Write a dump of about a size."""
    rng = np.random.default_rng(0)
    symbols = ["Mg"] * N_IONS + ["V"] * 192 + ["O"] * (N_ATOMS - N_IONS - 192)
    positions = rng.random((N_ATOMS, 3)) * EDGE_A
    head = (
        "ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{n}\nITEM: BOX BOUNDS pp pp pp\n"
        "0 {edge}\n0 {edge}\n0 {edge}\nITEM: ATOMS id type element x y z \n"
    )
    step = 0
    with path.open("w") as stream:
        while stream.tell() < megabytes * 1e6:
            positions += rng.normal(0, 0.05, positions.shape)
            rows = enumerate(zip(symbols, (positions % EDGE_A).tolist(), strict=True), start=1)
            stream.write(head.format(step=step, n=N_ATOMS, edge=EDGE_A))
            stream.write(
                "".join(f"{i} 1 {s} {x:.6g} {y:.6g} {z:.6g} \n" for i, (s, (x, y, z)) in rows)
            )
            step += 1000


def dump_reading(megabytes: float) -> None:
    """Read a whole dump, theirs one frame after the other and thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.dump"
        write_dump(path, megabytes)

        def timed(function: Callable[[], object]) -> tuple[float, float]:
            wall, cpu = time.perf_counter(), time.process_time()
            function()
            return time.perf_counter() - wall, time.process_time() - cpu

        path.read_bytes()  # both then read from memory, and ours has its parser compiled
        read_trajectory(path, time_step_fs=2.0, frames=slice(0, 1))
        ours = timed(lambda: read_trajectory(path, time_step_fs=2.0))
        theirs = timed(lambda: sum(1 for _ in iread(path, ":", format="lammps-dump-text")))
        report("dump reading", ours, theirs)


PEAK = """
import sys
from pathlib import Path
from amorph_flows.analysis import read_trajectory
run = read_trajectory(sys.argv[1], time_step_fs=2.0)
status = Path("/proc/self/status").read_text()  # getrusage counts the parent before exec, too
peak = int(status.partition("VmHWM:")[2].split()[0]) / 1e3
print(f"dump memory    {run.n_frames} frames, {run.positions.nbytes / 1e6:.0f} MB of positions, "
      f"peak {peak:.0f} MB resident")
"""


def dump_memory(megabytes: float) -> None:
    """Print the peak memory of a process that reads a dump; 507 MB are 20,000 frames."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.dump"
        write_dump(path, megabytes)
        subprocess.run([sys.executable, "-c", PEAK, str(path)], check=True)


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--dump-mb", type=float, default=800.0)
    arguments = parser.parse_args()
    displacements(arguments.frames)
    dump_reading(arguments.dump_mb)
    dump_memory(0.633 * arguments.dump_mb)


if __name__ == "__main__":
    main()
