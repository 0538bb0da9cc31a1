"""How often 95 % intervals of combined glasses cover the truth, by this package and other ways.

``combining_glasses.py --page docs/validation/several_glasses.md`` brings the page up to date.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from _combining_methods import METHODS
from _page import write_results
from amorph_flows.analysis._random_effects import Design, random_effects
from amorph_flows.arrays import FloatArray

N_GLASSES = (3, 5, 10)
RATIOS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 10_000.0)
OCCUPATION = 0.5


def single_runs(n: int) -> Iterator[tuple[str, FloatArray]]:
    """Yield what the true errors of one run of each glass may be."""
    yield "equal errors", np.ones(n)
    for times in (3, 10):
        yield f"errors spread over a factor of {times}", np.geomspace(times**-0.5, times**0.5, n)
    yield "one error a tenth of the others", np.append(0.1, np.ones(n - 1))
    yield "one error ten times the others", np.append(10.0, np.ones(n - 1))


def compare(n_samples: int) -> str:
    """Return tables of all methods on glasses with one run each, whose errors are known."""
    covered: dict[str, dict[str, list[float]]] = {}
    widths: dict[str, dict[str, list[float]]] = {}
    rng = np.random.default_rng(0)
    for n in N_GLASSES:
        for name, errors in single_runs(n):
            for ratio in RATIOS:
                values = rng.normal(size=(n_samples, n)) * np.sqrt(ratio + errors**2)
                own = np.broadcast_to(errors**2, values.shape)
                width: dict[str, float] = {}
                for method, estimate in METHODS.items():
                    _, low, high = estimate(values, own)
                    share = float(np.mean((low <= 0) & (high >= 0)))
                    covered.setdefault(name, {}).setdefault(method, []).append(share)
                    width[method] = float(np.median(high - low))
                for method, found in width.items():
                    relative = found / width["equal weights, Student"]
                    widths.setdefault(name, {}).setdefault(method, []).append(relative)
    head = f"| | {' | '.join(METHODS)} |\n|{' --- |' * (len(METHODS) + 1)}\n"
    rows = [
        f"| {name} | {' | '.join(_percent(found) for found in by.values())} |\n"
        for name, by in covered.items()
    ]
    wide = [
        f"| {name} | {' | '.join(f'{np.exp(np.mean(np.log(f))):.2f}' for f in by.values())} |\n"
        for name, by in widths.items()
    ]
    title = "Width over that of equal weights, geometric mean of the medians:"
    return f"{head}{''.join(rows)}\n{title}\n\n{head}{''.join(wide)}"


def designs(n: int) -> Iterator[tuple[str, list[tuple[int, int]], float, str]]:
    """Yield names, groups, over which factor errors are spread, and what is known of them."""
    two = [(glass, number) for glass in range(n) for number in range(2)]
    unequal = [(glass, number) for glass in range(n) for number in range(1 + 2 * glass % 4)]
    repeated = [(glass, 0) for glass in range(n) for _ in range(2 + glass % 3)]
    yield "two occupations of each", two, 1.0, "known"
    yield "one or three occupations", unequal, 1.0, "known"
    yield "the same, errors spread over a factor of 6", unequal, 6.0, "known"
    yield "the same, errors with 10 degrees of freedom", unequal, 6.0, "estimated"
    yield "one or three occupations, unknown errors", unequal, 1.0, "unknown"
    yield "two to four repeated runs, unknown errors", repeated, 1.0, "unknown"


def nested(n_samples: int) -> str:
    """Return the table of this package on designs with occupations or repeated runs."""
    rng = np.random.default_rng(1)
    rows: dict[str, list[str]] = {}
    for n in N_GLASSES:
        for name, groups, times, known in designs(n):
            design = Design.of(groups)
            shape = (n_samples, len(groups))
            errors = rng.permutation(np.geomspace(times**-0.5, times**0.5, len(groups)))
            told = np.broadcast_to(errors, shape)
            if known == "estimated":
                told = told * np.sqrt(rng.chisquare(10, shape) / 10)
            told = told * np.nan if known == "unknown" else told
            shares = []
            for ratio in RATIOS:
                glass = rng.normal(size=(n_samples, n)) * ratio**0.5
                if len(design.runs) > n:
                    scatter = rng.normal(size=(n_samples, len(design.runs))) * OCCUPATION**0.5
                    values = (glass @ design.occupations + scatter) @ design.runs
                else:
                    values = glass @ design.runs
                found = random_effects(values + rng.normal(size=shape) * errors, told, design)
                shares.append(float(np.mean(np.abs(found.value) <= found.half_width)))
            rows.setdefault(name, []).append(_percent(shares))
    heads = " | ".join(f"{n} glasses" for n in N_GLASSES)
    lines = [f"| {name} | {' | '.join(cells)} |\n" for name, cells in rows.items()]
    return f"| | {heads} |\n|{' --- |' * (len(N_GLASSES) + 1)}\n{''.join(lines)}"


def _percent(shares: list[float]) -> str:
    return f"{100 * min(shares):.1f} to {100 * max(shares):.1f}"


def main() -> None:
    """Measure and print; bring the page up to date if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=2000, help="of each case")
    parser.add_argument("--page", type=Path, help="page of the docs to bring up to date")
    arguments = parser.parse_args()
    tables = {"methods": compare(arguments.samples), "nested": nested(arguments.samples)}
    for name, text in tables.items():
        print(text)
        if arguments.page:
            write_results(arguments.page, f"\n{text}\n", name)


if __name__ == "__main__":
    main()
