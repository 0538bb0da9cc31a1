"""Rings, coordination, Qn and S(Q) of published glasses, beside vitrum and amorphouspy.

The peers have an environment of their own, whose interpreter is named::

    uv venv PEERS --python 3.11
    uv pip install --python PEERS/bin/python 'vitrum==1.1.*' amorphouspy==0.5.1 pydantic
    python bench/glass_peers.py PEERS/bin/python --page docs/benchmarks.md

(amorphouspy imports pydantic without asking for it.) Times are CPU times on one thread, the least
of two, of the calculation alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from _glass_peer_rules import (
    angle_rings_avoiding_neighbours,
    contracted_rings,
    crystals,
)
from _page import write_results
from amorph_flows.analysis import (
    coordination_numbers,
    guttman_rings,
    king_rings,
    network_statistics,
    primitive_rings,
    radial_distribution,
    structure_factor,
    structure_factor_from_rdf,
)
from amorph_flows.arrays import FloatArray
from nafepo4_glasses import DATA, published

GLASSES = ("glass_300K_ACE_1", "glass_300K_ACE_2", "glass_300K_BMP_1")
BONDS = {("P", "O"): 2.3, ("Fe", "O"): 2.75}
SEARCHES = {"guttman": guttman_rings, "king": king_rings, "primitive": primitive_rings}
LARGEST = {"guttman": 12, "king": 6, "primitive": 4}
KNOWN: dict[str, tuple[str, dict[tuple[str, str], float], dict[int, int]]] = {
    "cristobalite": ("guttman", {("Si", "O"): 2.0}, {6: 128}),
    "edge-sharing pair": ("guttman", {("Si", "O"): 2.0}, {2: 1}),
    "oxygen of three": ("guttman", {("Si", "O"): 2.0}, {}),
    "simple cubic": ("king", {("Po", "Po"): 3.2}, {4: 3 * 216, 6: 6 * 216}),
}
"""By which definition, bonds, rings; King's in the cubic one are squares and pairs of squares."""
Q, REACH_A, WIDE_A = np.linspace(0.5, 15.0, 500), 10.0, 17.0
PEERS = ("vitrum", "amorphouspy")
REPEATS = 2

Answers = dict[tuple[str, str, str], dict[str, Any]]
"""By structure, peer and what was asked."""


def settings_of_rings(kind: str, bonds: dict[tuple[str, str], float]) -> dict[str, Any]:
    """Return what the peers are asked about rings."""
    cutoffs = [[list(pair), cutoff] for pair, cutoff in bonds.items()]
    return {"is": "rings", "kind": kind, "largest": LARGEST[kind], "cutoffs": cutoffs}


def settings_of_scattering(reach_a: float) -> dict[str, Any]:
    """Return what the peers are asked about S(Q)."""
    return {"is": "structure_factor", "q": [Q[0], Q[-1]], "n": len(Q), "reach_a": reach_a}


ASKED: dict[str, dict[str, Any]] = {
    **{f"{kind} rings": settings_of_rings(kind, BONDS) for kind in SEARCHES},
    "coordination of Fe": {"is": "coordination", "pair": ["Fe", "O"], "cutoff": BONDS["Fe", "O"]},
    "Qn of P": {"is": "qn", "pair": ["P", "O"], "cutoff": BONDS["P", "O"]},
    "S(Q)": settings_of_scattering(REACH_A),
    "S(Q) by wave vectors": settings_of_scattering(REACH_A),
}


def ours(atoms: Atoms) -> dict[str, Callable[[], Any]]:
    """Return the functions of this package that answer the same."""
    cations = [pair[0] for pair in BONDS]
    return {
        **{
            f"{kind} rings": partial(search, atoms, cations, "O", BONDS, LARGEST[kind])
            for kind, search in SEARCHES.items()
        },
        "coordination of Fe": partial(coordination_numbers, atoms, "Fe", "O", BONDS["Fe", "O"]),
        "Qn of P": partial(network_statistics, atoms, "P", cutoffs_a=BONDS),
        "S(Q)": partial(transformed, atoms, {}),
        "S(Q) by wave vectors": lambda: structure_factor(atoms).neutron(),
    }


def transformed(atoms: Atoms, lengths_fm: dict[str, float]) -> FloatArray:
    """Return the neutron S(Q) as the sine transform of g(r) up to a distance, as the peers do."""
    rdf = radial_distribution(atoms, REACH_A, len(Q), own_images=False)
    return structure_factor_from_rdf(rdf, Q).neutron(lengths_fm)


def best(function: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """Return what a function finds, and the least CPU time of its repeats."""
    seconds, found = [], None
    for _ in range(repeats):
        began = time.process_time()
        found = function()
        seconds.append(time.process_time() - began)
    return found, min(seconds)


def ask(python: str, glasses: dict[str, Atoms]) -> tuple[Answers, dict[str, str]]:
    """Return the peers' answers and their versions."""
    structures = {**glasses, **crystals()}
    asked: dict[tuple[str, str, str], dict[str, Any]] = {}
    for n, glass in enumerate(glasses):
        for label, settings in ASKED.items():
            for peer in PEERS:
                if peer == "vitrum" or settings.get("kind", "guttman") == "guttman":
                    asked[glass, peer, label] = settings | {"repeats": 1 if n else REPEATS}
    first = next(iter(glasses))
    for peer in PEERS:
        asked[first, peer, "wide S(Q)"] = settings_of_scattering(WIDE_A) | {"repeats": 1}
    for name, (kind, bonds, _) in KNOWN.items():
        for peer in PEERS if kind == "guttman" else PEERS[:1]:
            asked[name, peer, "rings"] = settings_of_rings(kind, bonds) | {"repeats": 1}
    questions = [
        settings | {"structure": name, "function": f"{peer}_{settings['is']}"}
        for (name, peer, _), settings in asked.items()
    ]
    told = {
        name: {
            "numbers": atoms.numbers.tolist(),
            "positions": atoms.positions.tolist(),
            "cell": atoms.cell.array.tolist(),
        }
        for name, atoms in structures.items()
    }
    run = subprocess.run(
        [python, Path(__file__).parent / "_glass_peers.py"],
        input=json.dumps({"structures": told, "questions": questions}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "PYTHONPATH": ""},
    )
    reply = json.loads(run.stdout)
    return dict(zip(asked, reply["answers"], strict=True)), reply["versions"]


def plain(found: Any) -> dict[str, float]:
    """Return counts or shares of what was found here, as the peers give them."""
    if hasattr(found, "sizes"):
        return {str(size): number for size, number in found.distribution.items()}
    shares = found.qn if hasattr(found, "qn") else found.distribution
    return {str(n): float(share) for n, share in enumerate(shares) if share}


def agree(here: dict[str, float], there: dict[str, float]) -> bool:
    """Return whether counts or shares are the same."""
    return here.keys() == there.keys() and all(abs(here[n] - there[n]) < 1e-9 for n in here)


def written(counts: dict[Any, int]) -> str:
    """Return counts as text."""
    return ", ".join(f"{size}: {number}" for size, number in counts.items()) or "none"


def compare(glasses: dict[str, Atoms], answers: Answers, versions: dict[str, str]) -> str:
    """Return times and what agrees, as Markdown."""
    heads = " | ".join(f"{peer} {versions[peer]} | times" for peer in PEERS)
    times = [f"| CPU s | here | {heads} |", f"|{' --- |' * 6}"]
    same = [f"| found in {len(glasses)} glasses | vitrum | amorphouspy |", f"|{' --- |' * 3}"]
    found: dict[tuple[str, str], Any] = {}
    for n, (glass, atoms) in enumerate(glasses.items()):
        for label, function in ours(atoms).items():
            found[glass, label], seconds = best(function, 1 if n else REPEATS)
            if not n:
                peers = [answers.get((glass, peer, label)) for peer in PEERS]
                cells = (
                    f"{p['seconds']:.3g} | {p['seconds'] / seconds:.2g}" if p else " | "
                    for p in peers
                )
                limit = f", up to {LARGEST[label[:-6]]} cations" if "rings" in label else ""
                times.append(f"| {label}{limit} | {seconds:.3g} | {' | '.join(cells)} |")
    for label in [label for label in ASKED if "S(Q)" not in label]:
        cells = []
        for peer in PEERS:
            theirs = [answers.get((glass, peer, label)) for glass in glasses]
            equal = [
                agree(plain(found[glass, label]), answer["found"])
                for glass, answer in zip(glasses, theirs, strict=True)
                if answer
            ]
            cells.append("same" if all(equal) and equal else "other" if equal else "")
        same.append(f"| {label} | {' | '.join(cells)} |")
    king, bonded = [], []
    for glass, atoms in glasses.items():
        rings = angle_rings_avoiding_neighbours(atoms, BONDS, LARGEST["king"])
        there = answers[glass, "vitrum", "king rings"]["found"]
        king.append(agree({str(size): n for size, n in rings.items()}, there))
        rings = contracted_rings(atoms, BONDS, LARGEST["guttman"])
        there = answers[glass, "amorphouspy", "guttman rings"]["found"]
        bonded.append(agree({str(size): n for size, n in rings.items()}, there))
    same.append(f"| King's by vitrum's rules | {'same' if all(king) else 'other'} | |")
    same.append(f"| Guttman's of cations alone | | {'same' if all(bonded) else 'other'} |")
    first = GLASSES[0]
    counts = [
        f"- {first}, {label}: {written(plain(found[first, label]))} here"
        + "".join(
            f"; {written(answers[first, peer, label]['found'])} by {peer}"
            for peer in PEERS
            if (first, peer, label) in answers
            and not agree(plain(found[first, label]), answers[first, peer, label]["found"])
        )
        + "."
        for label in ASKED
        if "rings" in label
    ]
    return "\n".join([*times, "", *same, "", *counts, ""])


def known(answers: Answers) -> str:
    """Return the rings of structures that have known ones, as Markdown."""
    lines = ["| rings | known | here | vitrum | amorphouspy |", f"|{' --- |' * 5}"]
    for name, (kind, bonds, wanted) in KNOWN.items():
        atoms, ((first, second), *_) = crystals()[name], bonds
        anion = None if first == second else second
        here = SEARCHES[kind](atoms, first, anion, bonds, LARGEST[kind]).distribution
        peers = [answers.get((name, peer, "rings")) for peer in PEERS]
        cells = [written(here), *(written(p["found"]) if p else "" for p in peers)]
        lines.append(f"| {name}, by {kind} | {written(wanted)} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def scattering(glasses: dict[str, Atoms], answers: Answers) -> str:
    """Return how far the S(Q) are apart, as Markdown."""
    apart: dict[str, list[float]] = {peer: [] for peer in PEERS}
    for glass, atoms in glasses.items():
        for peer in PEERS:
            there = answers[glass, peer, "S(Q)"]["found"]
            here = transformed(atoms, there.get("lengths", {}))
            apart[peer].append(float(np.abs(here - there["s"]).max()))
    first = next(iter(glasses))
    wide = {p: np.array(answers[first, p, "wide S(Q)"]["found"]["s"]) for p in PEERS}
    few, every = (structure_factor(glasses[first], vectors_per_bin=n) for n in (500, 10**6))
    direct = [_rms(found.q_inv_a, found.neutron(), wide["vitrum"]) for found in (few, every)]
    return (
        f"- S(Q) as the sine transform of our g(r) up to {REACH_A:g} Å, with each peer's own "
        f"scattering lengths, differs from vitrum's by at most {max(apart['vitrum']):.1e} and from "
        f"amorphouspy's by at most {max(apart['amorphouspy']):.1e} in {len(glasses)} glasses.\n"
        f"- `structure_factor`, without g(r), differs from vitrum's up to {WIDE_A:g} Å by "
        f"{direct[0]:.3f} (root mean square) with {few.n_vectors.sum()} wave vectors and by "
        f"{direct[1]:.3f} with all {every.n_vectors.sum()}.\n"
        f"- Up to {WIDE_A:g} Å amorphouspy's differs from vitrum's by up to "
        f"{np.abs(wide['amorphouspy'] - wide['vitrum']).max():.3g}.\n"
    )


def _rms(q: FloatArray, here: FloatArray, there: FloatArray) -> float:
    inside = (q > Q[0]) & (q < Q[-1])
    apart = here[inside] - np.interp(q[inside], Q, there)
    return float(np.sqrt(np.mean(apart**2)))


def main() -> None:
    """Measure and print; bring the page up to date if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", help="interpreter of the environment with the peers")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the published glasses")
    parser.add_argument("--page", type=Path, help="page of the docs to bring up to date")
    a = parser.parse_args()
    glasses = {name: published(a.data, name) for name in GLASSES}
    answers, versions = ask(a.python, glasses)
    parts = [compare(glasses, answers, versions), known(answers), scattering(glasses, answers)]
    text = "\n".join(parts)
    print(text)
    if a.page:
        write_results(a.page, text, "peers")


if __name__ == "__main__":
    main()
