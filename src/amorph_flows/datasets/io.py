"""Reading and writing frames: extended XYZ and MLIP-2 ``.cfg``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.io import iread
from ase.io.extxyz import key_val_dict_to_str

from amorph_flows.datasets.cfg import iter_cfg, read_cfg, write_cfg
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.errors import InputError

__all__ = [
    "append_extxyz",
    "iter_cfg",
    "iter_whole_extxyz",
    "read_cfg",
    "read_extxyz",
    "write_cfg",
    "write_extxyz",
]


def write_extxyz(path: str | Path, frames: Iterable[Frame]) -> Path:
    """Write frames as extended XYZ, every number exactly, provenance as JSON in the comment line.

    Parameters
    ----------
    path
        The file; an existing one is replaced.
    frames
        Labelled or unlabelled frames.

    Returns
    -------
    Path
        The file.
    """
    path = Path(path)
    with path.open("w", encoding="utf-8") as file:
        for frame in frames:
            file.write(_text(frame))
    return path


def append_extxyz(path: str | Path, frame: Frame) -> None:
    """Append a frame to an extended XYZ file, and wait until it is on the disk.

    Parameters
    ----------
    path
        The file; made if absent.
    frame
        A labelled or unlabelled frame.
    """
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(_text(frame))
        file.flush()
        os.fsync(file.fileno())


def iter_whole_extxyz(path: str | Path) -> Iterator[tuple[Frame, int]]:
    """Yield the frames of a file up to the first one that is torn or damaged.

    Parameters
    ----------
    path
        A file that `append_extxyz` was writing when its process may have been killed.

    Yields
    ------
    tuple of Frame and int
        A frame, and the offset in the file at which it ends.
    """
    end = 0
    with Path(path).open("rb") as file:
        while first := file.readline():
            try:
                text = first + b"".join(file.readline() for _ in range(int(first) + 1))
                if not text.endswith(b"\n"):
                    return
                [atoms] = iread(StringIO(text.decode()), index=":", format="extxyz")
                frame = _frame(atoms)
            except (OSError, ValueError, KeyError, IndexError, TypeError):
                return
            end += len(text)
            yield frame, end


def read_extxyz(path: str | Path) -> FrameSet:
    """Read frames from extended XYZ.

    Provenance comes from the JSON key ``provenance``, or from keys of the names of its fields,
    such as ``run`` and ``temperature_k``.

    Parameters
    ----------
    path
        A file of periodic configurations. Energies are in eV, forces in eV/Å, stresses in eV/Å³,
        positive in tension, moments (``magmoms``) in µB, as ASE reads them.

    Returns
    -------
    FrameSet
        The frames, in order.

    Raises
    ------
    InputError
        If the file is absent or no extended XYZ, or a configuration is not periodic; the message
        names the file and the configuration.
    """
    path = Path(path)
    frames: list[Frame] = []
    try:
        for atoms in iread(path, index=":", format="extxyz"):
            frames.append(_frame(atoms))  # noqa: PERF401 the count is needed in the error
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(
            f"{path}, configuration {len(frames) + 1}: cannot be read as extended XYZ ({error})"
        ) from error
    if not frames:
        raise InputError(f"{path}: holds no configuration")
    return FrameSet(frames)


def _text(frame: Frame) -> str:
    """Return one configuration of an extended XYZ file."""
    held = {"pos": frame.positions, "forces": frame.forces, "magmoms": frame.magmoms}
    columns = {
        name: np.reshape(array, (frame.n_atoms, -1))
        for name, array in held.items()
        if array is not None
    }
    properties = ["species:S:1", *(f"{name}:R:{a.shape[1]}" for name, a in columns.items())]
    info: dict[str, Any] = {
        "Lattice": " ".join(_exact(x) for x in frame.cell.ravel()),
        "Properties": ":".join(properties),
    }
    if frame.energy_ev is not None:
        info["energy"] = _exact(frame.energy_ev)
    if frame.stress is not None:
        info["stress"] = " ".join(_exact(x) for x in frame.stress.ravel())
    info["pbc"] = "T T T"
    if known := _known(frame.provenance):
        info["provenance"] = known
    symbols = Atoms(frame.numbers).get_chemical_symbols()
    rows = np.hstack(list(columns.values()))
    lines = [str(frame.n_atoms), key_val_dict_to_str(info)]
    lines += [
        " ".join([symbol, *(_exact(x) for x in row)])
        for symbol, row in zip(symbols, rows, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _frame(atoms: Atoms) -> Frame:
    if not atoms.pbc.all() or atoms.cell.rank < 3:
        raise ValueError("it is not periodic in three directions")
    unset = asdict(Provenance())
    held = atoms.info.get("provenance", atoms.info)
    known: dict[str, Any] = {name: held[name] for name in unset if name in held}
    for name, value in known.items():
        known[name] = str(value) if unset[name] == "" else _plain(value)
    return Frame.from_atoms(atoms, Provenance(**known))


def _known(provenance: Provenance) -> dict[str, Any]:
    """Return the fields of a provenance that are set."""
    unset = asdict(Provenance())
    held = asdict(provenance)
    return {name: _plain(value) for name, value in held.items() if value != unset[name]}


def _plain(value: Any) -> Any:
    """Return a numpy scalar as a Python number."""
    return value.item() if isinstance(value, np.generic) else value


def _exact(value: float) -> str:
    return repr(float(value))
