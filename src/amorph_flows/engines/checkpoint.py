"""Where an MD run was when it was killed, so that its rest can be run."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ase import Atoms

FloatArray = npt.NDArray[np.float64]


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
    thermostat
        Positions and momenta of the Nosé-Hoover chain, shape ``(2, n_chain)``; empty for NVE.
    n_bytes
        Size of the file of frames.
    """

    key: str
    step: int
    positions: FloatArray
    momenta: FloatArray
    thermostat: FloatArray
    n_bytes: int

    def write(self, path: Path) -> None:
        """Replace the checkpoint file in one step.

        Parameters
        ----------
        path
            The file, ``.npz``.
        """
        temporary = path.with_suffix(".new.npz")
        np.savez(temporary, allow_pickle=False, **vars(self))
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path, key: str) -> Checkpoint | None:
        """Return the checkpoint of a run, or None where there is none of it.

        Parameters
        ----------
        path
            The file, ``.npz``.
        key
            Hash of what the run is.
        """
        try:
            with np.load(path, allow_pickle=False) as held:
                if str(held["key"]) != key:
                    return None
                return cls(
                    key=key,
                    step=int(held["step"]),
                    positions=held["positions"],
                    momenta=held["momenta"],
                    thermostat=held["thermostat"],
                    n_bytes=int(held["n_bytes"]),
                )
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
    digest = hashlib.sha256("\n".join(settings).encode())
    for array in (atoms.numbers, atoms.cell.array, atoms.positions, atoms.get_momenta()):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
