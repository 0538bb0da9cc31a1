"""The input file of the process that runs LAMMPS with an ASE calculator."""

from __future__ import annotations

import json
from pathlib import Path

from amorph_flows.potentials.base import GradeSettings, get_backend
from amorph_flows.schemas.potential import PotentialDoc

DRIVER_INPUT_FILE = "external.json"


def write_driver_input(
    folder: Path,
    commands: list[str],
    symbols: list[str],
    potential: PotentialDoc,
    grade: GradeSettings | None,
) -> None:
    """Write the input file of the driver process.

    Parameters
    ----------
    folder
        The run's folder.
    commands
        LAMMPS commands.
    symbols
        Element symbol of each atom in the order of the ids.
    potential
        The potential; its backend gives the calculator and the grades.
    grade
        When to grade, save and stop.
    """
    task = {
        "commands": commands,
        "symbols": symbols,
        "potential": potential.model_copy(update={"curves": {}}).model_dump(mode="json"),
        "backend_module": type(get_backend(potential.backend)).__module__,
        "grade": None if grade is None else grade.model_dump(),
    }
    (folder / DRIVER_INPUT_FILE).write_text(json.dumps(task))
