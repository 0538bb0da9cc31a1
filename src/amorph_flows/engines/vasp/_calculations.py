"""One single point and one relaxation with VASP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from atomate2.vasp.jobs.base import BaseVaspMaker
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Frame, Provenance
from amorph_flows.engines.vasp._run import read_run, run_maker
from amorph_flows.engines.vasp._settings import HARMLESS
from amorph_flows.errors import CalculationError
from amorph_flows.schemas.labelling import EngineInfo, RelaxDoc
from amorph_flows.structures.configuration import to_atoms, to_structure


def labelled_frame(
    frame: Frame, maker: BaseVaspMaker, folder: Path, tags: dict[str, Any], signed: Provenance
) -> Frame:
    """Return a frame with VASP's energy, forces and stress.

    Parameters
    ----------
    frame
        The configuration; its positions and provenance are kept.
    maker
        Of single points.
    folder
        Where VASP runs.
    tags
        INCAR tags on top of the Maker's.
    signed
        Says which engine and job made the label.

    Raises
    ------
    CalculationError
        If VASP fails or the density does not converge.
    """
    run = run_maker(maker, to_structure(frame.to_atoms()), folder, {"NSW": 0} | tags)
    result = run.steps[-1]
    if not result.converged:
        raise CalculationError("the density did not converge within NELM steps", folder)
    return replace(
        frame, energy_ev=result.energy_ev, forces=result.forces, stress=result.stress
    ).with_provenance(
        engine=signed.engine, settings_hash=signed.settings_hash, job_uuid=signed.job_uuid
    )


def relaxed(
    structure: Structure,
    maker: BaseVaspMaker,
    folder: Path,
    tags: dict[str, Any],
    engine: EngineInfo,
    *,
    goes_on: bool,
) -> RelaxDoc:
    """Return a structure relaxed by VASP.

    Parameters
    ----------
    structure
        Where to start.
    maker
        Of relaxations.
    folder
        Where VASP runs.
    tags
        INCAR tags on top of the Maker's.
    engine
        Of the document.
    goes_on
        Whether to start from what an earlier job left in the folder, if that can be read.

    Raises
    ------
    CalculationError
        If VASP fails or the density of the last configuration does not converge.
    """
    start = _contcar(folder, structure) if goes_on else structure
    run = run_maker(maker, start, folder, {"IBRION": 2} | tags, HARMLESS | {"IBRION", "POTIM"})
    last = run.steps[-1]
    if not last.converged:
        raise CalculationError("the density did not converge within NELM steps", folder)
    atoms = to_atoms(structure)
    atoms.cell, atoms.positions = last.cell, last.positions
    return RelaxDoc(
        engine=engine.model_copy(update={"version": run.version}),
        structure=to_structure(atoms),
        energy_ev=last.energy_ev,
        max_force_ev_a=float(np.linalg.norm(last.forces, axis=1).max()),
        converged=run.converged,
        n_steps=len(run.steps),
    )


def _contcar(folder: Path, structure: Structure) -> Structure:
    """Return the last structure of a relaxation, or its start if CONTCAR cannot be read."""
    try:
        return read_run(folder, structure).structure
    except Exception:  # noqa: BLE001 - files cut off anywhere; it then starts anew
        return structure
