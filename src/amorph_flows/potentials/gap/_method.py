"""GAP by QUIP: a script that the interpreter of its environment runs by path."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np

XML = "gap.xml"
_LABEL = "GAP"
_VARIANCE = "local_gap_variance gap_variance_regularisation=1e-4"
"""QUIP's own 1e-3 hides how far an atom is from the sparse points; 1e-7 cannot be factorised."""

_LOSS_FRAMES = 20
_POLL_S = 0.1


def calculator(folder: str, graded: bool = False) -> Any:
    """Return QUIP's calculator; a graded one also gives the variance of each atom's energy."""
    from quippy.potential import Potential

    class Whole(Potential):
        def calculate(self, atoms: Any = None, properties: Any = None, *rest: Any) -> None:
            """Compute all that can be asked for in one go."""
            more = [] if graded else ["forces", *(["stress"] if all(atoms.pbc) else [])]
            super().calculate(atoms, [*(properties or []), "energy", *more], *rest)

    os.chdir(folder)  # the sparse points are looked for here
    made = Whole(param_filename=XML, calc_args=_VARIANCE if graded else None)
    made.set_default_properties(["energy"])
    return made


def sigmas(calculator: Any) -> Any:
    """Return the standard deviation of each atom's energy, eV."""
    return np.sqrt(np.abs(calculator.extra_results["atoms"]["local_gap_variance"]))


def fit(task: Any) -> dict[str, Any]:
    """Fit by gap_fit, which has neither steps nor checkpoints."""
    folder, settings, frames = task.folder, task.settings, task.frames("training.npz")
    for old in folder.glob(f"{XML}*"):
        old.unlink()
    _write(folder / "training.xyz", frames, settings["labels"])
    program = Path(sys.executable).with_name("gap_fit")
    task.report(0, 1)
    process = subprocess.Popen(
        [str(program), *_arguments(frames, settings)], cwd=folder, stdin=subprocess.DEVNULL
    )
    while process.poll() is None:
        if task.stopped:
            process.kill()
            raise RuntimeError("gap_fit was stopped before its end; there is no potential yet")
        time.sleep(_POLL_S)
    if process.returncode or not (folder / XML).exists():
        raise RuntimeError(f"gap_fit ended with exit code {process.returncode}")
    _rename(folder)
    task.report(1, 1, _loss(folder, frames))
    files = sorted(file.name for file in folder.glob(f"{XML}*"))
    return {
        "files": files,
        "parameters": len(re.findall(r"<sparseX\s", (folder / XML).read_text())),
    }


def _rename(folder: Path) -> None:
    """Take the time of the fit out of the label and the names of files."""
    text = (folder / XML).read_text()
    found = re.match(r"<(GAP_\w+)>", text)
    if found is None:
        raise RuntimeError(f"{XML} has no label")
    for file in folder.glob(f"{XML}.sparseX.{found[1]}*"):
        file.rename(folder / file.name.replace(found[1], _LABEL))
    (folder / XML).write_text(text.replace(found[1], _LABEL))


def _loss(folder: Path, frames: list[Any]) -> float:
    """Return the mean squared error of the energy per atom of some training frames, eV²."""
    made = calculator(str(folder))
    step = max(1, len(frames) // _LOSS_FRAMES)
    errors = [
        (made.get_property("energy", _bare(atoms)) - atoms.info["energy"]) / len(atoms)
        for atoms in frames[::step]
    ]
    return float(np.mean(np.square(errors)))


def _write(path: Path, frames: list[Any], labels: str) -> None:
    """Write frames with the labels that are fitted; gap_fit takes all that it finds."""
    from ase.io import write

    labelled = []
    for atoms in frames:
        bare = _bare(atoms)
        bare.info["gap_energy"] = atoms.info["energy"]
        if "forces" in labels:
            bare.arrays["gap_force"] = atoms.arrays["forces"]
        if "stresses" in labels and "stress" in atoms.info:
            bare.info["gap_virial"] = -atoms.info["stress"] * atoms.get_volume()
        labelled.append(bare)
    write(path, labelled, format="extxyz")


def _bare(atoms: Any) -> Any:
    from ase import Atoms

    return Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)


def _arguments(frames: list[Any], settings: dict[str, Any]) -> list[str]:
    alone = ":".join(f"{s}:{energy!r}" for s, energy in settings["reference_energies"].items())
    sigmas = (*(settings[f"{name}_sigma"] for name in ("energy", "force", "virial")), 1.0)
    return [
        "atoms_filename=training.xyz",
        f"gap={{{' : '.join(_terms(frames, settings))}}}",
        f"default_sigma={{{' '.join(map(repr, sigmas))}}}",
        f"e0={{{alone}}}",
        "energy_parameter_name=gap_energy",
        "force_parameter_name=gap_force",
        "virial_parameter_name=gap_virial",
        f"sparse_jitter={settings['jitter']!r}",
        f"rnd_seed={settings['seed'] + 1}",
        "do_copy_atoms_file=F",
        f"gp_file={XML}",
    ]


def _terms(frames: list[Any], settings: dict[str, Any]) -> list[str]:
    """Return the terms of the potential; a term without data would end gap_fit."""
    counts: dict[int, int] = {}
    for atoms in frames:
        for number in atoms.numbers.tolist():
            counts[number] = counts.get(number, 0) + 1
    numbers = sorted(counts)
    shared = (
        f"cutoff={settings['cutoff']!r} cutoff_transition_width={settings['cutoff_width']!r} "
        "add_species=F"
    )
    terms = []
    if settings["pair_delta"] > 0:
        pairs = _pairs(frames, settings["cutoff"])
        for one, two in combinations_with_replacement(numbers, 2):
            n = min(settings["pair_sparse"], pairs.get((one, two), 0))
            if n > 0:
                terms.append(
                    f"distance_2b Z1={one} Z2={two} {shared} covariance_type=ard_se "
                    f"delta={settings['pair_delta']!r} theta_uniform=1.0 sparse_method=uniform "
                    f"n_sparse={n}"
                )
    species = " ".join(map(str, numbers))
    for number in numbers:
        n = min(settings["n_sparse"], counts[number])
        terms.append(
            f"soap Z={number} n_species={len(numbers)} species_Z={{{{{species}}}}} {shared} "
            f"l_max={settings['l_max']} n_max={settings['n_max']} "
            f"atom_sigma={settings['atom_sigma']!r} zeta={settings['zeta']!r} "
            f"delta={settings['soap_delta']!r} covariance_type=dot_product n_sparse={n} "
            f"sparse_method={settings['sparse_method']}"
        )
    return terms


def _pairs(frames: list[Any], cutoff: float) -> dict[tuple[int, int], int]:
    """Return how many distances of each pair of elements there are within the cutoff."""
    from ase.neighborlist import neighbor_list

    found: dict[tuple[int, int], int] = {}
    for atoms in frames:
        i, j = neighbor_list("ij", atoms, cutoff)
        ends = np.sort(np.stack([atoms.numbers[i], atoms.numbers[j]], axis=1), axis=1)
        for (one, two), n in zip(*np.unique(ends, axis=0, return_counts=True), strict=True):
            pair = int(one), int(two)
            found[pair] = found.get(pair, 0) + int(n) // 2
    return found
