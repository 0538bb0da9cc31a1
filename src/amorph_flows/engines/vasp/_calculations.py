"""One single point and one relaxation with VASP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from atomate2.vasp.jobs.base import BaseVaspMaker
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Frame, Provenance
from amorph_flows.engines.vasp._run import Computed, read_run, run_maker
from amorph_flows.engines.vasp._settings import HARMLESS
from amorph_flows.errors import CalculationError
from amorph_flows.schemas.labelling import EngineInfo, RelaxDoc
from amorph_flows.structures.configuration import to_atoms, to_structure

FINAL = "relaxed"
"""Folder of the single point that follows a relaxation of the cell."""


def labelled_frame(
    frame: Frame, maker: BaseVaspMaker, folder: Path, tags: dict[str, Any], signed: Provenance
) -> Frame:
    """Return a frame with VASP's energy, forces, stress and moments.

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
    result = _single_point(maker, to_structure(frame.to_atoms()), folder, tags)
    return replace(
        frame,
        energy_ev=result.energy_ev,
        forces=result.forces,
        stress=result.stress,
        magmoms=result.magmoms,
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
    final: BaseVaspMaker | None = None,
    final_tags: dict[str, Any] | None = None,
) -> RelaxDoc:
    """Return a structure relaxed by VASP.

    The plane waves of a relaxation are those of the cell that it begins with. Where the cell
    changes, energy and forces of the end are therefore those of a single point in the last cell,
    which can be compared with other single points.

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
    final
        Of the single point that follows; None: there is none, as the cell is kept.
    final_tags
        Its INCAR tags on top of that Maker's.

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
    end = to_structure(atoms)
    if final is not None:
        last = _single_point(final, end, folder.with_name(FINAL), final_tags or {})
    return RelaxDoc(
        engine=engine.model_copy(update={"version": run.version}),
        structure=end,
        energy_ev=last.energy_ev,
        max_force_ev_a=float(np.linalg.norm(last.forces, axis=1).max()),
        converged=run.converged,
        n_steps=len(run.steps),
    )


def _single_point(
    maker: BaseVaspMaker, structure: Structure, folder: Path, tags: dict[str, Any]
) -> Computed:
    result = run_maker(maker, structure, folder, {"NSW": 0} | tags).steps[-1]
    if not result.converged:
        raise CalculationError("the density did not converge within NELM steps", folder)
    return result


def _contcar(folder: Path, structure: Structure) -> Structure:
    """Return the last structure of a relaxation, or its start if CONTCAR cannot be read."""
    try:
        return read_run(folder, structure).structure
    except Exception:  # noqa: BLE001 - files cut off anywhere; it then starts anew
        return structure
