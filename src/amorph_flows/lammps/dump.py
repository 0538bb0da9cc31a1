"""LAMMPS dumps: where each frame is, and the trajectory that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from amorph_flows.analysis.readers import read_trajectory
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import TrajectoryError
from amorph_flows.hashes import sha256_of_file
from amorph_flows.schemas.production_md import FileReference

_FORMAT = "lammps-dump"


def frame_offsets(path: Path) -> Iterator[tuple[int, int, int]]:
    """Yield step, first byte and end of each whole frame of a dump.

    Parameters
    ----------
    path
        The dump.
    """
    with path.open("rb") as file:
        while True:
            start = file.tell()
            step, n_atoms = None, None
            for line in iter(file.readline, b""):
                if line.startswith(b"ITEM: TIMESTEP"):
                    step = file.readline()
                elif line.startswith(b"ITEM: NUMBER OF ATOMS"):
                    n_atoms = file.readline()
                elif line.startswith(b"ITEM: ATOMS"):
                    break
            if not (step and n_atoms and n_atoms.endswith(b"\n")):
                return
            last = b""
            for _ in range(int(n_atoms)):
                last = file.readline()
            if not last.endswith(b"\n"):
                return
            yield int(step), start, file.tell()


def reference_of(path: Path, species: list[str]) -> FileReference:
    """Return the reference to a dump; one that does not exist yet is made, empty.

    Parameters
    ----------
    path
        The dump.
    species
        Element symbol of each LAMMPS type, in order.
    """
    path.touch()
    return FileReference(
        path=str(path.resolve()),
        format=_FORMAT,
        sha256=sha256_of_file(path),
        n_frames=sum(1 for _ in frame_offsets(path)),
        species=species,
    )


def load_trajectory(reference: FileReference, temperature_k: float | None = None) -> Trajectory:
    """Return the trajectory that a reference stands for.

    Parameters
    ----------
    reference
        A dump with its species.
    temperature_k
        The temperature that the run was held at, K.

    Raises
    ------
    TrajectoryError
        If the file is gone, was changed, or holds no frame.
    """
    path = Path(reference.path)
    if not path.is_file():
        raise TrajectoryError(f"{path} is gone; restore it or run the MD again")
    if sha256_of_file(path) != reference.sha256:
        raise TrajectoryError(f"{path} is not the file that was written; run the MD again")
    return read_dump(path, reference.species, temperature_k)


def read_dump(path: Path, species: list[str], temperature_k: float | None = None) -> Trajectory:
    """Read a dump as this package writes it: with times and their units, whatever its name.

    Parameters
    ----------
    path
        The dump.
    species
        Element symbol of each LAMMPS type, in order.
    temperature_k
        The temperature that the run was held at, K.

    Raises
    ------
    TrajectoryError
        If it holds no whole frame, or neither times nor their units.
    """
    return read_trajectory(path, temperature_k=temperature_k, species=species, file_format=_FORMAT)
