"""Run an atomate2 VASP Maker in a folder and read every configuration that VASP computed."""

from __future__ import annotations

import contextlib
import shutil
import warnings
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import units
from atomate2.vasp.jobs.base import BaseVaspMaker
from custodian.utils import tracked_lru_cache
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar, Vasprun
from pymatgen.io.vasp.outputs import UnconvergedVASPWarning

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, Provenance
from amorph_flows.engines.vasp._moments import read_moments
from amorph_flows.engines.vasp._settings import HARMLESS, changed_by_custodian, held_file
from amorph_flows.errors import CalculationError
from amorph_flows.upstream.jobflow import call_make

_KBAR_TO_EV_A3 = -0.1 * units.GPa

CELL_VELOCITIES = "lattice_velocities"
"""Property of a structure, in which pymatgen keeps the block of POSCAR."""


@dataclass(frozen=True)
class Computed:
    """One configuration that VASP computed, atoms in the order of the structure given.

    Parameters
    ----------
    positions
        Cartesian, Å, shape ``(n_atoms, 3)``, not wrapped.
    cell
        Row vectors, Å, shape ``(3, 3)``.
    energy_ev
        Free energy F, which the forces are derivatives of, eV.
    forces
        eV/Å, shape ``(n_atoms, 3)``.
    stress
        eV/Å³, positive in tension, shape ``(3, 3)``; None where VASP computed none.
    converged
        Whether the density converged.
    magmoms
        Moments of the atoms, µB, shape ``(n_atoms,)``; None where OUTCAR has none.
    """

    positions: FloatArray
    cell: FloatArray
    energy_ev: float
    forces: FloatArray
    stress: FloatArray | None
    converged: bool
    magmoms: FloatArray | None = None

    def frame(self, numbers: npt.NDArray[np.int64], provenance: Provenance) -> Frame:
        """Return the configuration as a labelled frame.

        Parameters
        ----------
        numbers
            Atomic numbers, shape ``(n_atoms,)``.
        provenance
            Where it came from.
        """
        return Frame(
            numbers=numbers,
            positions=self.positions,
            cell=self.cell,
            energy_ev=self.energy_ev,
            forces=self.forces,
            stress=self.stress,
            magmoms=self.magmoms,
            provenance=provenance,
        )


@dataclass(frozen=True)
class VaspRun:
    """The results of one run of VASP.

    Parameters
    ----------
    steps
        Every configuration, in order.
    structure
        CONTCAR: where to go on from, with velocities (Å/fs) after MD.
    version
        Of VASP.
    converged
        Whether the density of the last configuration converged and a relaxation reached its
        forces.
    folder
        Where it ran.
    """

    steps: list[Computed]
    structure: Structure
    version: str
    converged: bool
    folder: Path


def run_maker(
    maker: BaseVaspMaker,
    structure: Structure,
    folder: Path,
    incar: dict[str, Any],
    may_change: frozenset[str] = HARMLESS,
) -> VaspRun:
    """Let the Maker write inputs, run VASP under custodian and parse its outputs, in a folder.

    Parameters
    ----------
    maker
        Any atomate2 VASP Maker; it is not changed.
    structure
        What to compute, atoms in any order.
    folder
        Where; what an earlier attempt left there is removed.
    incar
        INCAR tags on top of the Maker's.
    may_change
        Tags that custodian may change without spoiling the result.

    Raises
    ------
    CalculationError
        If VASP fails beyond custodian's remedies, if these changed what is computed, or if a
        number is not finite.
    """
    copy = _prepared(maker, incar)
    ordered = Structure.from_sites(
        [structure[i] for i in _poscar_order(structure)], properties=structure.properties
    )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tracked_lru_cache.tracked_cache_clear()  # custodian knows files that it has read by path
    try:
        with contextlib.chdir(folder), _said_once():
            call_make(copy, ordered)
        _require_unchanged(folder, may_change)
        return read_run(folder, structure)
    except Exception as error:
        raise CalculationError(f"VASP: {_cause(error)}", folder.resolve()) from error


def read_run(folder: Path, structure: Structure) -> VaspRun:
    """Return the results that VASP left in a folder, incomplete if it was killed.

    Parameters
    ----------
    folder
        Where it ran.
    structure
        What it was given, atoms in any order.

    Raises
    ------
    CalculationError
        If there is no configuration with a label, or a number is not finite.
    """
    with _said_once():
        vasprun = Vasprun(
            held_file(folder, "vasprun.xml"),
            parse_dos=False,
            parse_eigen=False,
            parse_potcar_file=False,
            exception_on_bad_xml=False,
        )
        contcar = Poscar.from_file(held_file(folder, "CONTCAR"), check_for_potcar=False).structure
    back = np.argsort(_poscar_order(structure))
    moments = read_moments(held_file(folder, "OUTCAR"), len(structure))
    steps = _steps(vasprun, structure, back, moments)
    if not steps:
        raise CalculationError("no configuration was computed")
    for number, step in enumerate(steps, 1):
        if not (np.isfinite(step.energy_ev) and np.isfinite(step.forces).all()):
            raise CalculationError(f"ionic step {number}: energy or a force is not finite")
    return VaspRun(
        steps=steps,
        structure=_reordered(contcar, back, steps[-1]),
        version=vasprun.vasp_version,
        converged=bool(vasprun.converged),
        folder=folder.resolve(),
    )


def _require_unchanged(folder: Path, may_change: frozenset[str]) -> None:
    if changed := changed_by_custodian(folder, may_change):
        raise CalculationError(
            f"custodian changed settings that change energies ({'; '.join(changed)}); these "
            "numbers cannot be compared with the others"
        )


def _prepared(maker: BaseVaspMaker, incar: dict[str, Any]) -> BaseVaspMaker:
    """Return a copy with more INCAR tags whose result is checked here, not by atomate2."""
    copy = deepcopy(maker)
    generator = copy.input_set_generator
    tags = generator.user_incar_settings | incar
    return replace(
        copy,
        input_set_generator=replace(generator, user_incar_settings=tags),
        stop_children_kwargs=copy.stop_children_kwargs | {"handle_unsuccessful": False},
    )


@contextlib.contextmanager
def _said_once() -> Iterator[None]:
    """Silence what is checked and said again here: a run that did not converge, a cut-off file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnconvergedVASPWarning)
        warnings.filterwarnings("ignore", "XML is malformed")
        yield


def _poscar_order(structure: Structure) -> list[int]:
    """Return the atoms in the order that pymatgen writes them, by electronegativity."""
    return sorted(range(len(structure)), key=lambda i: structure[i])


def _cause(error: Exception) -> str:
    if isinstance(error, CalculationError):
        return str(error)
    text = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {text}"


def _steps(
    vasprun: Vasprun,
    start: Structure,
    back: npt.NDArray[np.int64],
    moments: dict[int, FloatArray],
) -> list[Computed]:
    """Return the configurations, atoms in the order given and never wrapped."""
    steps, previous = [], np.array(start.frac_coords)
    for number, held in enumerate(vasprun.ionic_steps, 1):
        if "e_fr_energy" not in held or "forces" not in held:
            continue  # cut off
        cell = np.array(held["structure"].lattice.matrix)
        moved = np.array(held["structure"].frac_coords)[back] - previous
        previous = previous + moved - np.round(moved)
        stress = held.get("stress")
        steps.append(
            Computed(
                positions=previous @ cell,
                cell=cell,
                energy_ev=float(held["e_fr_energy"]),
                forces=np.array(held["forces"], dtype=float)[back],
                stress=None if stress is None else np.array(stress, dtype=float) * _KBAR_TO_EV_A3,
                converged=len(held["electronic_steps"]) < vasprun.parameters["NELM"],
                magmoms=moments[number][back] if number in moments else None,
            )
        )
    return steps


def _reordered(contcar: Structure, back: npt.NDArray[np.int64], last: Computed) -> Structure:
    """Return CONTCAR with atoms in the order given, next to where they were last."""
    structure = Structure.from_sites([contcar[int(i)] for i in back], properties=contcar.properties)
    before = np.linalg.solve(last.cell.T, last.positions.T).T
    moved = structure.frac_coords - before
    properties = dict(structure.properties)
    if CELL_VELOCITIES in properties:  # as a list: pymatgen writes no array, nor does JSON
        properties[CELL_VELOCITIES] = np.array(properties[CELL_VELOCITIES]).tolist()
    kept = {
        key: [np.array(row).tolist() for row in rows]
        for key, rows in structure.site_properties.items()
        if key in ("velocities", "predictor_corrector")
    }
    return Structure(
        structure.lattice,
        structure.species,
        before + moved - np.round(moved),
        site_properties=kept,
        properties=properties,
    )
