"""Explore: MD with the potential that saves configurations outside the training set."""

from __future__ import annotations

from pathlib import Path

from jobflow import Job, Response
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.datasets.io import iter_cfg
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.lammps.saved_configurations import count_saved
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import ExplorationDoc, ExplorationRun
from amorph_flows.schemas.potential import PotentialDoc

MAX_SAVED = 200
"""Configurations that one run may offer; the choice among them takes memory for each."""


@stage_job(ExplorationDoc)
def explore(
    potential: PotentialDoc,
    structure: Structure,
    formula: str,
    temperature_k: float,
    md: LammpsMD,
    grade: GradeSettings,
    turn: int,
    prev_dir: str | None = None,
) -> ExplorationDoc | Response[Job]:
    """Run MD with the potential and save configurations outside its training set.

    A run that fails is part of the result, with its reason: it never ends the loop. One that its
    queue job is too short for goes on in a new job.

    Parameters
    ----------
    potential
        The potential with its active set.
    structure
        Where to start.
    formula
        Reduced formula of the structure.
    temperature_k
        Temperature, K.
    md
        Settings of the run.
    grade
        When to save and when to stop.
    turn
        The turn of active learning, for the provenance.
    prev_dir
        Folder of an earlier job whose run this one goes on with.
    """
    home = run_home(prev_dir)
    name = f"{formula} {temperature_k:g} K turn {turn} seed {md.seed}"
    run = ExplorationRun(
        run=name,
        formula=formula,
        temperature_k=temperature_k,
        seed=md.seed,
        asked_fs=md.duration_fs,
        reached_fs=0.0,
        broke=True,
        max_grade=0.0,
        fraction_above_select=0.0,
        n_saved=0,
    )
    try:
        result = run_lammps_md(structure, potential, md, home, grade, goes_on=prev_dir is not None)
    except CalculationError as error:
        saved = Path(error.directory or ".") / grade.save_file
        changes: dict[str, object] = {"failure": str(error)}
    else:
        if not result.is_complete:
            rest = explore(
                potential, structure, formula, temperature_k, md, grade, turn, prev_dir=str(home)
            )
            return continued(rest)
        saved = result.saved_file or Path(grade.save_file)
        changes = {
            "reached_fs": result.reached_fs,
            "broke": result.broke,
            "max_grade": result.max_grade or 0.0,
            "fraction_above_select": result.fraction_above_select or 0.0,
        }
    frames, damage = _saved_frames(saved, potential, name, temperature_k, grade)
    changes |= {"n_saved": len(frames), "damage": damage}
    finished = run.model_copy(update=changes)
    return ExplorationDoc(run=finished, frames=frames, directory=str(home))


def _saved_frames(
    file: Path, potential: PotentialDoc, run: str, temperature_k: float, grade: GradeSettings
) -> tuple[FrameSet, str]:
    """Return saved frames up to the first one above the break threshold, that one included.

    A long run that saves more than `MAX_SAVED` is thinned evenly. A run that fails may leave one
    half written: the frames before it are returned, and why it could not be read.
    """
    kept: list[Frame] = []
    every = max(1, -(-count_saved(file) // MAX_SAVED))
    try:
        for index, frame in enumerate(iter_cfg(file, potential.species) if file.exists() else ()):
            breaks = grade.breaks(frame.provenance.grade or 0.0)
            if breaks or index % every == 0:
                kept.append(
                    frame.with_provenance(
                        stage="active_learning", run=run, temperature_k=temperature_k
                    )
                )
            if breaks:
                break
    except InputError as error:
        return FrameSet(kept), str(error)
    return FrameSet(kept), ""
