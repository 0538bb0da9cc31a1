"""SNAP and quadratic SNAP: time and memory of a fit, and what it costs a run to be graded.

    python bench/snap_fit.py [FRAMES] [--atoms 100] [--twojmax 6] [--cutoff 5] [--backend snap]

Random cells of four elements at the density of NaFePO4 glass with random labels: the cost of rows
and solution does not depend on the labels. 2000 frames without an argument.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.potentials.snap import SnapSettings, fit_snap
from amorph_flows.potentials.snap._lammps import SnapLammps

SPECIES = ["O", "Na", "P", "Fe"]
ATOMS_A3 = 0.08


def frame(rng: np.random.Generator, n_atoms: int) -> Frame:
    """Return atoms on a jittered lattice, so that none are very near."""
    side = (n_atoms / ATOMS_A3) ** (1 / 3)
    n = int(np.ceil(n_atoms ** (1 / 3)))
    points = np.stack(np.meshgrid(*[np.arange(n)] * 3), axis=-1).reshape(-1, 3)
    chosen = rng.permutation(points)[:n_atoms] + rng.uniform(-0.2, 0.2, (n_atoms, 3))
    numbers = np.array(
        [atomic_numbers[s] for s in rng.choice(SPECIES, n_atoms, p=[4 / 7, *[1 / 7] * 3])]
    )
    return Frame(
        numbers, chosen * side / n, side * np.eye(3), float(rng.normal(-5.0 * n_atoms)),
        rng.normal(size=(n_atoms, 3)), rng.normal(0.0, 0.01, (3, 3)),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=int, nargs="?", default=2000)
    parser.add_argument("--atoms", type=int, default=100)
    parser.add_argument("--twojmax", type=int, default=6)
    parser.add_argument("--cutoff", type=float, default=5.0)
    parser.add_argument("--backend", choices=["snap", "qsnap"], default="snap")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    frames = FrameSet(frame(rng, options.atoms) for _ in range(options.frames))
    settings = SnapSettings(
        backend=options.backend, cutoff=options.cutoff, twojmax=options.twojmax, trials=1
    )
    wall, cpu = time.monotonic(), time.process_time()
    fit = fit_snap(frames, settings)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    basis = fit.potential.basis
    print(f"{options.backend}, twojmax {options.twojmax}, {options.cutoff} A: {len(frames)} frames "
          f"of {options.atoms} atoms, {basis.n_parameters} coefficients: {cpu:.0f} CPU s, "
          f"{wall:.0f} s, {memory:.2f} GB")  # fmt: skip
    calculator, lammps, atoms = fit.calculator(), SnapLammps(basis), frames[0].to_atoms()
    costs = {}
    for name, call in (
        ("energy and forces", lambda: calculator.calculate(atoms)),
        ("grade", lambda: lammps.atom_rows(atoms)),
    ):
        begin = time.process_time()
        for _ in range(10):
            call()
        costs[name] = 1e5 * (time.process_time() - begin) / options.atoms
    print("; ".join(f"{name} {cost:.0f} us/atom" for name, cost in costs.items()))


if __name__ == "__main__":
    main()
