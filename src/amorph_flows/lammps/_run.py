"""Runs of LAMMPS MD with a potential, started or continued after a stop or kill."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
from pymatgen.core import Structure

from amorph_flows.errors import CalculationError, InputError, WalltimeError
from amorph_flows.hashes import sha256_of
from amorph_flows.lammps._driver_input import write_driver_input
from amorph_flows.lammps._grades import cut_grades
from amorph_flows.lammps._log import has_finished, is_complete, last_step
from amorph_flows.lammps._process import run_to_end
from amorph_flows.lammps._restart import cut_dump, last_restart
from amorph_flows.lammps._result import LammpsResult, grade_summary, read_result
from amorph_flows.lammps._run_pieces import add_piece, langevin_seed
from amorph_flows.lammps._stage_commands import first_new_frame
from amorph_flows.lammps.command import lammps_command
from amorph_flows.lammps.input import EXTERNAL_COMMANDS, commands, watch_command, write_data
from amorph_flows.lammps.run_files import DATA_FILE, DUMP_FILE, LOG_FILE, Restart
from amorph_flows.lammps.saved_configurations import cut_saved
from amorph_flows.lammps.stages import NPT, LammpsMD, Minimise
from amorph_flows.potentials.base import GradeSettings, PairStyle, get_backend
from amorph_flows.runtime.walltime import remaining_s, require_time
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import MDPiece
from amorph_flows.structures import minimum_width
from amorph_flows.structures.configuration import has_velocities, to_atoms

INPUT_FILE = "in.lammps"


def run_lammps_md(
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    directory: Path,
    grade: GradeSettings | None = None,
    *,
    goes_on: bool = False,
) -> LammpsResult:
    """Run the stages, or the rest of a run that was stopped or killed, and return its result.

    The run has a folder of its own in ``directory``, named by the hash of everything that goes
    into it: the same call resumes it from its last restart file, or returns what is there. It
    stops, with a restart file, before the queue job ends: the result is then not complete.

    Parameters
    ----------
    structure
        Where to start. Velocities (Å/fs) in the site property ``velocities`` are taken over.
    potential
        The potential.
    settings
        The stages and the seed.
    directory
        Where the run's folder goes.
    grade
        When to grade, save and stop; None does not grade.
    goes_on
        Whether an earlier job must have left this run in the folder.

    Raises
    ------
    InputError
        If the structure has an element that the potential does not know, a cell that may shrink
        is narrower than twice the cutoff, or there should be a run and is none.
    MissingDependencyError
        If LAMMPS is not installed.
    CalculationError
        If LAMMPS fails; the message ends with its last lines.
    WalltimeError
        If the queue job is about to end before LAMMPS is started, or no step was done in it.
    """
    lammps_command()
    elements = _elements(structure, potential)
    _check_cell(structure, potential, settings)
    folder = _folder(directory, structure, potential, settings, grade)
    if goes_on and not (folder / LOG_FILE).exists():
        raise InputError(
            f"{directory} holds no run of this structure, potential and settings ({folder.name}); "
            "run the job again without prev_dir"
        )
    folder.mkdir(parents=True, exist_ok=True)
    if not _is_done(folder, settings, grade):
        _run_piece(folder, structure, potential, settings, elements, grade)
    result = read_result(folder, structure, settings, elements, grade)
    _check_energies(result)
    return replace(result, is_complete=_is_done(folder, settings, grade))


def partial_result(
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    directory: Path,
    grade: GradeSettings | None = None,
    min_frames: int = 20,
) -> LammpsResult | None:
    """Return the result of a failed run up to its failure, or None if it has too few frames.

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


def _run_piece(
    folder: Path,
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    elements: list[str],
    grade: GradeSettings | None,
) -> None:
    """Run to the end, or as far as the queue job allows."""
    require_time(f"LAMMPS in {folder}")
    left, own = remaining_s(), settings.walltime_s
    limit = min(inf if left is None else left, inf if own is None else own)
    timed = settings.model_copy(update={"walltime_s": None if limit == inf else limit})
    style = get_backend(potential.backend).pair_style(potential, elements, folder, grade)
    if not style.commands:
        _check_stress(potential, settings)
    begun = _prepare(folder, structure, potential, timed, elements, style, grade)
    run_to_end(_command(style, folder), folder, settings)
    reached = last_restart(folder)
    if not _is_done(folder, settings, grade) and _place(reached) <= begun:
        raise WalltimeError(
            f"LAMMPS in {folder} computed no step after step {begun[1]} in {limit:.0f} s; ask for "
            "a longer walltime, or use more cores"
        )


def _prepare(
    folder: Path,
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    elements: list[str],
    style: PairStyle,
    grade: GradeSettings | None,
) -> tuple[int, int]:
    """Write the input of the run, or of the rest of it; return the stage and step it begins at."""
    atoms = to_atoms(structure)
    write_data(folder / DATA_FILE, atoms, elements, style.charges)
    restart = last_restart(folder)
    stage, step = _place(restart)
    if restart is None:
        for name in (LOG_FILE, DUMP_FILE):
            (folder / name).unlink(missing_ok=True)
    elif stage < len(settings.stages):
        cut_dump(folder, first_new_frame(settings, stage, step))
    cut_grades(folder, step, stage)
    if grade is not None:
        cut_saved(folder / grade.save_file, step, stage)
    seed = langevin_seed(settings, stage, step)
    add_piece(folder, MDPiece(stage=stage, first_step=step, langevin_seed=seed))
    pair = style.commands or EXTERNAL_COMMANDS
    if style.is_watched and grade is not None:
        pair = [*pair, watch_command(grade.every)]
    lines = commands(
        settings,
        pair,
        structure.volume,
        restart,
        atom_style=style.atom_style,
        before_box=style.before_box,
        has_velocities=has_velocities(structure),
    )
    (folder / INPUT_FILE).write_text("\n".join(lines) + "\n")
    if _is_driven(style):
        write_driver_input(folder, lines, atoms.get_chemical_symbols(), potential, grade)
    return stage, step


def _place(restart: Restart | None) -> tuple[int, int]:
    """Return the stage and step that a run goes on at."""
    return (0, 0) if restart is None else (restart.stage, restart.step)


def _is_driven(style: PairStyle) -> bool:
    """Return whether LAMMPS runs inside a Python process that it asks for forces or grades."""
    return style.is_watched or not style.commands


def _command(style: PairStyle, folder: Path) -> list[str]:
    if _is_driven(style):
        return [sys.executable, "-m", "amorph_flows.lammps._external", str(folder)]
    return [*lammps_command(), "-in", INPUT_FILE, "-log", "none", "-nocite"]


def _is_done(folder: Path, settings: LammpsMD, grade: GradeSettings | None) -> bool:
    log = folder / LOG_FILE
    if settings.extends_from_fs is not None and last_step(log) < settings.n_steps:
        return False  # the log may hold the end of a shorter run
    return is_complete(log) or (has_finished(log) and grade_summary(folder, grade).broke)


def _elements(structure: Structure, potential: PotentialDoc) -> list[str]:
    """Return the elements of a structure in the order of the potential's species."""
    present = {site.specie.symbol for site in structure}
    unknown = sorted(present - set(potential.species))
    if unknown:
        raise InputError(
            f"the potential has the elements {', '.join(potential.species)}, but the structure "
            f"also has {', '.join(unknown)}; take a potential that knows them"
        )
    return [symbol for symbol in potential.species if symbol in present]


def _check_cell(structure: Structure, potential: PotentialDoc, settings: LammpsMD) -> None:
    """Refuse a cell that may shrink until an atom sees itself twice."""
    width, needed = minimum_width(structure.lattice.matrix), 2 * potential.settings.cutoff
    if width < needed and any(isinstance(stage, NPT) for stage in settings.stages):
        raise InputError(
            f"the cell is {width:.1f} Å wide, less than twice the cutoff of the potential, "
            f"{needed:.1f} Å, and may shrink under NPT; take a larger supercell, or NVT"
        )


def _check_stress(potential: PotentialDoc, settings: LammpsMD) -> None:
    """Refuse a cell that moves by a stress that a calculator does not give."""
    moves = any(
        isinstance(stage, NPT) or (isinstance(stage, Minimise) and stage.relax_cell is not None)
        for stage in settings.stages
    )
    calculator = get_backend(potential.backend).calculator(potential) if moves else None
    if calculator is not None and "stress" not in calculator.implemented_properties:
        raise InputError(
            f"the potential of {potential.backend!r} has no stress, which a cell that moves needs; "
            "use NVT, and Minimise without relax_cell"
        )


def _fingerprint(
    structure: Structure,
    potential: PotentialDoc,
    settings: LammpsMD,
    grade: GradeSettings | None,
) -> str:
    """Return the hash of what decides how a run goes; its walltime does not.

    A run that was made longer is found by the length that it had at first.
    """
    if settings.extends_from_fs is not None:
        settings = settings.lasting(settings.extends_from_fs)
    content = {
        "settings": settings.model_dump(
            exclude={"walltime_s", "restart_stride", "extends_from_fs"}
        ),
        "potential": [potential.backend, potential.sha256, potential.species],
        "cell": structure.lattice.matrix.tolist(),
        "positions": structure.cart_coords.tolist(),
        "symbols": [site.specie.symbol for site in structure],
        "velocities": structure.site_properties.get("velocities"),
        "grade": None if grade is None else grade.model_dump(),
    }
    return sha256_of(json.dumps(content, sort_keys=True))[:12]


def _check_energies(result: LammpsResult) -> None:
    """Refuse a run that LAMMPS ended well although its numbers are lost."""
    energies = result.thermo["potential_energy_ev"]
    bad = ~np.isfinite(energies)
    if bad.any():
        step = result.thermo["step"][bad][0]
        raise CalculationError(
            f"LAMMPS: the potential energy is not a number from step {step:.0f} on; use a shorter "
            "time step or train the potential further",
            result.directory,
        )
