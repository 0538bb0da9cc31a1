"""A potential that LAMMPS itself has the pair style of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

from amorph_flows.arrays import FloatArray


class NativeBasis(Protocol):
    """What decides the descriptors of an atom."""

    @property
    def species(self) -> tuple[str, ...]:
        """Element symbols, in order."""
        ...

    @property
    def cutoff(self) -> float:
        """Of neighbours, Å."""
        ...


Basis = TypeVar("Basis", bound=NativeBasis)


@dataclass(frozen=True, eq=False)
class NativePotential(ABC, Generic[Basis]):
    """A basis with its coefficients.

    Parameters
    ----------
    basis
        The basis.
    coefficients
        eV, shape ``(n_species, n_terms)``; the first of an element is the energy of its lone atom.
    """

    basis: Basis
    coefficients: FloatArray

    @property
    def reference_energies_ev(self) -> dict[str, float]:
        """Energy of a lone atom of each element, eV."""
        return dict(zip(self.basis.species, self.coefficients[:, 0].tolist(), strict=True))

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """Return the files of the pair style; the same potential gives the same bytes."""

    @abstractmethod
    def pair_commands(self, elements: Sequence[str], folder: str = "") -> list[str]:
        """Return LAMMPS's input lines.

        Parameters
        ----------
        elements
            Element symbol of each LAMMPS type, in order.
        folder
            Of the files, with a slash at its end; empty: LAMMPS runs in it.
        """

    def of_elements(self, elements: Sequence[str]) -> Self:
        """Return the potential as runs of some elements need it.

        Parameters
        ----------
        elements
            Element symbol of each LAMMPS type, in order; among its species.
        """
        del elements
        return self

    def write(self, folder: str | Path) -> Path:
        """Write the files into a folder, which is made where it is not.

        Parameters
        ----------
        folder
            Where.

        Returns
        -------
        Path
            The folder.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files().items():
            (folder / name).write_bytes(content)
        return folder
