"""LAMMPS in this process: descriptors of a POD potential."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from amorph_flows.arrays import FloatArray
from amorph_flows.potentials.in_process import InProcessLammps
from amorph_flows.potentials.pod._potential import (
    COEFFICIENTS_FILE,
    PARAMETERS_FILE,
    PODBasis,
    PODPotential,
)


class PODLammps(InProcessLammps):
    """One LAMMPS for all configurations of a basis.

    Parameters
    ----------
    basis
        The basis.
    """

    def __init__(self, basis: PODBasis) -> None:
        super().__init__(basis.species, basis.cutoff)
        self.basis = basis
        # the compute wants coefficients, but uses none
        empty = PODPotential(basis, np.zeros((len(basis.species), basis.n_terms)))
        folder = self.written(empty)
        files = f"{folder}{PARAMETERS_FILE} {folder}{COEFFICIENTS_FILE}"
        self._compute = f"pod/atom {files} {' '.join(basis.species)}"

    def atom_rows(self, atoms: Atoms) -> FloatArray:
        """Return the constant and the descriptors of each atom, in the columns of its element.

        Parameters
        ----------
        atoms
            The configuration.

        Returns
        -------
        ndarray
            Shape ``(n_atoms, n_species * n_terms)``.
        """
        return self.rows_by_element(atoms, self._compute)
