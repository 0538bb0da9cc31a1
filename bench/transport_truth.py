"""Diffusivities of walks whose diffusivity is known: this package, kinisi and pymatgen.

``transport_truth.py [FOLDER]`` writes ``rows.jsonl`` (one line for each estimate), ``tables.md``
and a figure for each class into the folder. The page docs/validation/diffusivities.md shows them.
A run that was stopped goes on, and one with more trajectories adds to those that are there.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from _transport_methods import METHODS, OURS, estimates
from _transport_tables import draw, tables
from amorph_flows.testing.walks import CLASSES, DIFFUSING, walk_of_length

KEY = ["name", "ions", "length", "seed"]
PEERS_ON_WHAT_IS_REFUSED = 20
"""On how many trajectories of each such class the peers are run: they have no verdicts."""


def rows_of(name: str, ions: int, length: float, seed: int, peers: int) -> list[dict[str, Any]]:
    """Return one row for each estimate from one trajectory, with the truth."""
    walk = walk_of_length(CLASSES[name], ions, length, seed)
    truth = {
        "tracer": walk.tracer_diffusivity_cm2_s,
        "jump": walk.jump_diffusivity_cm2_s,
        "memory_time_fs": walk.memory_time_fs,
        "residence_time_fs": walk.residence_time_fs,
        "correlation_factor": walk.correlation_factor,
    }
    if name not in DIFFUSING:
        peers = min(peers, PEERS_ON_WHAT_IS_REFUSED)
    case = {"name": name, "ions": ions, "length": length, "seed": seed}
    return [
        case | asdict(estimate) | {"truth": truth[estimate.quantity]}
        for estimate in estimates(walk.trajectory, seed < peers)
    ]


def wanted(arguments: argparse.Namespace) -> Iterator[tuple[str, int, float, int]]:
    """Yield all trajectories, each class as early as any other."""
    for seed in range(arguments.trajectories):
        for length in arguments.lengths:
            for ions in arguments.ions:
                for name in arguments.classes:
                    yield name, ions, length, seed


def run(arguments: argparse.Namespace, rows: Path) -> None:
    """Append the rows of every trajectory that is not there yet."""
    known = set()
    if rows.exists():
        known = {tuple(json.loads(line)[k] for k in KEY) for line in rows.open()}
    missing = [case for case in wanted(arguments) if case not in known]
    print(f"{len(missing)} trajectories", flush=True)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # workers inherit it; CPU times are compared
    with (
        ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool,
        rows.open("a") as file,
    ):
        tasks = [pool.submit(rows_of, *case, arguments.peers) for case in missing]
        for done, task in enumerate(as_completed(tasks), 1):
            file.writelines(json.dumps(row, default=float) + "\n" for row in task.result())
            file.flush()
            if done % 100 == 0:
                print(f"{done} done", flush=True)


def main() -> None:
    """Run what is not there yet; write the tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("transport-truth"))
    parser.add_argument("--trajectories", type=int, default=100, help="of each class")
    parser.add_argument(
        "--peers", type=int, default=100, help="trajectories of each class that the peers get, too"
    )
    parser.add_argument("--classes", nargs="+", choices=CLASSES, default=list(CLASSES))
    parser.add_argument("--ions", type=int, nargs="+", default=[24])
    parser.add_argument("--lengths", type=float, nargs="+", default=[50.0])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--docs", type=Path, help="folder of the docs, whose page is brought up to date"
    )
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows = arguments.folder / "rows.jsonl"
    run(arguments, rows)
    frame = pd.read_json(rows, lines=True)
    text = tables(frame, METHODS, OURS)
    print(text)
    (arguments.folder / "tables.md").write_text(text, encoding="utf-8")
    draw(frame, METHODS, arguments.folder)
    if arguments.docs:
        page = arguments.docs / "validation" / "diffusivities_tables.md"
        page.write_text(text, encoding="utf-8")
        draw(frame, METHODS, arguments.docs / "images" / "walks")


if __name__ == "__main__":
    main()
