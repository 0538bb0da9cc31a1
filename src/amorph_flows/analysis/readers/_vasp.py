"""VASP's XDATCAR and vasprun.xml, and numbered POSCAR or CONTCAR files."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
from ase.data import atomic_numbers
from ase.io import read as ase_read

from amorph_flows.analysis.readers._frames import FrameBlock, open_bytes, open_text
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import TrajectoryError


def read_xdatcar(path: Path, species: tuple[str, ...] | None = None) -> Iterator[FrameBlock]:
    """Yield the frames of an XDATCAR; a changing cell repeats the header before each.

    Parameters
    ----------
    path
        The file.
    species
        Element of each block of atoms where the file does not name them.

    Yields
    ------
    FrameBlock
        One frame each; the order is the number after ``configuration=``.
    """
    cell, numbers = np.eye(3), np.array([], dtype=np.int64)
    with open_text(path) as stream:
        while line := stream.readline():
            if not line.lower().lstrip().startswith(("direct", "cartesian")):
                cell, numbers = _xdatcar_header(stream, path, species)
                continue
            rows = list(islice(stream, len(numbers)))
            if len(rows) < len(numbers):
                return  # a last frame that was cut off
            position = np.fromstring("".join(rows), sep=" ").reshape(-1, 3)
            if line.lower().lstrip().startswith("direct"):
                position = position @ cell
            number = re.search(r"=\s*(\d+)", line)
            yield FrameBlock(
                position[None],
                cell[None],
                numbers,
                np.array([float(number[1])]) if number else None,
                source={"format": "XDATCAR"},
            )


def _xdatcar_header(
    stream: IO[str], path: Path, species: tuple[str, ...] | None
) -> tuple[FloatArray, IntArray]:
    """Return cell and atomic numbers of a header whose comment line was read."""
    lines = list(islice(stream, 6))
    try:
        cell = float(lines[0]) * np.array([row.split() for row in lines[1:4]], dtype=float)
        symbols, counts = lines[4].split(), [int(word) for word in lines[5].split()]
        symbols = list(species) if species else [s.split("/")[0].split("_")[0] for s in symbols]
        numbers = [
            atomic_numbers[s] for s, n in zip(symbols, counts, strict=True) for _ in range(n)
        ]
    except (ValueError, KeyError, IndexError) as error:
        raise TrajectoryError(
            f"{path}: this is not an XDATCAR with element symbols ({error})"
        ) from error
    return cell, np.array(numbers, dtype=np.int64)


def read_vasprun(path: Path) -> Iterator[FrameBlock]:
    """Yield the ionic steps of a vasprun.xml with their times (POTIM, fs).

    Parameters
    ----------
    path
        The file, plain or gzipped.

    Yields
    ------
    FrameBlock
        One frame each. A file that was cut off ends with its last whole step.
    """
    numbers = np.array([], dtype=np.int64)
    potim, is_md, step = None, False, 0
    with open_bytes(path) as stream:
        try:
            for _, element in ET.iterparse(stream, events=("end",)):  # noqa: S314
                if element.tag == "incar":
                    potim = _number(element, "POTIM")
                    is_md = _number(element, "IBRION") == 0
                elif element.tag == "atominfo":
                    numbers = _vasprun_numbers(element)
                elif element.tag == "calculation":
                    step += 1
                    time = np.array([step * potim]) if is_md and potim else None
                    yield _vasprun_frame(element, numbers, step, time)
                    element.clear()
        except ET.ParseError as error:
            if not step:
                raise TrajectoryError(f"{path}: no ionic step can be read ({error})") from error


def _number(element: ET.Element, name: str) -> float | None:
    found = element.find(f"./i[@name='{name}']")
    return float(found.text) if found is not None and found.text else None


def _vasprun_numbers(element: ET.Element) -> IntArray:
    cells = element.findall("./array[@name='atoms']/set/rc/c[1]")
    symbols = [(cell.text or "").strip() for cell in cells]
    symbols = ["H" if s == "r" else s for s in symbols]
    return np.array([atomic_numbers[s] for s in symbols], dtype=np.int64)


def _vasprun_frame(
    element: ET.Element, numbers: IntArray, step: int, time: FloatArray | None
) -> FrameBlock:
    def rows(query: str) -> FloatArray:
        found = element.findall(f"./structure/{query}/v")
        return np.array([(row.text or "").split() for row in found], dtype=float)

    cell = rows("crystal/varray[@name='basis']")
    position = rows("varray[@name='positions']") @ cell
    return FrameBlock(
        position[None], cell[None], numbers, np.array([float(step)]), time,
        {"format": "vasprun.xml"},
    )  # fmt: skip


def read_poscar(path: Path) -> Iterator[FrameBlock]:
    """Yield the one frame of a POSCAR or CONTCAR; its order is the last integer in its name.

    Parameters
    ----------
    path
        The file.
    """
    atoms = ase_read(path, format="vasp")
    yield FrameBlock(
        atoms.positions[None],
        atoms.cell[:][None],
        atoms.numbers.astype(np.int64),
        np.array([float(number_in_name(path))]),
        source={"format": "POSCAR series"},
    )


def number_in_name(path: Path) -> int:
    """Return the last integer in a file's name, or in its folder's where the name has none.

    Parameters
    ----------
    path
        Such as ``POSCAR_12``, ``12.vasp`` or ``0012/CONTCAR``.

    Raises
    ------
    TrajectoryError
        If there is none.
    """
    for name in (path.name.removesuffix(".gz"), path.parent.name):
        found = re.findall(r"\d+", name)
        if found:
            return int(found[-1])
    raise TrajectoryError(
        f"{path}: neither its name nor its folder's holds an integer, so its place in time is "
        "not known; number the files"
    )
