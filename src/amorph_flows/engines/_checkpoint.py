"""Checkpoints of engine MD, from which a stopped or killed run goes on."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms

from amorph_flows.arrays import FloatArray
from amorph_flows.files import replacement
from amorph_flows.hashes import sha256_of


@dataclass(frozen=True)
class Checkpoint:
    """The state of an MD run.

    Parameters
    ----------
    key
        Hash of what the run is; another run's checkpoint is not taken.
    step
        MD step.
    positions, momenta
        In ASE's units, shape ``(n_atoms, 3)``.
    state
        Of thermostat, barostat and cell, shape ``(n,)``; empty for NVE.
    n_bytes
        Size of the file of frames.
    """

    key: str
    step: int
    positions: FloatArray
    momenta: FloatArray
    state: FloatArray
    n_bytes: int

    def write(self, path: Path) -> None:
        """Replace the checkpoint file in one step.

        Parameters
        ----------
        path
            The file, ``.npz``.
        """
        write_state(path, **vars(self))

    @classmethod
    def read(cls, path: Path, key: str) -> Checkpoint | None:
        """Return the checkpoint of a run, or None if there is none of this run.

        Parameters
        ----------
        path
            The file, ``.npz``.
        key
            Hash of what the run is.
        """
        held = read_state(path, key)
        if held is None or not held.keys() >= cls.__dataclass_fields__.keys():
            return None
        return cls(
            key=key,
            step=int(held["step"]),
            positions=held["positions"],
            momenta=held["momenta"],
            state=held["state"],
            n_bytes=int(held["n_bytes"]),
        )


def write_state(path: Path, key: str, **state: npt.ArrayLike) -> None:
    """Replace a file of arrays in one step, and wait until it is on the disk.

    Parameters
    ----------
    path
        The file, ``.npz``.
    key
        Hash of what the run is.
    **state
        Numbers and arrays.
    """
    arrays = {name: np.asarray(value) for name, value in state.items()}
    with replacement(path, durable=True) as new, new.open("wb") as file:
        np.savez(file, allow_pickle=False, key=key, **arrays)


def read_state(path: Path, key: str) -> dict[str, npt.NDArray[Any]] | None:
    """Return the arrays of a run, or None if the file has none of this run.

    Parameters
    ----------
    path
        The file, ``.npz``.
    key
        Hash of what the run is.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            return dict(held) if str(held["key"]) == key else None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def run_key(atoms: Atoms, *settings: str) -> str:
    """Return the hash of a run's start and settings.

    Parameters
    ----------
    atoms
        The start, with velocities.
    *settings
        Everything else that decides how the run goes, as text.
    """
    arrays = (atoms.numbers, atoms.cell.array, atoms.positions, atoms.get_momenta())
    return sha256_of("\n".join(settings), *(np.ascontiguousarray(a).tobytes() for a in arrays))
