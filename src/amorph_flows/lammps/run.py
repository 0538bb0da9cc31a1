"""Run LAMMPS MD with a potential, or the rest of a run that was killed."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from ase import Atoms
from pymatgen.core import Structure

from amorph_flows.errors import CalculationError, InputError
from amorph_flows.lammps.command import lammps_command
from amorph_flows.lammps.input import (
    DATA_FILE,
    EXTERNAL_COMMANDS,
    LOG_FILE,
    LammpsMD,
    commands,
    write_data,
)
from amorph_flows.lammps.log import has_finished, last_step
from amorph_flows.lammps.process import execute
from amorph_flows.lammps.restart import cut_dump, last_restart
from amorph_flows.lammps.result import LammpsResult, grade_summary, read_result
from amorph_flows.lammps.task import write_task
from amorph_flows.potentials.base import GradeSettings, PairStyle, get_backend
from amorph_flows.schemas.potential import PotentialDoc

INPUT_FILE = "in.lammps"


def run_lammps_md(
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    directory: Path,
    grade: GradeSettings | None = None,
) -> LammpsResult:
    """Run MD, or the rest of a run that was killed, and return what it gave.

    The run has a folder of its own in ``directory``, named by the hash of everything that goes
    into it: the same call resumes it from its last restart file, or returns what is there.

    Parameters
    ----------
    structure
        Where to start; velocities are drawn anew.
    potential
        The potential.
    settings
        Temperature, lengths, strides and seed.
    directory
        Where the run's folder goes.
    grade
        When to grade, save and stop; None does not grade.

    Raises
    ------
    InputError
        If the structure has an element that the potential does not know.
    MissingDependencyError
        If LAMMPS is not installed.
    CalculationError
        If LAMMPS fails; the message ends with its last lines.
    """
    lammps_command()
    elements = _elements(structure, potential)
    folder = _folder(directory, structure, potential, settings, grade)
    folder.mkdir(parents=True, exist_ok=True)
    if not _is_done(folder, settings, grade):
        style = get_backend(potential.backend).pair_style(potential, elements, folder, grade)
        _prepare(folder, structure, potential, settings, elements, style, grade)
        execute(_command(style, folder), folder, settings.n_steps)
    result = read_result(folder, structure, settings, elements, grade)
    _check_energies(result)
    return result


def partial_result(
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    directory: Path,
    grade: GradeSettings | None = None,
    min_frames: int = 20,
) -> LammpsResult | None:
    """Return what a failed run left behind, or None where that is too little to look at.

    Parameters
    ----------
    structure, potential, settings, directory, grade
        As given to `run_lammps_md`.
    min_frames
        Frames of the production part that make it worth looking at.
    """
    folder = _folder(directory, structure, potential, settings, grade)
    if not (folder / LOG_FILE).exists():
        return None
    elements = _elements(structure, potential)
    result = read_result(folder, structure, settings, elements, grade)
    return result if result.trajectory.n_frames >= min_frames else None


def _folder(
    directory: Path,
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    grade: GradeSettings | None,
) -> Path:
    name = _fingerprint(structure, potential, settings, grade)
    return Path(directory).resolve() / f"lammps-{name}"


def _prepare(
    folder: Path,
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    elements: list[str],
    style: PairStyle,
    grade: GradeSettings | None,
) -> None:
    """Write the input of the run, or of the rest of it."""
    symbols = [site.specie.symbol for site in structure]
    atoms = Atoms(symbols, structure.cart_coords, cell=structure.lattice.matrix, pbc=True)
    write_data(folder / DATA_FILE, atoms, elements)
    restart = last_restart(folder)
    cut_dump(folder, restart[0] if restart else 0)
    if restart is None:
        (folder / LOG_FILE).unlink(missing_ok=True)
    lines = commands(settings, style.commands or EXTERNAL_COMMANDS, restart)
    (folder / INPUT_FILE).write_text("\n".join(lines) + "\n")
    if not style.commands:
        write_task(folder, lines, symbols, potential, grade)


def _command(style: PairStyle, folder: Path) -> list[str]:
    if not style.commands:
        return [sys.executable, "-m", "amorph_flows.lammps.external", str(folder)]
    return [*lammps_command(), "-in", INPUT_FILE, "-log", "none", "-nocite"]


def _is_done(folder: Path, settings: LammpsMD, grade: GradeSettings | None) -> bool:
    log = folder / LOG_FILE
    if not has_finished(log):
        return False
    return last_step(log) >= settings.n_steps or grade_summary(folder, grade).broke


def _elements(structure: Structure, potential: PotentialDoc) -> list[str]:
    """Return the elements of a structure in the order of the potential's species."""
    present = {site.specie.symbol for site in structure}
    unknown = sorted(present - set(potential.species))
    if unknown:
        raise InputError(
            f"the potential knows {', '.join(potential.species)} but the structure has "
            f"{', '.join(unknown)}; fit one that has seen them"
        )
    return [symbol for symbol in potential.species if symbol in present]


def _fingerprint(
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    grade: GradeSettings | None,
) -> str:
    """Return the hash of what decides how a run goes; its walltime does not."""
    content = {
        "settings": settings.model_dump(exclude={"walltime_s", "restart_stride"}),
        "potential": [potential.backend, potential.sha256, potential.species],
        "cell": structure.lattice.matrix.tolist(),
        "positions": structure.cart_coords.tolist(),
        "symbols": [site.specie.symbol for site in structure],
        "grade": None if grade is None else grade.model_dump(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _check_energies(result: LammpsResult) -> None:
    """Refuse a run that LAMMPS ended well although its numbers are lost."""
    energies = result.thermo["potential_energy_ev"]
    bad = ~np.isfinite(energies)
    if bad.any():
        step = result.thermo["step"][bad][0]
        raise CalculationError(
            f"LAMMPS: the potential energy is not a number from step {step:.0f} on",
            result.directory,
        )
