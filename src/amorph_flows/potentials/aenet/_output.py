"""What AENET's programs print."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import CalculationError

_NUMBER = r"[-+]?\d*\.\d+(?:[EeDd][-+]?\d+)?"
_EPOCH = re.compile(rf"(?m)^\s*(\d+)\s+({_NUMBER})\s+({_NUMBER})\s+(\S+)\s+(\S+)\s*<?\s*$")
_WEIGHTS = re.compile(r"Total number of weights \(incl\. bias\)\s*:\s*(\d+)")
_ENERGY = re.compile(rf"Total energy\s*:\s*({_NUMBER})\s*eV")
_ATOM = re.compile(rf"(?m)^\s*[A-Z][a-z]?((?:\s+{_NUMBER}){{6}})\s*$")


@dataclass(frozen=True)
class Predicted:
    """Energy, eV, and forces, eV/Å, of a structure; without forces where none were asked for."""

    energy_ev: float
    forces: FloatArray


def epochs(text: str) -> list[tuple[int, float]]:
    """Return number and mean squared error of the training energies, eV²/atom², of each epoch.

    Parameters
    ----------
    text
        What train.x printed so far.
    """
    return [(int(m[1]), float(m[3].replace("D", "E")) ** 2) for m in _EPOCH.finditer(text)]


def has_converged(text: str) -> bool:
    """Return whether train.x found nothing more to gain."""
    return "The optimization has converged" in text


def n_weights(text: str) -> int:
    """Return the number of weights of all networks."""
    return sum(int(found) for found in _WEIGHTS.findall(text))


def predictions(text: str, sizes: list[int], *, forces: bool) -> list[Predicted]:
    """Return what predict.x found.

    Parameters
    ----------
    text
        What it printed.
    sizes
        Number of atoms of each structure.
    forces
        Whether they were asked for.

    Raises
    ------
    CalculationError
        If something is missing, or is not a number.
    """
    parts = re.split(r"Structure number\s*:", text)[1:]
    if len(parts) != len(sizes):
        raise CalculationError(
            f"predict.x gave {len(parts)} of {len(sizes)} structures; it said last:\n{_tail(text)}"
        )
    return [_prediction(part, size, forces) for part, size in zip(parts, sizes, strict=True)]


def _prediction(part: str, size: int, forces: bool) -> Predicted:
    energy = _ENERGY.search(part)
    rows = [found.split() for found in _ATOM.findall(part)]
    if energy is None or (forces and len(rows) != size):
        raise CalculationError(f"predict.x gave no energy or forces; it said:\n{_tail(part)}")
    table = np.array(rows, dtype=float).reshape(-1, 6)[:, 3:] if forces else np.zeros((0, 3))
    return Predicted(float(energy[1]), table)


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-10:])
