"""MD with VASP, as far as the walltime allows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Provenance
from amorph_flows.engines.vasp._md_state import MDState
from amorph_flows.engines.vasp._run import VaspRun, read_run
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.runtime.progress import report_progress
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures.moving_cell import runaway


def advance_md(
    state: MDState,
    stage: MDStage,
    provenance: Provenance,
    home: Path,
    vasp: Callable[[Structure, Path, dict[str, Any]], VaspRun],
) -> str:
    """Compute the rest of a run with VASP, or as much of it as the walltime allows.

    What a process that was killed left behind is taken over first. The state is on disk before
    and after VASP runs.

    Parameters
    ----------
    state
        Where the run is; it is advanced.
    stage
        Schedule of the run.
    provenance
        Of every frame.
    home
        Folder of the run.
    vasp
        Runs VASP on a structure in a folder with INCAR tags.

    Returns
    -------
    str
        Version of VASP, empty if it did not have to run.

    Raises
    ------
    CalculationError
        If VASP fails or makes no step.
    """
    _recover(state, stage, provenance)
    if state.is_finished(stage):
        return ""
    begin = state.step, state.is_new
    state.folder = str(home / f"md_{state.key[:12]}_step_{state.step}")
    state.write(home)
    run = vasp(state.structure, Path(state.folder), state.incar(stage))
    state.add(run, stage, provenance)
    state.write(home)
    report_progress(min(state.step, stage.n_steps), stage.n_steps, f"{stage.name}: MD step")
    if (state.step, state.is_new) == begin:
        raise CalculationError(
            f"MD {provenance.run!r}: VASP computed no step; look at its output in the job's folder",
            run.folder,
        )
    return run.version


def find_state(
    key: str, structure: Structure, stage: MDStage, seed: int, home: Path, goes_on: bool
) -> MDState:
    """Return the state of a run: its start, or where an earlier job in its folder stopped.

    Parameters
    ----------
    key
        Hash of what the run is.
    structure, stage, seed
        Its start.
    home
        Its folder.
    goes_on
        Whether an earlier job must have left something.

    Raises
    ------
    InputError
        If it should have and has not.
    """
    held = MDState.read(home, key)
    if held is None and goes_on:
        raise InputError(
            f"{home} holds no state of this MD run; give the folder of the run that is to be "
            "continued, or run the job again without prev_dir"
        )
    return held or MDState.start(key, structure, stage, seed)


def require_whole_cell(state: MDState, stage: MDStage, run: str) -> None:
    """Stop a run whose cell collapses, explodes or becomes flat.

    Parameters
    ----------
    state
        Where the run is.
    stage
        Its schedule.
    run
        Its name.

    Raises
    ------
    CalculationError
        If the cell has run away.
    """
    what = runaway(state.structure.lattice.matrix, np.array(state.start_cell))
    if what:
        raise CalculationError(
            f"MD {run!r}, {stage.name!r}, step {state.step} of {stage.n_steps}: {what}; "
            f"{len(state.frames)} frames have labels",
            Path.cwd(),
        )


def require_converged(state: MDState, run: str, largest_share: float) -> None:
    """Stop a run whose density fails to converge too often.

    Parameters
    ----------
    state
        Where the run is.
    run
        Its name.
    largest_share
        Of configurations that may fail to converge.

    Raises
    ------
    CalculationError
        If more do.
    """
    if state.n_unconverged > largest_share * state.n_computed:
        raise CalculationError(
            f"MD {run!r}: the density of {state.n_unconverged} of {state.n_computed} "
            "configurations did not converge within NELM electronic steps (largest share: "
            f"{largest_share:g}); try ALGO = All, a larger NELM or a shorter time step",
            Path.cwd(),
        )


def _recover(state: MDState, stage: MDStage, provenance: Provenance) -> None:
    """Take over what a process that was killed has computed, if it can be read."""
    if not state.folder:
        return
    try:
        state.add(read_run(Path(state.folder), state.structure), stage, provenance)
    except Exception:  # noqa: BLE001 - files cut off anywhere; the piece is then computed again
        state.folder = ""
