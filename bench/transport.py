"""Displacements against pymatgen's DiffusionAnalyzer, and their memory.

Run with no argument for the full size; ``--frames 2000`` takes seconds.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from pymatgen.analysis.diffusion.analyzer import DiffusionAnalyzer
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import (
    Trajectory,
    analyse_transport,
    mean_squared_displacement,
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


def whole_analysis(n_frames: int) -> None:
    """Everything that `analyse_transport` says of one temperature; nobody else says as much."""
    run = walk(n_frames)
    analyse_transport({900.0: run.select(slice(0, 200))}, "Mg")  # loads what is compiled
    wall, cpu, peak = measure(lambda: analyse_transport({900.0: run}, "Mg"))
    print(f"whole analysis of {n_frames} frames: {wall:.2f} s, CPU {cpu:.2f} s, peak {peak:.0f} MB")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    n_frames = parser.parse_args().frames
    displacements(n_frames)
    whole_analysis(n_frames)


if __name__ == "__main__":
    main()
