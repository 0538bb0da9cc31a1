"""ASE calculator of a moment tensor potential."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.data import atomic_numbers
from ase.geometry import complete_cell
from typing_extensions import override

from amorph_flows.errors import CalculationError, InputError
from amorph_flows.potentials.mtp._file import MTPPotential, read_mtp
from amorph_flows.potentials.mtp._library import KernelCalculator


class MTPCalculator(Calculator):
    """Energy, forces and stress of a moment tensor potential.

    Any cell works: triclinic, narrower than the cutoff, open in some or all directions.

    Parameters
    ----------
    potential
        A potential or its ``.mtp`` file.
    species
        Element symbols in the order of the potential's species numbers; may be left out where
        the potential holds them.
    skin
        The neighbour list is kept until an atom has moved half of this, Å.
    native
        Whether the kernel uses every instruction of this CPU.

    Raises
    ------
    InputError
        If the file is no ``.mtp`` file or the species do not fit it.

    Examples
    --------
    >>> atoms.calc = MTPCalculator("pot.mtp", species=["Mg", "V", "O"])  # doctest: +SKIP
    >>> atoms.get_potential_energy()  # doctest: +SKIP
    """

    implemented_properties: ClassVar[list[str]] = [
        "energy", "free_energy", "energies", "forces", "stress",
    ]  # fmt: skip

    def __init__(
        self,
        potential: MTPPotential | str | Path,
        species: Sequence[str] = (),
        *,
        skin: float = 0.5,
        native: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(potential, MTPPotential):
            potential = read_mtp(potential)
        self.potential = potential
        self.lookup = species_lookup(potential, species)
        self.kernel = KernelCalculator(potential, skin=skin, native=native)

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Compute all properties at once.

        An element that is not among the species raises an `InputError`, a result that is not
        finite, as when two atoms coincide, a `CalculationError`.
        """
        super().calculate(atoms, properties, system_changes)
        energies, forces, virial = self.kernel.compute(
            self.atoms.positions,
            complete_cell(self.atoms.cell),
            self.atoms.pbc.astype(np.int32),
            species_numbers(self.lookup, self.atoms),
        )
        energy = float(energies.sum())
        if not np.isfinite(energy) or not np.all(np.isfinite(forces)):
            raise CalculationError(
                f"the potential gives no finite energy or forces for {self.atoms.symbols}; "
                "do two atoms coincide?"
            )
        self.results = {
            "energy": energy, "free_energy": energy, "energies": energies, "forces": forces,
        }  # fmt: skip
        if self.atoms.cell.rank == 3:
            self.results["stress"] = virial / self.atoms.get_volume()


def species_lookup(potential: MTPPotential, species: Sequence[str] = ()) -> npt.NDArray[np.int32]:
    """Map atomic numbers to a potential's species numbers.

    Parameters
    ----------
    potential
        The potential.
    species
        Element symbols in the order of its species numbers; empty: those that it holds.

    Returns
    -------
    ndarray
        Species number of each atomic number, -1 where there is none.

    Raises
    ------
    InputError
        If the number of symbols is wrong, one is unknown or comes twice.
    """
    symbols = list(species) or list(potential.species)
    if len(symbols) != potential.n_species or len(set(symbols)) != len(symbols):
        raise InputError(
            f"species is {symbols}, but the potential has {potential.n_species} species; give one "
            "element symbol for each species number, in order"
        )
    lookup = np.full(len(atomic_numbers) + 1, -1, dtype=np.int32)
    for number, symbol in enumerate(symbols):
        if symbol not in atomic_numbers:
            raise InputError(f"{symbol!r} in species {symbols} is not an element symbol")
        lookup[atomic_numbers[symbol]] = number
    return lookup


def species_numbers(lookup: npt.NDArray[np.int32], atoms: Atoms) -> npt.NDArray[np.int32]:
    """Give the species number of each atom.

    Parameters
    ----------
    lookup
        As `species_lookup` gives it.
    atoms
        The structure.

    Returns
    -------
    ndarray
        Shape ``(n_atoms,)``.

    Raises
    ------
    InputError
        If an element of the structure is not among the species.
    """
    numbers = lookup[atoms.numbers]
    if np.any(numbers < 0):
        missing = sorted({atom.symbol for atom, n in zip(atoms, numbers, strict=True) if n < 0})
        raise InputError(f"the potential has no species for {', '.join(missing)}")
    return numbers
