"""LAMMPS that gets its forces from an ASE calculator, or its grades from a backend.

Both pass through fix external.

Run as ``python -m amorph_flows.lammps._external FOLDER``; the folder holds `DRIVER_INPUT_FILE`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms

from amorph_flows.datasets.cfg import write_cfg
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import CalculationError
from amorph_flows.lammps._driver_input import DRIVER_INPUT_FILE
from amorph_flows.lammps._grades import append_grade
from amorph_flows.lammps.input import EXTERNAL_COMMANDS
from amorph_flows.lammps.run_files import EXTERNAL_FIX, STAGE_VARIABLE
from amorph_flows.lammps.saved_configurations import with_stage
from amorph_flows.potentials.base import GradeSettings, get_backend
from amorph_flows.potentials.learned import LearnedBackend, get_learned_backend
from amorph_flows.schemas.potential import PotentialDoc

REST_FILE = "in.rest"
"""The commands after the fix that asks for forces."""


def drive(folder: Path) -> None:
    """Run the task of a folder.

    Parameters
    ----------
    folder
        The run's folder.

    Raises
    ------
    Exception
        Whatever the calculator or LAMMPS raised.
    """
    from lammps import lammps

    os.chdir(folder)
    task = json.loads(Path(DRIVER_INPUT_FILE).read_text())
    importlib.import_module(task["backend_module"])
    potential = PotentialDoc.model_validate(task["potential"])
    backend = get_backend(potential.backend)
    atoms = Atoms(task["symbols"], pbc=True)
    if EXTERNAL_COMMANDS[0] in task["commands"]:
        atoms.calc = backend.calculator(potential)
    watch = (
        GradeWatch(
            get_learned_backend(potential.backend), potential, GradeSettings(**task["grade"])
        )
        if task["grade"]
        else None
    )
    instance = lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
    force = ExternalForce(instance, atoms, watch)
    lines = task["commands"]
    with_fix = next(i for i, s in enumerate(lines, 1) if s.startswith(f"fix {EXTERNAL_FIX} "))
    for command in lines[:with_fix]:
        instance.command(command)
    instance.set_fix_external_callback(EXTERNAL_FIX, force, None)
    Path(REST_FILE).write_text("\n".join(lines[with_fix:]) + "\n")
    try:
        instance.file(REST_FILE)  # as a file, since a stop jumps to its end
    except Exception as error:
        raise force.error or error from error
    if force.error is not None:
        raise force.error
    instance.close()


@dataclass
class GradeWatch:
    """Grades configurations during the run, saves them and tells when to stop.

    Parameters
    ----------
    backend, potential
        What grades.
    settings
        Thresholds and files.
    """

    backend: LearnedBackend
    potential: PotentialDoc
    settings: GradeSettings
    last: tuple[int, int] = (-1, -1)

    def look(self, stage: int, step: int, atoms: Atoms) -> bool:
        """Grade a configuration if it is its turn and return whether the run must stop.

        Parameters
        ----------
        stage
            Index of the stage.
        step
            MD step.
        atoms
            The configuration.
        """
        if step % self.settings.every or (stage, step) == self.last:
            return False
        self.last = (stage, step)
        frame = Frame.from_atoms(Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True))
        grade = float(self.backend.grades(self.potential, FrameSet([frame]))[0])
        append_grade(Path(), step, grade, stage)
        if self.settings.save and grade > self.settings.select:
            self._save(frame.with_provenance(step=step, grade=grade), stage)
        return self.settings.breaks(grade)

    def _save(self, frame: Frame, stage: int) -> None:
        piece = write_cfg(Path(f"{self.settings.save_file}.new"), [frame], self.potential.species)
        with Path(self.settings.save_file).open("a", encoding="utf-8") as file:
            file.write(with_stage(piece.read_text(encoding="utf-8"), stage))
        piece.unlink()


@dataclass
class ExternalForce:
    """The callback of fix external; an exception ends the run and is kept.

    Parameters
    ----------
    instance
        The running LAMMPS.
    atoms
        Its atoms in the order of their ids, with a calculator; without one LAMMPS has a pair style
        and no force is added.
    watch
        Grades what it sees; None does not.
    """

    instance: Any
    atoms: Atoms
    watch: GradeWatch | None = None
    error: Exception | None = None
    _origin: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def __call__(
        self,
        _caller: object,
        step: int,
        _n_local: int,
        ids: npt.NDArray[np.int32],
        x: npt.NDArray[np.float64],
        f: npt.NDArray[np.float64],
    ) -> None:
        """Fill in the forces and look at the atoms; LAMMPS calls it each step it is asked for.

        Parameters
        ----------
        step
            MD step.
        ids
            Id of each atom.
        x
            Positions, Å.
        f
            Forces, eV/Å; filled in.
        """
        try:
            self._compute(ids - 1, x, f)
            if self.watch is not None and self.watch.look(self._stage(), int(step), self.atoms):
                self._stop()
        except Exception as error:  # noqa: BLE001 - it cannot pass through LAMMPS; drive raises it
            self.error = error
            f[:] = 0.0
            self._stop()

    def _compute(
        self,
        order: npt.NDArray[np.int32],
        x: npt.NDArray[np.float64],
        f: npt.NDArray[np.float64],
    ) -> None:
        self._take_cell()
        if len(order) != len(self.atoms):
            raise CalculationError(
                f"{len(self.atoms) - len(order)} of {len(self.atoms)} atoms were lost because the "
                "potential let them fly apart; use a shorter time step or train the potential "
                "further"
            )
        positions = np.empty_like(x)
        positions[order] = x
        self.atoms.positions = positions - self._origin
        if self.atoms.calc is None:
            f[:] = 0.0
            return
        f[:] = self.atoms.get_forces()[order]
        energy = self.atoms.get_potential_energy()
        self.instance.fix_external_set_energy_global(EXTERNAL_FIX, energy)
        if "stress" in self.atoms.calc.implemented_properties:
            xx, yy, zz, yz, xz, xy = -self.atoms.get_volume() * self.atoms.get_stress()
            self.instance.fix_external_set_virial_global(EXTERNAL_FIX, [xx, yy, zz, xy, xz, yz])

    def _take_cell(self) -> None:
        low, high, xy, yz, xz, _, _ = self.instance.extract_box()
        a, b, c = np.array(high) - np.array(low)
        self._origin = np.array(low)
        self.atoms.cell = [[a, 0, 0], [xy, b, 0], [xz, yz, c]]

    def _stage(self) -> int:
        return int(self.instance.extract_variable(STAGE_VARIABLE))

    def _stop(self) -> None:
        self.instance.force_timeout()


if __name__ == "__main__":
    drive(Path(sys.argv[1]))
