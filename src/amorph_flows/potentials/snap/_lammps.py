"""LAMMPS in this process: bispectrum components and their derivatives."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from amorph_flows.arrays import FloatArray
from amorph_flows.potentials.in_process import InProcessLammps
from amorph_flows.potentials.in_process._instance import ARRAY, GLOBAL
from amorph_flows.potentials.snap._potential import RFAC0, SnapBasis


class SnapLammps(InProcessLammps):
    """One LAMMPS for all configurations of a basis.

    Parameters
    ----------
    basis
        The basis.
    """

    def __init__(self, basis: SnapBasis) -> None:
        super().__init__(basis.species, basis.cutoff)
        self.basis = basis

    def rows(self, atoms: Atoms) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the terms of energy, forces and virial, linear in the coefficients.

        Parameters
        ----------
        atoms
            The configuration.

        Returns
        -------
        energy : ndarray
            Sums over atoms, shape ``(n_parameters,)``.
        forces : ndarray
            Shape ``(3 n_atoms, n_parameters)``, along the axes that ``turn`` leads to.
        virial : ndarray
            Of minus volume times stress, xx, yy, zz, yz, xz, xy; shape ``(6, n_parameters)``.
        turn : ndarray
            Shape ``(3, 3)``; ``turn @ v`` is a vector along those axes.
        """
        turn = self._place(atoms)
        quadratic = int(self.basis.is_quadratic)
        self._run([f"compute rows all snap {self._basis_words()} quadraticflag {quadratic}"])
        found = self._instance.numpy.extract_compute("rows", GLOBAL, ARRAY)
        types = np.array(self.types(atoms.get_chemical_symbols()))
        n_types, n_terms = len(self.basis.species), self.basis.n_terms
        # LAMMPS has no columns for the constants; its last one is of the pair style
        whole = np.zeros((len(found), n_types, n_terms))
        whole[:, :, 1:] = found[:, :-1].reshape(len(found), n_types, n_terms - 1)
        whole[0, :, 0] = np.bincount(types - 1, minlength=n_types)
        rows = whole.reshape(len(found), -1)
        return rows[0], rows[1:-6], rows[-6:], turn

    def atom_rows(self, atoms: Atoms) -> FloatArray:
        """Return the constant and the components of each atom, in the columns of its element.

        Parameters
        ----------
        atoms
            The configuration.

        Returns
        -------
        ndarray
            Shape ``(n_atoms, n_species * (1 + n_linear))``; products are left out.
        """
        return self.rows_by_element(atoms, f"sna/atom {self._basis_words()}")

    def _basis_words(self) -> str:
        basis = self.basis
        numbers = (repr(value) for value in (*basis.radii, *basis.weights))
        return f"{basis.cutoff!r} {RFAC0} {basis.twojmax} {' '.join(numbers)} bzeroflag 1"
