"""What a ``.yace`` file holds: species, cutoff, atomic energies, number of coefficients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from amorph_flows.errors import InputError

YACE_FILE = "potential.yace"
B_BASIS_FILE = "potential.yaml"
ACTIVE_SET_FILE = "potential.asi"
ORIGIN_FILE = "active_set_of.txt"
"""Has the hash of the B-basis that the active set belongs to."""

_BOND = re.compile(r"(?m)^(\s*)(\[\d+, \d+\]):")


@dataclass(frozen=True)
class Contents:
    """What a ``.yace`` file holds.

    Parameters
    ----------
    species
        Element symbols, in the order of the file.
    cutoff
        The largest, Å.
    energies_ev
        Energy of a lone atom of each element, eV.
    powers
        Exponents of the densities in the energy of an atom.
    n_functions
        Basis functions of all elements.
    n_coefficients
        Of the functions and of the radial functions.
    """

    species: tuple[str, ...]
    cutoff: float
    energies_ev: dict[str, float]
    powers: tuple[float, ...]
    n_functions: int
    n_coefficients: int


def parse_yace(content: bytes, what: str = YACE_FILE) -> Contents:
    """Return what a ``.yace`` file holds.

    Parameters
    ----------
    content
        Of the file.
    what
        Its name, for the message.

    Raises
    ------
    InputError
        If it is damaged or no such file.
    """
    try:
        text = _BOND.sub(r'\1"\2":', content.decode())  # a list cannot be a key in Python
        return _contents(yaml.safe_load(text))
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError, IndexError) as e:
        raise InputError(
            f"{what} is cut short or no ACE potential ({type(e).__name__}: {str(e)[:80]}); give a "
            ".yace file as pace_yaml2yace of python-ace writes it"
        ) from e


def _contents(held: dict[str, Any]) -> Contents:
    species = tuple(str(element) for element in held["elements"])
    energies = [float(energy) for energy in held["E0"]]
    bonds, functions = held["bonds"], held["functions"]
    if len(bonds) != len(species) ** 2 or len(functions) != len(species):
        raise ValueError("bonds or functions of some elements are missing")
    all_functions = [one for of_element in functions.values() for one in of_element]
    return Contents(
        species=species,
        cutoff=max(float(bond["rcut"]) for bond in bonds.values()),
        energies_ev=dict(zip(species, energies, strict=True)),
        powers=tuple(float(p) for p in held["embeddings"][0]["FS_parameters"][1::2]),
        n_functions=len(all_functions),
        n_coefficients=sum(len(one["ctildes"]) for one in all_functions)
        + sum(_size(bond["radcoefficients"]) for bond in bonds.values()),
    )


def _size(nested: Any) -> int:
    return sum(map(_size, nested)) if isinstance(nested, list) else 1
