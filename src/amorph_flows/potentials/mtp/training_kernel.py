"""The kernel on labelled frames: labels that a potential predicts, and their derivatives."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.geometry import complete_cell

from amorph_flows.arrays import FloatArray, Int32Array
from amorph_flows.potentials.mtp._calculator import species_lookup, species_numbers
from amorph_flows.potentials.mtp._file import MTPPotential
from amorph_flows.potentials.mtp._library import PotentialHandle, check


class TrainingKernel:
    """A potential and frames whose neighbours are kept; parameters may change, atoms may not.

    Parameters
    ----------
    potential
        The potential, with its species.
    frames
        Structures of those species.
    threads
        Threads over structures.
    native
        Whether the kernel uses every instruction of this CPU.

    Raises
    ------
    InputError
        If a frame has an element that the potential lacks.
    CalculationError
        If a cell has no volume or a position is not finite.
    """

    def __init__(
        self,
        potential: MTPPotential,
        frames: Sequence[Atoms],
        *,
        threads: int = 1,
        native: bool = True,
    ) -> None:
        handle = PotentialHandle(potential, native=native)
        self.library = handle.library
        self.pointer = self.library.amorph_mtp_training(handle.pointer, threads)
        weakref.finalize(self, self.library.amorph_mtp_training_free, self.pointer)
        self.n_parameters = potential.n_parameters
        self.n_basis = len(potential.moment_coeffs)
        self.n_species = potential.n_species
        self.sizes = np.array([len(atoms) for atoms in frames], dtype=np.int32)
        self.composition = np.zeros((len(frames), potential.n_species))
        lookup = species_lookup(potential)
        for row, atoms in enumerate(frames):
            species = species_numbers(lookup, atoms)
            self.composition[row] = np.bincount(species, minlength=potential.n_species)
            self._add(atoms, species)

    def _add(self, atoms: Atoms, species: Int32Array) -> None:
        status = self.library.amorph_mtp_training_add(
            self.pointer,
            len(atoms),
            np.ascontiguousarray(atoms.positions, dtype=np.float64),
            np.ascontiguousarray(complete_cell(atoms.cell), dtype=np.float64),
            atoms.pbc.astype(np.int32),
            species,
        )
        check(self.library, status)

    def set_parameters(self, parameters: FloatArray) -> None:
        """Set all coefficients, in the order of `MTPPotential.parameters`."""
        self.library.amorph_mtp_training_set(
            self.pointer, np.ascontiguousarray(parameters, dtype=np.float64)
        )

    def evaluate(self, chosen: Int32Array) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give energies (eV), forces of all atoms in a row (eV/Å) and virials dE/dstrain (eV).

        Parameters
        ----------
        chosen
            Indices of frames.

        Returns
        -------
        tuple
            Shapes ``(n,)``, ``(n_atoms of all, 3)`` and ``(n, 6)`` in Voigt order.
        """
        n, atoms = len(chosen), int(self.sizes[chosen].sum())
        energies, forces, virials = np.empty(n), np.empty((atoms, 3)), np.empty((n, 6))
        status = self.library.amorph_mtp_training_evaluate(
            self.pointer, n, chosen, energies, forces, virials
        )
        check(self.library, status)
        return energies, forces, virials

    def pull_back(
        self,
        chosen: Int32Array,
        energies: FloatArray,
        forces: FloatArray,
        virials: FloatArray,
        *,
        rows: bool = False,
    ) -> FloatArray:
        """Give the parameter gradient of a weighted sum of energies, forces and virials.

        Parameters
        ----------
        chosen
            Indices of frames.
        energies, forces, virials
            The weights, in the shapes that `evaluate` gives.
        rows
            Whether to give one row for each frame instead of the sum.

        Returns
        -------
        ndarray
            Shape ``(n_parameters,)`` or ``(n, n_parameters)``.
        """
        n = len(chosen)
        out = np.empty((n, self.n_parameters) if rows else self.n_parameters)
        # a force is minus the energy's derivative along a displacement
        arrays = (np.ascontiguousarray(a) for a in (energies, -forces, virials))
        status = self.library.amorph_mtp_training_pull_back(
            self.pointer, n, chosen, *arrays, int(rows), out
        )
        check(self.library, status)
        return out

    def linear_rows(self, frame: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give the derivatives of one frame with respect to its linear coefficients.

        Parameters
        ----------
        frame
            Index of the frame.

        Returns
        -------
        tuple
            Of energy, forces and virial: shapes ``(m,)``, ``(n_atoms, 3, m)``, ``(6, m)`` with
            m moment and species coefficients.
        """
        n, m = int(self.sizes[frame]), self.n_basis
        rows = np.empty((1 + 3 * n + 6, m))
        status = self.library.amorph_mtp_training_basis_rows(self.pointer, frame, rows)
        check(self.library, status)
        full = np.zeros((len(rows), m + self.n_species))
        full[:, :m] = rows
        full[0, m:] = self.composition[frame]
        return full[0], full[1:-6].reshape(n, 3, -1), full[-6:]

    def atom_gradients(self, frame: int) -> FloatArray:
        """Give the gradient of each atom's energy with respect to all parameters.

        Parameters
        ----------
        frame
            Index of the frame.

        Returns
        -------
        ndarray
            Shape ``(n_atoms, n_parameters)``.
        """
        out = np.empty((int(self.sizes[frame]), self.n_parameters))
        status = self.library.amorph_mtp_training_atom_gradients(self.pointer, frame, out)
        check(self.library, status)
        return out
