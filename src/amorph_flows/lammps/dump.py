"""Trajectories of LAMMPS runs as documents refer to them."""

from __future__ import annotations

from pathlib import Path

from amorph_flows.analysis.readers import read_trajectory
from amorph_flows.analysis.readers.dump_text import frames_of
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import TrajectoryError
from amorph_flows.hashes import sha256_of_file
from amorph_flows.schemas.production_md import FileReference

_FORMAT = "lammps-dump"


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
        n_frames=sum(len(frames) for frames in frames_of(path)),
        species=species,
    )


def last_frame_step(path: Path) -> int | None:
    """Return the MD step of the last whole frame of a dump, or None if there is none.

    Parameters
    ----------
    path
        The dump; it may be absent.
    """
    if not path.exists():
        return None
    steps = [frame.step for frames in frames_of(path) for frame in frames]
    return steps[-1] if steps else None


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
        raise TrajectoryError(f"{path} does not exist any more; restore it or run the MD again")
    if sha256_of_file(path) != reference.sha256:
        raise TrajectoryError(f"{path} is not the file that was written; run the MD again")
    return read_trajectory(
        path, temperature_k=temperature_k, species=reference.species, file_format=reference.format
    )
