"""Stored documents as the files that other programs read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols
from ase.io import write as write_ase
from jobflow import JobStore

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.datasets.io import write_cfg, write_extxyz
from amorph_flows.errors import InputError
from amorph_flows.lammps.dump import load_trajectory
from amorph_flows.potentials.stored import LAMMPS_FILE, check_files, write_lammps
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.store import load_document
from amorph_flows.store.embedded import EmbeddedStore

_PARTS = ("training", "validation", "test_random", "test_blocks")


def export_document(
    store: JobStore | EmbeddedStore, uuid: str, target: str | Path, part: str | None = None
) -> list[Path]:
    """Write a stored document as files for other programs and return them.

    Parameters
    ----------
    store
        A connected job store.
    uuid
        uuid of the document, or the beginning of it.
    target
        For frames (a dataset, labels, saved configurations) a ``.extxyz`` or ``.cfg`` file, for a
        trajectory ``.extxyz``, for a potential one of its files, by its ending, such as ``.mtp``,
        or a folder for all of them and LAMMPS's input lines. Nothing that is there is replaced.
    part
        Only these frames of a dataset: training, validation, test_random or test_blocks.

    Raises
    ------
    InputError
        If the document cannot be written so, or the target is there already.
    TrajectoryError
        If the file of a trajectory is gone or was changed.
    """
    path = Path(target)
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise InputError(f"{path} exists already; name a new file or an empty folder")
    document = load_document(store, uuid)
    if part is not None and (part not in _PARTS or not hasattr(document, part)):
        raise InputError(f"{part!r} is not a part of a dataset; the parts are {', '.join(_PARTS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(document, PotentialDoc):
        return _potential(document, path)
    if isinstance(document, TrajectoryDoc):
        return [_trajectory(document, path)]
    return [_frames(document, path, part)]


def _potential(doc: PotentialDoc, path: Path) -> list[Path]:
    if path.suffix and not path.is_dir():
        check_files(doc)
        path.write_bytes(_only_file(doc, path.suffix))
        return [path]
    write_lammps(doc, path)
    return sorted(path.iterdir(), key=lambda file: (file.name == LAMMPS_FILE, file.name))


def _only_file(doc: PotentialDoc, suffix: str) -> bytes:
    names = [name for name in doc.files if name not in doc.grade_files]
    found = [doc.files[name] for name in names if name.endswith(suffix) or len(names) == 1]
    if len(found) != 1:
        raise InputError(
            f"the potential has {len(found)} files that end in {suffix}; it has "
            f"{', '.join(sorted(doc.files))}: name a folder for all of them"
        )
    return found[0]


def _trajectory(doc: TrajectoryDoc, path: Path) -> Path:
    _check_suffix(path, ".extxyz", ".xyz")
    run = load_trajectory(doc.trajectory, doc.temperature_k)
    cells = np.broadcast_to(run.cells, (run.n_frames, 3, 3))
    frames = []
    for positions, cell, time_fs in zip(run.positions, cells, run.times_fs, strict=True):
        atoms = Atoms(numbers=run.numbers, positions=positions, cell=cell, pbc=True)
        atoms.info = {"time_fs": float(time_fs), "temperature_k": doc.temperature_k}
        frames.append(atoms)
    write_ase(path, frames, format="extxyz")
    return path


def _frames(document: StageDocument, path: Path, part: str | None) -> Path:
    frames = getattr(document, "frames", None)
    if not isinstance(frames, FrameSet):
        raise InputError(
            f"{type(document).__name__} cannot be written as files; potentials, trajectories, and "
            "documents with frames such as datasets and labels can"
        )
    _check_suffix(path, ".extxyz", ".xyz", ".cfg")
    chosen = frames.take(getattr(document, part)) if part else frames
    if path.suffix != ".cfg":
        return write_extxyz(path, chosen)
    return write_cfg(path, chosen, _species_of(chosen))


def _species_of(frames: FrameSet) -> list[str]:
    """Return the elements of some frames by atomic number: the types of a ``.cfg`` file.

    Parameters
    ----------
    frames
        Any frames.
    """
    numbers = sorted({int(number) for frame in frames for number in np.unique(frame.numbers)})
    return [chemical_symbols[number] for number in numbers]


def _check_suffix(path: Path, *allowed: str) -> None:
    if path.suffix not in allowed:
        raise InputError(f"{path} must end in {' or '.join(allowed)}")
