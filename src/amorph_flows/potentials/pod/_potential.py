"""A POD potential, and its two files as ``pair_style pod`` reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from ase.data import atomic_numbers
from typing_extensions import override

from amorph_flows.arrays import IntArray
from amorph_flows.errors import InputError
from amorph_flows.potentials.in_process import NativePotential, text_of

PARAMETERS_FILE = "pod.param"
COEFFICIENTS_FILE = "pod.coefficients"
_KEYS = {
    "rin": "inner_cutoff",
    "rcut": "cutoff",
    "bessel_polynomial_degree": "bessel_degree",
    "inverse_polynomial_degree": "inverse_degree",
    "twobody_number_radial_basis_functions": "pair_functions",
    "threebody_number_radial_basis_functions": "triplet_functions",
    "threebody_angular_degree": "triplet_degree",
}

_NO_QUADRUPLETS = ("fourbody_number_radial_basis_functions 0", "fourbody_angular_degree 0")
"""Their terms depend on the order of the elements, so that `PODPotential.of_elements` has none."""


@dataclass(frozen=True)
class PODBasis:
    """What decides the descriptors of an atom.

    Parameters
    ----------
    species
        Element symbols, in order.
    inner_cutoff, cutoff
        Å.
    bessel_degree, inverse_degree
        Of the functions that the radial functions are made from.
    pair_functions, triplet_functions
        Numbers of radial functions.
    triplet_degree
        Largest angular degree.
    """

    species: tuple[str, ...]
    inner_cutoff: float
    cutoff: float
    bessel_degree: int
    inverse_degree: int
    pair_functions: int
    triplet_functions: int
    triplet_degree: int

    @property
    def n_triplet(self) -> int:
        """Number of triplet terms of an element for each pair of neighbours' elements."""
        return self.triplet_functions * (self.triplet_degree + 1)

    @property
    def n_terms(self) -> int:
        """Number of terms of an element: a constant, those of pairs and of triplets."""
        n = len(self.species)
        return 1 + self.pair_functions * n + self.n_triplet * n * (n + 1) // 2

    def text(self) -> str:
        """Return the file of parameters."""
        values = {key: getattr(self, name) for key, name in _KEYS.items()}
        lines = [f"species {' '.join(self.species)}", "pbc 1 1 1", "onebody 1", *_NO_QUADRUPLETS]
        return "\n".join([*lines, *(f"{key} {value!r}" for key, value in values.items()), ""])


@dataclass(frozen=True, eq=False)
class PODPotential(NativePotential[PODBasis]):
    """A basis with its coefficients."""

    @override
    def files(self) -> dict[str, bytes]:
        """Return the two files; the same potential gives the same bytes."""
        values = self.coefficients.ravel().tolist()
        lines = [f"model_coefficients: {len(values)} 0 0", *(repr(value) for value in values), ""]
        return {
            PARAMETERS_FILE: self.basis.text().encode(),
            COEFFICIENTS_FILE: "\n".join(lines).encode(),
        }

    @override
    def pair_commands(self, elements: Sequence[str], folder: str = "") -> list[str]:
        """Return LAMMPS's input lines.

        Parameters
        ----------
        elements
            Element symbol of each LAMMPS type; the potential has them in this order.
        folder
            Of the files, with a slash at its end; empty: LAMMPS runs in it.
        """
        files = f"{folder}{PARAMETERS_FILE} {folder}{COEFFICIENTS_FILE}"
        return ["pair_style pod", f"pair_coeff * * {files} {' '.join(elements)}"]

    @override
    def of_elements(self, elements: Sequence[str]) -> PODPotential:
        """Return the potential of some of its elements, in another order.

        ``pair_style pod`` takes the first element that ``pair_coeff`` names for the first of the
        file, whatever their names are: the file has to have the order of the run.

        Parameters
        ----------
        elements
            Among its species; those named again are passed over.
        """
        names = list(dict.fromkeys(elements))
        chosen = [self.basis.species.index(name) for name in names]
        n, n_pair = len(self.basis.species), self.basis.pair_functions
        ends = 1 + n_pair * n
        pairs = self.coefficients[:, 1:ends].reshape(n, n, n_pair)
        triplets = self.coefficients[:, ends:].reshape(n, n * (n + 1) // 2, -1)
        number = _numbers_of_pairs(n)
        both = [number[i, j] for i, j in combinations_with_replacement(chosen, 2)]
        parts = (
            self.coefficients[chosen, :1],
            pairs[np.ix_(chosen, chosen)].reshape(len(chosen), -1),
            triplets[np.ix_(chosen, both)].reshape(len(chosen), -1),
        )
        return PODPotential(
            replace(self.basis, species=tuple(names)), np.concatenate(parts, axis=1)
        )


def _numbers_of_pairs(n: int) -> IntArray:
    """Return the number of each pair of elements, as LAMMPS counts them; shape ``(n, n)``."""
    number = np.zeros((n, n), dtype=np.int64)
    for k, (i, j) in enumerate(combinations_with_replacement(range(n), 2)):
        number[i, j] = number[j, i] = k
    return number


def parse_pod(files: Mapping[str, bytes], source: str = "the POD potential") -> PODPotential:
    """Read what `PODPotential.files` gave.

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
    basis = _basis(text_of(files, PARAMETERS_FILE, source), source)
    text = text_of(files, COEFFICIENTS_FILE, source)
    n_species, n_terms = len(basis.species), basis.n_terms
    head, *lines = text.split("\n")
    if head.split() != ["model_coefficients:", str(n_species * n_terms), "0", "0"]:
        raise InputError(
            f"{source}: {COEFFICIENTS_FILE} begins with {head!r}, but {PARAMETERS_FILE} needs "
            f"{n_species * n_terms} coefficients; is it truncated, or another potential's?"
        )
    if len(lines) != n_species * n_terms + 1 or lines[-1]:
        raise InputError(f"{source}: {COEFFICIENTS_FILE} is truncated")
    try:
        coefficients = np.array([float(line) for line in lines[:-1]])
    except ValueError as error:
        raise InputError(f"{source}: {COEFFICIENTS_FILE} is damaged: {error}") from error
    return PODPotential(basis, coefficients.reshape(n_species, n_terms))


def _basis(text: str, source: str) -> PODBasis:
    held = dict(re.findall(r"^(\w+)[ \t]+(.*)\n", text, flags=re.MULTILINE))
    for key in ("species", *_KEYS):
        if key not in held:
            raise InputError(f"{source}: {PARAMETERS_FILE} has no {key}; is it truncated?")
    species = tuple(held["species"].split())
    if unknown := sorted(set(species) - set(atomic_numbers)):
        raise InputError(f"{source}: {PARAMETERS_FILE} names {unknown}, which are no elements")
    try:
        values = {
            name: (float if name.endswith("cutoff") else int)(held[key])
            for key, name in _KEYS.items()
        }
        return PODBasis(species, **values)  # type: ignore[arg-type]
    except ValueError as error:
        raise InputError(f"{source}: {PARAMETERS_FILE} is damaged: {error}") from error
