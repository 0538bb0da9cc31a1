"""Result of a LAMMPS run, read from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ase.data import chemical_symbols
from ase.io import read
from pymatgen.core import Structure

from amorph_flows.analysis.readers import read_trajectory
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError
from amorph_flows.lammps._grades import GradeSummary, last_graded, read_grades, summarise
from amorph_flows.lammps._log import read_thermo
from amorph_flows.lammps._run_pieces import read_pieces
from amorph_flows.lammps.dump import reference_of
from amorph_flows.lammps.run_files import DUMP_FILE, FINAL_FILE, LOG_FILE
from amorph_flows.lammps.saved_configurations import count_saved
from amorph_flows.lammps.stages import LammpsMD, Minimise
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.production_md import FileReference, MDPiece
from amorph_flows.structures.configuration import to_structure


@dataclass(frozen=True)
class LammpsResult:
    """Result of a LAMMPS run.

    Parameters
    ----------
    directory
        Its folder.
    trajectory
        Frames of all stages that keep some.
    thermo
        What the log holds, a line each: ``stage`` (index), ``step``, ``time_fs``,
        ``temperature_k``, ``potential_energy_ev``, ``kinetic_energy_ev``, ``enthalpy_ev``,
        ``pressure_gpa``, ``volume_a3``, ``density_g_cm3``, and ``pressure_tensor_gpa`` and
        ``cells_a`` of shape ``(n_lines, 3, 3)``.
    structure
        The last configuration, with velocities (Å/fs) and forces (eV/Å) as site properties where
        the run was not killed; LAMMPS may have turned the cell.
    reached_fs
        Time that was run, fs.
    broke
        Whether the grade passed the break threshold.
    max_grade
        The largest grade; None where none was computed.
    fraction_above_select
        Of the graded steps; None where none was.
    n_saved
        Configurations that were saved.
    saved_file
        MLIP-2 file of them; None where there is none.
    pieces
        Where it began and where it was resumed.
    is_complete
        Whether it reached its end or the break threshold; otherwise the same call goes on.
    """

    directory: Path
    trajectory: FileReference
    thermo: dict[str, FloatArray]
    structure: Structure
    reached_fs: float
    broke: bool = False
    max_grade: float | None = None
    fraction_above_select: float | None = None
    n_saved: int = 0
    saved_file: Path | None = None
    pieces: tuple[MDPiece, ...] = ()
    is_complete: bool = True

    def thermo_of(self, stage: int) -> dict[str, FloatArray]:
        """Return the lines of one stage.

        Parameters
        ----------
        stage
            Its index.
        """
        chosen = self.thermo["stage"] == stage
        return {name: column[chosen] for name, column in self.thermo.items()}


def read_result(
    folder: Path,
    start: Structure,
    settings: LammpsMD,
    elements: list[str],
    grade: GradeSettings | None,
) -> LammpsResult:
    """Return the result of the run in a folder.

    Parameters
    ----------
    folder
        The run's folder.
    start
        The structure that it started from.
    settings
        Its settings.
    elements
        Element symbol of each LAMMPS type, in order.
    grade
        Its thresholds, if it was graded.
    """
    thermo = read_thermo(folder / LOG_FILE)
    reached = _reached(folder, thermo)
    regular = _of_one_run(thermo["stage"], thermo["step"], settings)
    thermo = {name: column[regular] for name, column in thermo.items()}
    thermo["time_fs"] = _times_fs(thermo["stage"], thermo["step"], settings)
    summary = grade_summary(folder, grade)
    saved = folder / grade.save_file if grade is not None else None
    if saved is not None and not saved.exists():
        saved = None
    return LammpsResult(
        directory=folder,
        trajectory=reference_of(folder / DUMP_FILE, elements),
        thermo=thermo,
        structure=_last_structure(folder, elements) or start,
        reached_fs=settings.time_fs(*reached),
        broke=summary.broke,
        max_grade=summary.max_grade,
        fraction_above_select=summary.fraction_above_select,
        n_saved=count_saved(saved) if saved is not None else 0,
        saved_file=saved,
        pieces=read_pieces(folder),
    )


def grade_summary(folder: Path, grade: GradeSettings | None) -> GradeSummary:
    """Return the summary of the grades of a run.

    Parameters
    ----------
    folder
        The run's folder.
    grade
        Its thresholds, if it was graded.
    """
    if grade is None:
        return GradeSummary()
    return summarise(read_grades(folder), grade.select, grade.stop)


def _of_one_run(stages: FloatArray, steps: FloatArray, settings: LammpsMD) -> npt.NDArray[np.bool_]:
    """Return which lines of the log a run in one piece would have written."""
    regular = np.zeros(len(steps), dtype=bool)
    for index, stage in enumerate(settings.stages):
        first, last = settings.first_steps[index : index + 2]
        if isinstance(stage, Minimise):
            regular |= stages == index
            continue
        at_stride = (steps % stage.thermo_stride == 0) | (steps == first) | (steps == last)
        regular |= (stages == index) & at_stride
    regular[-1:] = True
    return regular


def _times_fs(stages: FloatArray, steps: FloatArray, settings: LammpsMD) -> FloatArray:
    """Return the time since the start of each line of the log, fs."""
    times = np.empty(len(steps))
    for index, stage in enumerate(settings.stages):
        lines, step_fs = stages == index, 0.0 if isinstance(stage, Minimise) else stage.time_step_fs
        done = steps[lines] - settings.first_steps[index]
        times[lines] = settings.begins_fs(index) + done * step_fs
    return times


def _reached(folder: Path, thermo: dict[str, FloatArray]) -> tuple[int, int]:
    """Return the last stage and step; a run that stops between two lines of the log was graded."""
    logged = zip(thermo["stage"][-1:], thermo["step"][-1:], strict=True)
    places = [(int(stage), int(step)) for stage, step in logged]
    return max([*places, last_graded(folder)])


def _last_structure(folder: Path, elements: list[str]) -> Structure | None:
    final = folder / FINAL_FILE
    if final.exists():
        atoms = read(final, format="lammps-dump-text", units="metal", specorder=elements)
        structure = to_structure(atoms, velocities=True)
        return structure.add_site_property("forces", atoms.get_forces().tolist())
    try:
        trajectory = read_trajectory(folder / DUMP_FILE, species=elements)
    except (InputError, FileNotFoundError):
        return None
    return Structure(
        trajectory.cells[-1],
        [chemical_symbols[number] for number in trajectory.numbers],
        trajectory.positions[-1],
        coords_are_cartesian=True,
    )
