"""Input of LAMMPS: the data file of a start, and the commands of a run or of the rest of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ase import Atoms
from ase.io.lammpsdata import write_lammps_data

from amorph_flows.lammps._stage_commands import stage_commands
from amorph_flows.lammps.run_files import (
    COMPLETE,
    DATA_FILE,
    EXTERNAL_FIX,
    FINAL_FILE,
    FINISHED,
    LOG_FILE,
    THERMO_COLUMNS,
    Restart,
)
from amorph_flows.lammps.stages import NPT, LammpsMD, Minimise
from amorph_flows.potentials.balance import require_neutral
from amorph_flows.structures.moving_cell import MAX_VOLUME_RATIO

EXTERNAL_COMMANDS = [
    "pair_style zero 2.0 nocoeff",
    "pair_coeff * *",
    f"fix {EXTERNAL_FIX} all external pf/callback 1 1",
    f"fix_modify {EXTERNAL_FIX} energy yes virial yes",
]
"""In place of a pair style: energies and forces come from a calculator."""


def watch_command(every: int) -> str:
    """Return the fix that shows the atoms to the process that LAMMPS runs in; it adds no forces.

    Parameters
    ----------
    every
        Steps between two looks.
    """
    return f"fix {EXTERNAL_FIX} all external pf/callback {every} {every}"


_HOTTEST_K = 100_000
_LOOK_EVERY = 50
_NEVER_S = 3.6e6


def write_data(
    path: Path, atoms: Atoms, elements: list[str], charges: dict[str, float] | None = None
) -> None:
    """Write a structure as LAMMPS data, the cell turned to lower-triangular where it is not.

    Parameters
    ----------
    path
        The file.
    atoms
        Atom i gets the id i + 1.
    elements
        Element symbol of each type, in order.
    charges
        Charge of an atom of each element, e: the file is for ``atom_style charge``. None or empty:
        for ``atom_style atomic``.

    Raises
    ------
    InputError
        If the charges do not add up to zero.
    """
    if charges:
        require_neutral(atoms.get_chemical_symbols(), charges)
        atoms = atoms.copy()
        atoms.set_initial_charges([charges[symbol] for symbol in atoms.symbols])
    with path.open("w", encoding="utf-8") as file:
        write_lammps_data(
            file,
            atoms,
            specorder=elements,
            masses=True,
            units="metal",
            atom_style="charge" if charges else "atomic",
            velocities=bool(atoms.get_velocities().any()),
        )


def commands(
    settings: LammpsMD,
    pair: list[str],
    volume_a3: float,
    restart: Restart | None = None,
    *,
    atom_style: Literal["atomic", "charge"] = "atomic",
    before_box: Sequence[str] = (),
    has_velocities: bool = False,
) -> list[str]:
    """Return the commands of a run or of the rest of one.

    Parameters
    ----------
    settings
        The stages.
    pair
        From ``plugin load`` to ``pair_coeff``.
    volume_a3
        Of the start; a run whose cell goes far from it is stopped.
    restart
        What to go on from; None starts anew.
    atom_style
        Of the data file.
    before_box
        Lines that the pair style needs before the cell is read.
    has_velocities
        Whether the data file has velocities.
    """
    plugins = [line for line in pair if line.split()[:1] == ["plugin"]]
    styles = [line for line in pair if line.split()[:1] != ["plugin"]]
    lines = [
        f"log {LOG_FILE} append",
        *plugins,
        *before_box,
        *_cell(restart, atom_style),
        *styles,
        *_general(settings, volume_a3),
    ]
    is_moving = has_velocities
    for index, stage in enumerate(settings.stages):
        if restart is None or index >= restart.stage:
            goes_on = restart if restart is not None and index == restart.stage else None
            lines += stage_commands(settings, index, goes_on, is_moving=is_moving)
        is_moving = not isinstance(stage, Minimise)
    return [*lines, f'print "{COMPLETE}"', "label stop", _last_frame(), f'print "{FINISHED}"']


def _cell(restart: Restart | None, atom_style: str) -> list[str]:
    if restart is not None:
        return [f"read_restart {restart.path.name}"]
    return [
        "units metal",
        f"atom_style {atom_style}",
        "boundary p p p",
        "box tilt large",
        f"read_data {DATA_FILE}",
    ]


def _general(settings: LammpsMD, volume_a3: float) -> list[str]:
    lines = [
        f"neighbor {settings.skin_a} bin",
        "neigh_modify every 1 delay 0 check yes",
        f"thermo_style custom {THERMO_COLUMNS}",
        "thermo_modify norm no flush yes lost error format float %.10g",
        f"timer timeout {_clock(settings.walltime_s or _NEVER_S)} every 10",
    ]
    if any(isinstance(stage, NPT) for stage in settings.stages):
        least, most = 1 / MAX_VOLUME_RATIO, MAX_VOLUME_RATIO
        lines += [
            f"variable volume equal vol/{volume_a3:.10g}",
            f"fix collapse all halt {_LOOK_EVERY} v_volume < {least:.10g} error hard",
            f"fix burst all halt {_LOOK_EVERY} v_volume > {most:.10g} error hard",
        ]
    if not all(isinstance(stage, Minimise) for stage in settings.stages):
        lines += [
            "variable heat equal temp",
            f"fix explosion all halt {_LOOK_EVERY} v_heat > {_HOTTEST_K} error hard",
        ]
    return lines


def _last_frame() -> str:
    columns = "id type xu yu zu vx vy vz fx fy fz"
    return (
        f"write_dump all custom {FINAL_FILE} {columns} "
        "modify sort id time yes units yes format float %.16g"
    )


def _clock(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
