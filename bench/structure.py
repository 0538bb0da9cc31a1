"""Structure analysis: RDFs against freud, S(Q), rings and Voronoi volumes of 3003 atoms.

freud is a peer only: ``uv pip install freud-analysis``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import combinations_with_replacement

import freud
import numpy as np

from amorph_flows.analysis import (
    Trajectory,
    guttman_rings,
    radial_distribution,
    structure_factor,
    voronoi_free_volume,
)

N_FRAMES = 1000
CUTOFF_A, N_BINS = 8.0, 200


def crowded_gas(n_frames: int, formula: dict[int, int], edges_a: list[float]) -> Trajectory:
    """Return random frames with the given atoms; only their number matters for the time."""
    rng = np.random.default_rng(0)
    numbers = np.repeat(list(formula), list(formula.values()))
    positions = rng.random((n_frames, len(numbers), 3)) * edges_a
    return Trajectory(positions, np.diag(edges_a), numbers, np.arange(float(n_frames)))


def glass(seed: int = 0) -> Trajectory:
    """Return 3003 atoms with the bonds of NaFePO4 glass: cations on a jittered lattice, linked.

    Every P has four and every Fe five oxygens, put on the way to near cations, so that the rings
    are as long and as many as in the glass.
    """
    rng = np.random.default_rng(seed)
    edge, side = 34.3, 11
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3)
    sites = (grid + rng.normal(0.0, 0.1, grid.shape)) * edge / side
    cations = rng.permutation(sites)[: 3 * 429]
    linked = cations[: 2 * 429]
    apart = linked[:, None] - linked[None]
    apart -= edge * np.rint(apart / edge)
    distance = np.linalg.norm(apart, axis=-1) + np.tri(len(linked)) * 1e3
    first, second = np.unravel_index(np.argsort(distance, axis=None)[: 4 * 429], distance.shape)
    oxygens = linked[first] - apart[first, second] / 2
    numbers = np.repeat([15, 26, 11, 8], [429, 429, 429, 4 * 429])
    positions = np.concatenate([cations, oxygens])
    return Trajectory(positions[None], np.eye(3) * edge, numbers, np.zeros(1))


def freud_partials(trajectory: Trajectory) -> None:
    """Count the same partial RDFs with freud's own accumulation."""
    box = freud.box.Box(*np.diagonal(trajectory.cells[0]))
    kinds = np.unique(trajectory.numbers)
    for first, second in combinations_with_replacement(kinds, 2):
        rdf = freud.density.RDF(N_BINS, CUTOFF_A)
        query = {"mode": "ball", "r_max": CUTOFF_A, "exclude_ii": bool(first == second)}
        for frame in trajectory.positions:
            points = box.wrap(frame)
            system = (box, points[trajectory.numbers == second])
            centres = points[trajectory.numbers == first]
            rdf.compute(system, query_points=centres, neighbors=query, reset=False)


def seconds(function: Callable[[], object]) -> tuple[float, float]:
    """Return the wall time and the CPU time of all threads; a busy machine spoils the first."""
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    run = crowded_gas(N_FRAMES, {12: 96, 23: 192, 8: 480}, [17.6, 21.5, 23.2])
    radial_distribution(run.select(slice(0, 5)), CUTOFF_A, N_BINS)
    ours, our_cpu = seconds(lambda: radial_distribution(run, CUTOFF_A, N_BINS))
    theirs, their_cpu = seconds(lambda: freud_partials(run))
    print(f"partial RDFs, 1000 frames of 768 atoms: {ours:.2f} s, freud {theirs:.2f} s")
    print(f"  ours / freud = {ours / theirs:.2f}, of CPU {our_cpu / their_cpu:.2f} (goal: up to 1)")
    large = glass()
    wall, cpu = seconds(lambda: structure_factor(large))
    print(f"S(Q), 3003 atoms: {wall:.2f} s, CPU {cpu:.2f} s (goal: under 10)")
    wall, cpu = seconds(lambda: voronoi_free_volume(large))
    print(f"Voronoi volumes, 3003 atoms: {wall:.2f} s, CPU {cpu:.2f} s")
    bonds = {("P", "O"): 2.3, ("Fe", "O"): 2.75}
    n_rings = len(guttman_rings(large, ["P", "Fe"], "O", bonds).sizes)
    wall, cpu = seconds(lambda: guttman_rings(large, ["P", "Fe"], "O", bonds))
    print(f"{n_rings} rings, 3003 atoms: {wall:.2f} s, CPU {cpu:.2f} s (goal: under 10)")


if __name__ == "__main__":
    main()
