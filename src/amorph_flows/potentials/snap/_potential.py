"""A SNAP potential, and its two files as ``pair_style snap`` reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ase.data import atomic_numbers
from typing_extensions import override

from amorph_flows.errors import InputError
from amorph_flows.potentials.in_process import NativePotential, text_of

COEFFICIENTS_FILE = "potential.snapcoeff"
PARAMETERS_FILE = "potential.snapparam"
RFAC0 = 0.99363
"""Share of the half circle that distances up to the cutoff map to, as in LAMMPS's examples."""


@dataclass(frozen=True)
class SnapBasis:
    """What decides the bispectrum components of an atom.

    Parameters
    ----------
    species
        Element symbols, in order.
    cutoff
        Of two atoms of the largest element, Å.
    twojmax
        Twice the largest angular momentum, even.
    radii
        Radius of each element; the largest is 0.5, and a pair has the cutoff
        ``cutoff * (radius_i + radius_j)``.
    weights
        Weight of each element as a neighbour.
    is_quadratic
        Whether there are terms in the products of two components.
    """

    species: tuple[str, ...]
    cutoff: float
    twojmax: int
    radii: tuple[float, ...]
    weights: tuple[float, ...]
    is_quadratic: bool = False

    @property
    def n_linear(self) -> int:
        """Number of bispectrum components."""
        j = self.twojmax // 2
        return (j + 1) * (j + 2) * (2 * j + 3) // 6

    @property
    def n_terms(self) -> int:
        """Number of terms of an element: a constant, the components and their products."""
        products = self.n_linear * (self.n_linear + 1) // 2 if self.is_quadratic else 0
        return 1 + self.n_linear + products

    @property
    def n_parameters(self) -> int:
        """Number of coefficients."""
        return len(self.species) * self.n_terms


@dataclass(frozen=True, eq=False)
class SnapPotential(NativePotential[SnapBasis]):
    """A basis with its coefficients."""

    @override
    def files(self) -> dict[str, bytes]:
        """Return the two files; the same potential gives the same bytes."""
        basis = self.basis
        lines = ["# SNAP coefficients, eV", f"{len(basis.species)} {basis.n_terms}"]
        for symbol, radius, weight, values in zip(
            basis.species, basis.radii, basis.weights, self.coefficients.tolist(), strict=True
        ):
            lines += [f"{symbol} {radius!r} {weight!r}", *(f"{value!r}" for value in values)]
        parameters = {
            "rcutfac": repr(basis.cutoff),
            "twojmax": basis.twojmax,
            "rfac0": RFAC0,
            "rmin0": 0,
            "bzeroflag": 1,  # a lone atom has no components
            "quadraticflag": int(basis.is_quadratic),
        }
        head = ["# SNAP hyperparameters", *(f"{key} {value}" for key, value in parameters.items())]
        return {
            COEFFICIENTS_FILE: ("\n".join(lines) + "\n").encode(),
            PARAMETERS_FILE: ("\n".join(head) + "\n").encode(),
        }

    @override
    def pair_commands(self, elements: Sequence[str], folder: str = "") -> list[str]:
        """Return LAMMPS's input lines.

        Parameters
        ----------
        elements
            Element symbol of each LAMMPS type, in order.
        folder
            Of the files, with a slash at its end; empty: LAMMPS runs in it.
        """
        files = f"{folder}{COEFFICIENTS_FILE} {folder}{PARAMETERS_FILE}"
        return ["pair_style snap", f"pair_coeff * * {files} {' '.join(elements)}"]


def parse_snap(files: Mapping[str, bytes], source: str = "the SNAP potential") -> SnapPotential:
    """Read what `SnapPotential.files` gave.

    Parameters
    ----------
    files
        The two files by name.
    source
        What to call them in errors.

    Raises
    ------
    InputError
        If one is absent, truncated or something else.
    """
    head = _parameters(text_of(files, PARAMETERS_FILE, source), source)
    lines = [line.split("#")[0].split() for line in _lines(files, COEFFICIENTS_FILE, source)]
    lines = [words for words in lines if words]
    try:
        n_species, n_terms = (int(word) for word in lines[0])
        blocks = [lines[1 + i * (n_terms + 1) :][: n_terms + 1] for i in range(n_species)]
        heads = [(str(b[0][0]), float(b[0][1]), float(b[0][2])) for b in blocks]
        coefficients = np.array([[float(words[0]) for words in b[1:]] for b in blocks])
        basis = SnapBasis(
            species=tuple(symbol for symbol, _, _ in heads),
            cutoff=float(head["rcutfac"]),
            twojmax=int(head["twojmax"]),
            radii=tuple(radius for _, radius, _ in heads),
            weights=tuple(weight for _, _, weight in heads),
            is_quadratic=bool(int(head["quadraticflag"])),
        )
    except (IndexError, KeyError, ValueError) as error:
        raise InputError(f"{source}: {COEFFICIENTS_FILE} is truncated or damaged") from error
    whole = len(lines) == 1 + n_species * (n_terms + 1)
    if not whole or coefficients.shape != (n_species, basis.n_terms):
        raise InputError(
            f"{source}: {COEFFICIENTS_FILE} has {len(lines)} lines, but {n_species} elements with "
            f"twojmax {basis.twojmax} need {1 + n_species * (basis.n_terms + 1)}; is it truncated?"
        )
    if unknown := sorted(set(basis.species) - set(atomic_numbers)):
        raise InputError(f"{source}: {COEFFICIENTS_FILE} names {unknown}, which are no elements")
    return SnapPotential(basis, coefficients)


def _parameters(text: str, source: str) -> dict[str, str]:
    head = dict(re.findall(r"^(\w+)\s+(\S+)\s*$", text, flags=re.MULTILINE))
    for key in ("rcutfac", "twojmax", "quadraticflag"):
        if key not in head:
            raise InputError(f"{source}: {PARAMETERS_FILE} has no {key}; is it truncated?")
    return head


def _lines(files: Mapping[str, bytes], name: str, source: str) -> list[str]:
    return text_of(files, name, source).splitlines()
