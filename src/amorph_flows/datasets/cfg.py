"""The MLIP-2 ``.cfg`` format, one configuration at a time.

Energies are in eV, forces in eV/Å; ``PlusStress`` is minus the stress times the volume, eV.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np
import numpy.typing as npt
from ase.data import atomic_numbers, chemical_symbols

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.errors import InputError

_VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")
_PROVENANCE = "provenance"
_GRADE = "MV_grade"
_STEP = "timestep"


def write_cfg(path: str | Path, frames: Iterable[Frame], species: Sequence[str]) -> Path:
    """Write frames as MLIP-2 ``.cfg``, every number exactly and without exponents.

    Parameters
    ----------
    path
        The file; an existing one is replaced.
    frames
        Labelled or unlabelled frames.
    species
        Element symbols in the order of the type numbers.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If a frame holds an element that ``species`` lacks.
    """
    path = Path(path)
    types = {number: index for index, number in enumerate(_numbers_of(species))}
    with path.open("w", encoding="utf-8") as file:
        for index, frame in enumerate(frames):
            for number in np.unique(frame.numbers):
                if number not in types:
                    raise InputError(
                        f"frame {index} holds {chemical_symbols[number]}, which is not among the "
                        f"species {', '.join(species)}"
                    )
            file.write(_text(frame, types))
    return path


def read_cfg(path: str | Path, species: Sequence[str]) -> FrameSet:
    """Read all frames of an MLIP-2 ``.cfg`` file.

    Parameters
    ----------
    path
        The file.
    species
        Element symbols in the order of the type numbers, which the format does not hold.

    Returns
    -------
    FrameSet
        The frames, in order; ``MV_grade`` and ``timestep`` go into their provenance.

    Raises
    ------
    InputError
        If the file is absent or damaged, or a type number has no species; the message names the
        file and the line.
    """
    return FrameSet(iter_cfg(path, species))


def iter_cfg(path: str | Path, species: Sequence[str]) -> Iterator[Frame]:
    """Read an MLIP-2 ``.cfg`` file frame by frame; see `read_cfg`.

    Parameters
    ----------
    path
        The file.
    species
        Element symbols in the order of the type numbers.

    Yields
    ------
    Frame
        The next configuration.
    """
    numbers = _numbers_of(species)
    try:
        with Path(path).open(encoding="utf-8") as file:
            reader = _Reader(Path(path), file, numbers)
            while (frame := reader.next_frame()) is not None:
                yield frame
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a .cfg file ({error})") from error


def _numbers_of(species: Sequence[str]) -> list[int]:
    unknown = [symbol for symbol in species if symbol not in atomic_numbers]
    if unknown or len(set(species)) != len(species) or not species:
        raise InputError(
            f"species {list(species)} must be distinct element symbols in the order of the types"
        )
    return [atomic_numbers[symbol] for symbol in species]


@dataclass
class _Parts:
    """The parts of one configuration that have been read so far."""

    size: int = 0
    cell: FloatArray | None = None
    columns: dict[str, FloatArray] = field(default_factory=dict)
    energy_ev: float | None = None
    plus_stress: FloatArray | None = None
    provenance: Provenance = field(default_factory=Provenance)


class _Reader:
    """Reads configurations and knows the line that it is at."""

    def __init__(self, path: Path, file: TextIO, numbers: list[int]) -> None:
        self.path, self.file, self.numbers = path, file, numbers
        self.line = 0

    def fail(self, message: str) -> NoReturn:
        raise InputError(f"{self.path}, line {self.line}: {message}")

    def words(self) -> list[str] | None:
        """Return the words of the next line that is not empty, None at the end."""
        for text in self.file:
            self.line += 1
            if words := text.split():
                return words
        return None

    def inside(self) -> list[str]:
        """Return the words of the next line of the current configuration."""
        words = self.words()
        if words is None:
            self.fail("the file ends inside a configuration; it is truncated")
        return words

    def floats(self, count: int) -> list[float]:
        words = self.inside()
        try:
            values = [float(word) for word in words]
        except ValueError:
            self.fail(f"{' '.join(words)!r} should be {count} numbers")
        if len(values) != count or not np.all(np.isfinite(values)):
            self.fail(f"{' '.join(words)!r} should be {count} finite numbers")
        return values

    def next_frame(self) -> Frame | None:
        words = self.words()
        if words is None:
            return None
        if words[0] != "BEGIN_CFG":
            self.fail(f"a configuration should begin with BEGIN_CFG, not with {words[0]!r}")
        parts = _Parts()
        while (words := self.inside())[0] != "END_CFG":
            self._read_part(parts, words[0].rstrip(":").lower(), words[1:])
        if parts.cell is None or abs(np.linalg.det(parts.cell)) < 1e-6:
            self.fail("the configuration that ends here has no cell of three independent vectors")
        virial = parts.plus_stress
        return Frame(
            numbers=self._atomic_numbers(parts.columns),
            positions=self._positions(parts.columns, parts.cell),
            cell=parts.cell,
            energy_ev=parts.energy_ev,
            forces=_vectors(parts.columns, ("fx", "fy", "fz")),
            stress=None if virial is None else -virial / abs(np.linalg.det(parts.cell)),
            provenance=parts.provenance,
        )

    def _read_part(self, parts: _Parts, keyword: str, words: list[str]) -> None:
        match keyword:
            case "size":
                parts.size = self._size()
            case "supercell":
                parts.cell = np.array([self.floats(3) for _ in range(3)])
            case "atomdata":
                parts.columns = self._columns(words, parts.size)
            case "energy":
                parts.energy_ev = self.floats(1)[0]
            case "plusstress":
                parts.plus_stress = self._plus_stress(words)
            case "feature":
                parts.provenance = self._feature(words, parts.provenance)
            case _:
                self.fail(f"unknown keyword {keyword!r}")

    def _size(self) -> int:
        words = self.inside()
        if len(words) != 1 or not words[0].isdigit() or int(words[0]) < 1:
            self.fail(f"{' '.join(words)!r} should be the number of atoms")
        return int(words[0])

    def _columns(self, names: list[str], size: int) -> dict[str, FloatArray]:
        if not size:
            self.fail("AtomData before Size")
        table = np.array([self.floats(len(names)) for _ in range(size)])
        return dict(zip(names, table.T, strict=True))

    def _plus_stress(self, names: list[str]) -> FloatArray:
        if sorted(names) != sorted(_VOIGT):
            self.fail(f"PlusStress should name {' '.join(_VOIGT)}, not {' '.join(names)}")
        xx, yy, zz, yz, xz, xy = np.array(self.floats(6))[[names.index(name) for name in _VOIGT]]
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])

    def _feature(self, words: list[str], provenance: Provenance) -> Provenance:
        name, text = (words[0] if words else ""), " ".join(words[1:])
        try:
            if name == _GRADE:
                return replace(provenance, grade=float(text))
            if name == _STEP:
                return replace(provenance, step=int(text))
            if name == _PROVENANCE:
                return replace(provenance, **json.loads(text))
        except (TypeError, ValueError):
            self.fail(f"the feature {name} has the value {text!r}, which cannot be read")
        return provenance

    def _atomic_numbers(self, columns: dict[str, FloatArray]) -> npt.NDArray[np.int64]:
        if "type" not in columns:
            self.fail("the configuration that ends here has no AtomData with types")
        types = columns["type"].astype(int)
        if types.min() < 0 or types.max() >= len(self.numbers):
            self.fail(
                f"the configuration that ends here has types {types.min()} to {types.max()}, "
                f"but {len(self.numbers)} species are given"
            )
        return np.array(self.numbers, dtype=np.int64)[types]

    def _positions(self, columns: dict[str, FloatArray], cell: FloatArray) -> FloatArray:
        cartesian = _vectors(columns, ("cartes_x", "cartes_y", "cartes_z"))
        direct = _vectors(columns, ("direct_x", "direct_y", "direct_z"))
        if cartesian is None and direct is None:
            self.fail("the configuration that ends here has no positions")
        return cartesian if cartesian is not None else np.asarray(direct) @ cell


def _vectors(columns: dict[str, FloatArray], names: Sequence[str]) -> FloatArray | None:
    if any(name not in columns for name in names):
        return None
    return np.stack([columns[name] for name in names], axis=1)


def _text(frame: Frame, types: dict[int, int]) -> str:
    """Return one configuration of a ``.cfg`` file."""
    forces = frame.forces if frame.forces is not None else np.empty((frame.n_atoms, 0))
    lines = ["BEGIN_CFG", " Size", f"    {frame.n_atoms}", " Supercell"]
    lines += [f"    {_row(vector)}" for vector in frame.cell]
    names = "cartes_x cartes_y cartes_z" + (" fx fy fz" if frame.forces is not None else "")
    lines.append(f" AtomData:  id type {names}")
    lines += [
        f"    {i + 1} {types[int(number)]} {_row(row)}"
        for i, (number, row) in enumerate(
            zip(frame.numbers, np.hstack([frame.positions, forces]), strict=True)
        )
    ]
    if frame.energy_ev is not None:
        lines += [" Energy", f"    {_row([frame.energy_ev])}"]
    if frame.stress is not None:
        virial = -frame.stress * abs(np.linalg.det(frame.cell))
        values = virial[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        lines += [f" PlusStress:  {' '.join(_VOIGT)}", f"    {_row(values)}"]
    return "\n".join([*lines, *_features(frame.provenance), "END_CFG", "", ""])


def _features(provenance: Provenance) -> list[str]:
    unset = asdict(Provenance())
    known = {k: v for k, v in asdict(provenance).items() if v != unset[k] and k != "grade"}
    lines = [f" Feature   {_PROVENANCE} {json.dumps(known)}"] if known else []
    if provenance.grade is not None:
        lines.append(f" Feature   {_GRADE} {_row([provenance.grade])}")
    return lines


def _row(values: npt.ArrayLike) -> str:
    """Return numbers exactly, without the exponents that some readers refuse."""
    return " ".join(np.format_float_positional(x, trim="0") for x in np.atleast_1d(values))
