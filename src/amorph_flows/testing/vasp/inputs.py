"""Read what VASP reads, and stop where it would stop or compute something else."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.arrays import FloatArray
from amorph_flows.testing.vasp.tags import Value, VaspStop, read_incar


@dataclass(frozen=True)
class VaspInputs:
    """What VASP reads.

    Parameters
    ----------
    tags
        Of INCAR.
    cell, scaled
        Of POSCAR: row vectors, Å, and positions in the cell.
    velocities
        Å/fs, shape ``(n_atoms, 3)``; None where POSCAR has none.
    cell_velocities
        Of the cell's vectors, Å/fs, shape ``(3, 3)``; None where POSCAR has none.
    groups
        Symbols and numbers of atoms, as in POSCAR.
    titles
        ``TITEL`` of each POTCAR.
    valence
        ``ZVAL`` of each POTCAR.
    divisions
        Of the mesh.
    kpoints
        Its points, shape ``(n_points, 3)``.
    """

    tags: dict[str, Value]
    cell: FloatArray
    scaled: FloatArray
    velocities: FloatArray | None
    cell_velocities: FloatArray | None
    groups: list[tuple[str, int]]
    titles: list[str]
    valence: list[float]
    divisions: tuple[int, int, int]
    kpoints: FloatArray

    def get(self, tag: str, default: Any) -> Any:
        """Return the value of a tag, or VASP's default.

        Parameters
        ----------
        tag
            Its name.
        default
            What VASP takes without it.
        """
        return self.tags.get(tag, default)

    @property
    def symbols(self) -> list[str]:
        """Of the atoms."""
        return [symbol for symbol, count in self.groups for _ in range(count)]

    @property
    def kind(self) -> str:
        """``"static"``, ``"relax"`` or ``"md"``."""
        if self.get("NSW", 0) == 0:
            return "static"
        return "md" if self.get("IBRION", 0) == 0 else "relax"


def read_inputs(folder: Path) -> VaspInputs:
    """Read INCAR, POSCAR, POTCAR and KPOINTS.

    Parameters
    ----------
    folder
        Where they are.

    Raises
    ------
    VaspStop
        If one is missing, malformed or does not fit the others, or a tag is missing that such a
        calculation needs.
    """
    for name in ("INCAR", "POSCAR", "POTCAR"):
        if not (folder / name).is_file():
            raise VaspStop(f"ERROR: there is no file {name}")
    tags = read_incar(folder / "INCAR")
    cell, scaled, velocities, cell_velocities, groups = _read_poscar(folder / "POSCAR")
    titles, valence = _read_potcar(folder / "POTCAR", [symbol for symbol, _ in groups])
    divisions = _read_mesh(folder / "KPOINTS", tags, cell)
    axes = [np.arange(n) / n for n in divisions]
    kpoints = np.array(list(itertools.product(*axes)))
    kpoints = kpoints - np.round(kpoints)
    inputs = VaspInputs(
        tags,
        cell,
        scaled,
        velocities,
        cell_velocities,
        groups,
        titles,
        valence,
        divisions,
        kpoints,
    )
    _require_tags(inputs)
    return inputs


_Poscar = tuple[FloatArray, FloatArray, FloatArray | None, FloatArray | None, list[tuple[str, int]]]


def _read_poscar(path: Path) -> _Poscar:
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        scale, cell = float(lines[1]), _rows(lines[2:5], 3)
        symbols, counts = lines[5].split(), [int(n) for n in lines[6].split()]
        groups, n_atoms = list(zip(symbols, counts, strict=True)), sum(counts)
        positions = _rows(lines[8 : 8 + n_atoms], n_atoms)
        mode = lines[7].strip()[0].lower()
    except (IndexError, ValueError) as error:
        raise VaspStop(f"ERROR: POSCAR is malformed: {error}") from error
    if scale <= 0 or mode not in "dck" or not set(symbols) <= set(atomic_numbers):
        raise VaspStop(f"ERROR: POSCAR: scale {scale}, mode {lines[7]!r}, species {symbols}")
    cell = cell * scale
    scaled = positions if mode == "d" else scale * positions @ np.linalg.inv(cell)
    rest = [line for line in lines[8 + n_atoms :] if line.strip()]
    try:
        cell_velocities = None
        if rest and rest[0].lower().startswith("lattice velocities"):
            cell_velocities, rest = _rows(rest[2:8], 6)[:3], rest[8:]
        velocities = _rows(rest, n_atoms) if rest else None
    except ValueError as error:
        raise VaspStop(f"ERROR: POSCAR: velocities: {error}") from error
    return cell, scaled, velocities, cell_velocities, groups


def _rows(lines: list[str], expected: int) -> FloatArray:
    """Return the first three numbers of each line."""
    if len(lines) != expected:
        raise ValueError(f"{len(lines)} lines in the place of {expected}")
    return np.array([[float(word) for word in line.split()[:3]] for line in lines]).reshape(-1, 3)


def _read_potcar(path: Path, symbols: list[str]) -> tuple[list[str], list[float]]:
    text = path.read_text(encoding="utf-8")
    titles = re.findall(r"TITEL\s*=\s*(.+)", text)
    valence = [float(value) for value in re.findall(r"ZVAL\s*=\s*([\d.]+)", text)]
    if len(titles) != len(symbols) or len(valence) != len(symbols):
        raise VaspStop(
            f"ERROR: number of potentials on File POTCAR incompatible with number of species: "
            f"{len(titles)} and {len(symbols)}"
        )
    for title, symbol in zip(titles, symbols, strict=True):
        if title.split()[1].split("_")[0] != symbol:
            raise VaspStop(f"ERROR: the order of POTCAR ({title}) and POSCAR ({symbol}) differs")
    return [title.strip() for title in titles], valence


def _read_mesh(path: Path, tags: dict[str, Value], cell: FloatArray) -> tuple[int, int, int]:
    if not path.is_file():
        spacing = tags.get("KSPACING")
        if not isinstance(spacing, float):
            raise VaspStop("ERROR: there is neither KPOINTS nor KSPACING")
        lengths = 2 * math.pi * np.linalg.norm(np.linalg.inv(cell).T, axis=1)
        a, b, c = (max(1, math.ceil(length / spacing)) for length in lengths)
        return a, b, c
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        automatic, scheme = int(lines[1].split()[0]), lines[2].strip()[:1].lower()
        a, b, c = (int(n) for n in lines[3].split()[:3])
    except (IndexError, ValueError) as error:
        raise VaspStop("Error reading KPOINTS file") from error
    if automatic != 0 or scheme not in ("g", "m") or min(a, b, c) < 1:
        raise VaspStop(f"Error reading KPOINTS file: no mesh in {lines[1:4]}")
    return a, b, c


_ALWAYS = ("ENCUT", "EDIFF", "ISMEAR", "NELM", "PREC")
_BY_KIND = {
    "static": (),
    "relax": ("IBRION", "ISIF", "EDIFFG"),
    "md": ("IBRION", "ISIF", "POTIM", "TEBEG", "MDALGO"),
}


def _require_tags(inputs: VaspInputs) -> None:
    needed = [*_ALWAYS, *_BY_KIND[inputs.kind]]
    if inputs.get("IBRION", -1) == 0 and inputs.kind != "md":
        raise VaspStop("IBRION = 0 without NSW: there is no MD without steps")
    if inputs.get("ISMEAR", -5) >= 0:
        needed.append("SIGMA")
    if inputs.get("ISPIN", 1) == 2:
        needed.append("MAGMOM")  # VASP would take 1 for every atom
    if inputs.get("LDAU", False):
        needed += ["LDAUTYPE", "LDAUL", "LDAUU", "LDAUJ"]
    if inputs.get("MDALGO", 0) == 2:
        needed.append("SMASS")
    if inputs.get("MDALGO", 0) == 1:
        needed.append("ANDERSEN_PROB")
    if inputs.get("MDALGO", 0) == 3:
        needed += ["LANGEVIN_GAMMA", "LANGEVIN_GAMMA_L", "PMASS"]
    for tag in needed:
        if tag not in inputs.tags:
            raise VaspStop(f"INCAR: {tag} is missing for this kind of calculation")
    _require_sizes(inputs)
    _require_sense(inputs)


def _require_sizes(inputs: VaspInputs) -> None:
    n_atoms, n_species = len(inputs.scaled), len(inputs.groups)
    if inputs.get("ISPIN", 1) == 2 and len(inputs.tags["MAGMOM"]) != n_atoms:  # type: ignore[arg-type]
        raise VaspStop(f"Error reading item 'MAGMOM' from file INCAR: {n_atoms} are needed")
    if len(inputs.get("LANGEVIN_GAMMA", range(n_species))) != n_species:
        raise VaspStop(
            f"Error reading item 'LANGEVIN_GAMMA' from file INCAR: {n_species} are needed"
        )
    for tag in ("LDAUL", "LDAUU", "LDAUJ"):
        values = inputs.get(tag, None)
        if inputs.get("LDAU", False) and len(values) != n_species:
            raise VaspStop(f"Error reading item '{tag}' from file INCAR: {n_species} are needed")


def _require_sense(inputs: VaspInputs) -> None:
    beyond_gga = inputs.get("LDAU", False) or "METAGGA" in inputs.tags
    if beyond_gga and not inputs.get("LASPH", False):
        raise VaspStop("INCAR: LASPH = .TRUE. is needed with METAGGA or LDAU")
    heavy = any(atomic_numbers[symbol] > 20 for symbol, _ in inputs.groups)
    if heavy and inputs.get("LDAU", False) and inputs.get("LMAXMIX", 2) < 4:
        raise VaspStop("INCAR: LMAXMIX = 4 is needed for LDAU with d electrons")
    if any(angular not in (-1, 0, 1, 2, 3) for angular in inputs.get("LDAUL", [])):
        raise VaspStop(f"INCAR: LDAUL = {inputs.tags['LDAUL']}")
    if inputs.kind == "md":
        _require_md(inputs)
    elif inputs.kind == "relax" and inputs.get("IBRION", 0) not in (1, 2):
        raise VaspStop(f"INCAR: the stand-in cannot relax with IBRION = {inputs.tags['IBRION']}")


def _require_md(inputs: VaspInputs) -> None:
    if inputs.get("MDALGO", 0) not in (1, 2, 3):
        raise VaspStop(f"INCAR: the stand-in has no MDALGO = {inputs.tags['MDALGO']}")
    if inputs.get("MDALGO", 0) == 1 and inputs.get("ANDERSEN_PROB", 1.0) != 0:
        raise VaspStop("INCAR: the stand-in has MDALGO = 1 with ANDERSEN_PROB = 0 only")
    if inputs.get("MDALGO", 0) == 2 and inputs.get("SMASS", -3.0) < 0:
        raise VaspStop(f"INCAR: MDALGO = 2 with SMASS = {inputs.tags['SMASS']}")
    if inputs.get("POTIM", 0.0) <= 0 or inputs.get("TEBEG", 0.0) <= 0:
        raise VaspStop("INCAR: POTIM and TEBEG must be positive")
    if inputs.get("MDALGO", 0) == 3:
        _require_barostat(inputs)
    elif inputs.get("ISIF", 0) == 3:
        raise VaspStop("INCAR: MD with ISIF = 3 needs MDALGO = 3")
    elif inputs.get("ISIF", 0) != 2:
        raise VaspStop(f"INCAR: ISIF = {inputs.tags['ISIF']} gives no stress of MD in a fixed cell")


def _require_barostat(inputs: VaspInputs) -> None:
    if inputs.get("ISIF", 0) != 3:
        raise VaspStop("INCAR: the stand-in has MDALGO = 3 with ISIF = 3 only")
    if inputs.get("PMASS", 0.0) <= 0:
        raise VaspStop(f"INCAR: PMASS = {inputs.tags['PMASS']}")
    if min(*inputs.tags["LANGEVIN_GAMMA"], inputs.get("LANGEVIN_GAMMA_L", 0.0)) < 0:  # type: ignore[misc]
        raise VaspStop("INCAR: LANGEVIN_GAMMA and LANGEVIN_GAMMA_L must not be negative")
    if inputs.get("PSTRESS", 0.0) != 0:
        raise VaspStop("INCAR: the stand-in has no PSTRESS")
