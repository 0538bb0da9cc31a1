"""What vitrum and amorphouspy find in structures; runs in their environment, not in ours.

Reads structures and questions as JSON from standard input, answers in JSON on standard output.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import warnings
from collections import Counter
from importlib.metadata import version
from typing import Any

from amorphouspy.analysis.qn_network_connectivity import compute_qn
from amorphouspy.analysis.radial_distribution_functions import compute_coordination
from amorphouspy.analysis.rings import compute_guttmann_rings
from amorphouspy.analysis.structure_factor import compute_structure_factor
from ase import Atoms
from ase.data import atomic_numbers
from vitrum.coordination import Coordination
from vitrum.rings import find_rings
from vitrum.scattering import Scattering


def vitrum_rings(atoms: Atoms, ask: dict[str, Any]) -> dict[str, int]:
    """Return how many rings of each size, in atoms of the backbone."""
    cutoffs = {tuple(pair): value for pair, value in ask["cutoffs"]}
    elements = {name for pair in cutoffs for name in pair}
    step = 1 if all(first == second for first, second in cutoffs) else 2
    found = find_rings(
        atoms[[symbol in elements for symbol in atoms.symbols]],
        bonds=list(cutoffs),
        cutoff=cutoffs,
        limit=step * ask["largest"],
        criterion=ask["kind"],
        repeat=(1, 1, 1),
    )
    return {str(size // step): n for size, n in sorted(Counter(map(len, found)).items())}


def amorphouspy_rings(atoms: Atoms, ask: dict[str, Any]) -> dict[str, int]:
    """Return how many rings of each size, in atoms of the backbone."""
    cutoffs = {tuple(pair): value for pair, value in ask["cutoffs"]}
    found, _ = compute_guttmann_rings(atoms, cutoffs, max_size=ask["largest"])
    return {str(size): n for size, n in sorted(found.items())}


def vitrum_structure_factor(atoms: Atoms, ask: dict[str, Any]) -> dict[str, Any]:
    """Return the neutron S(Q) and the scattering lengths that it rests on."""
    found = Scattering(
        atoms,
        qmin=ask["q"][0],
        qmax=ask["q"][1],
        rrange=ask["reach_a"],
        nbin=ask["n"],
        disable_progress=True,
    )
    lengths = dict(zip(found.species.tolist(), found.b.tolist(), strict=True))
    return {"s": found.get_structure_factor("neutron").tolist(), "lengths": lengths}


def amorphouspy_structure_factor(atoms: Atoms, ask: dict[str, Any]) -> dict[str, Any]:
    """Return the neutron S(Q)."""
    _, total, _ = compute_structure_factor(
        atoms,
        q_min=ask["q"][0],
        q_max=ask["q"][1],
        n_q=ask["n"],
        r_max=ask["reach_a"],
        n_bins=ask["n"],
        lorch_damping=False,
    )
    return {"s": total.tolist()}


def vitrum_coordination(atoms: Atoms, ask: dict[str, Any]) -> dict[str, float]:
    """Return the shares of coordination numbers."""
    return _shares(Coordination(atoms).get_coordination_numbers(*ask["pair"], ask["cutoff"]))


def amorphouspy_coordination(atoms: Atoms, ask: dict[str, Any]) -> dict[str, float]:
    """Return the shares of coordination numbers."""
    of, by = (atomic_numbers[symbol] for symbol in ask["pair"])
    return _shares(compute_coordination(atoms, of, ask["cutoff"], [by])[0])


def vitrum_qn(atoms: Atoms, ask: dict[str, Any]) -> dict[str, float]:
    """Return the shares of Qn."""
    former, anion = ask["pair"]
    found = Coordination(atoms).get_bridging_analysis(former, anion, [former], ask["cutoff"])
    return _shares(found)


def amorphouspy_qn(atoms: Atoms, ask: dict[str, Any]) -> dict[str, float]:
    """Return the shares of Qn."""
    former, anion = (atomic_numbers[symbol] for symbol in ask["pair"])
    return _shares(compute_qn(atoms, ask["cutoff"], [former], anion)[0])


def _shares(counts: dict[int, float]) -> dict[str, float]:
    total = sum(counts.values())
    return {str(n): float(counts[n] / total) for n in sorted(counts) if counts[n]}


def answer(atoms: Atoms, ask: dict[str, Any]) -> dict[str, Any]:
    """Return what a function finds, and the least CPU time of its repeats."""
    found, seconds = None, []
    for _ in range(ask["repeats"]):
        began = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = globals()[ask["function"]](atoms, ask)
        seconds.append(time.process_time() - began)
    return {"found": found, "seconds": min(seconds)}


def main() -> None:
    """Answer all questions."""
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    structures = {
        name: Atoms(s["numbers"], s["positions"], cell=s["cell"], pbc=True)
        for name, s in asked["structures"].items()
    }
    answers = []
    for ask in asked["questions"]:
        print(f"{ask['structure']}: {ask['function']} {ask.get('kind', '')}", file=sys.stderr)
        answers.append(answer(structures[ask["structure"]], ask))
    versions = {name: version(name) for name in ("vitrum", "amorphouspy")}
    json.dump({"answers": answers, "versions": versions}, sys.stdout)


if __name__ == "__main__":
    main()
