"""Two candidates for the estimator of diffusivities on walks whose diffusivity is known.

The spectrum at zero frequency, which is kept, beside the plain slope of the mean-square
displacement from 5 to 10 memory times, with the memory time of the spectrum; without a memory,
from 5 to 10 frames. Each prints the share of intervals that cover the truth, %, the mean of D/truth
and the median width of the interval over the truth, for the table in docs/stages/transport.md.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from scipy import stats

from amorph_flows.analysis.transport._diffusion import A2_PER_FS_IN_CM2_PER_S, Estimate
from amorph_flows.analysis.transport._estimate import estimate_diffusion, step_spectra
from amorph_flows.analysis.transport._ion_paths import IonPath, ion_paths
from amorph_flows.testing.walks import CLASSES, DIFFUSING, walk_of_length

FIRST, LAST = 5, 10  # memory times
FEWEST_BLOCKS, MOST_BLOCKS = 8, 40


class Said(NamedTuple):
    """What a candidate says of one walk, over the truth."""

    value: float
    low: float
    high: float


def slope(path: IonPath, memory_time: float) -> Estimate:
    """Return D from the slope of the displacement, Å² per frame, clustered as the spectrum's."""
    memory = max(memory_time, 1.0)
    n_frames = path.path.shape[2]
    last = min(round(LAST * memory), n_frames // 2)
    first = max(1, min(round(FIRST * memory), last // 2))
    n_origins = n_frames - last
    late, early = (
        np.sum((path.path[:, :, lag : lag + n_origins] - path.path[:, :, :n_origins]) ** 2, axis=0)
        for lag in (last, first)
    )
    grown = (late - early) / (6 * (last - first))
    value, n_ions = float(grown.mean()), len(grown)
    n_blocks = int(np.clip(n_origins / (2 * last), FEWEST_BLOCKS, MOST_BLOCKS))
    edges = np.linspace(0, n_origins, n_blocks + 1).astype(int)
    off = np.add.reduceat(grown - value, edges[:-1], axis=1) / grown.size
    of_time = np.sum(off.sum(axis=0) ** 2) * n_blocks / (n_blocks - 1)
    of_ions = np.sum(off.sum(axis=1) ** 2) * n_ions / (n_ions - 1)
    variance = max(of_time + of_ions - np.sum(off**2), of_time, of_ions)
    return Estimate(value, float(np.sqrt(variance)), n_blocks - 1.0)


def both(name: str, ions: int, length: float, seed: int) -> tuple[Said, Said]:
    """Return what the spectrum and the slope say of one walk."""
    walk = walk_of_length(CLASSES[name], ions, length, seed)
    [path] = ion_paths(walk.trajectory, "Mg", "host")
    found = estimate_diffusion(step_spectra([path]))
    per_truth = A2_PER_FS_IN_CM2_PER_S / path.spacing_fs / walk.tracer_diffusivity_cm2_s
    spectrum = found.tracer.times(per_truth)
    line = slope(path, found.longest_memory).times(per_truth)
    return Said(spectrum.value, *spectrum.interval), Said(line.value, *line.interval)


def summary(said: list[Said]) -> str:
    """Return coverage, bias and width."""
    value, low, high = np.array(said).T
    covers = np.mean((low <= 1) & (high >= 1))
    error = stats.sem(value)
    return f"{covers:.0%}".rstrip("%") + (
        f", {value.mean():.2f} ± {error:.2f}, {np.median(high - low):.2g}"
    )


def main() -> None:
    """Print a row for each class."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trajectories", type=int, default=20)
    parser.add_argument("--ions", type=int, default=24)
    parser.add_argument("--length", type=float, default=50.0)
    parser.add_argument("--classes", nargs="+", choices=DIFFUSING, default=list(DIFFUSING))
    arguments = parser.parse_args()
    for name in arguments.classes:
        said = [
            both(name, arguments.ions, arguments.length, seed)
            for seed in range(arguments.trajectories)
        ]
        spectrum, line = (summary([each[i] for each in said]) for i in (0, 1))
        print(f"| `{name}` | {spectrum} | {line} |", flush=True)


if __name__ == "__main__":
    main()
