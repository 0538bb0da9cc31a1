"""Input of LAMMPS: settings of an MD run, its data file and its commands."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ase import Atoms
from ase.io.lammpsdata import write_lammps_data
from pydantic import Field

from amorph_flows.potentials.balance import require_neutral
from amorph_flows.schemas.base import Document

DATA_FILE = "start.data"
DUMP_FILE = "trajectory.lammpstrj"
FINAL_FILE = "final.lammpstrj"
LOG_FILE = "log.lammps"
RESTART_PREFIX = "restart"
EXTERNAL_FIX = "potential"
FINISHED = "run finished"
"""Printed to the log when the last command was reached."""

EXTERNAL_COMMANDS = [
    "pair_style zero 2.0 nocoeff",
    "pair_coeff * *",
    f"fix {EXTERNAL_FIX} all external pf/callback 1 1",
    f"fix_modify {EXTERNAL_FIX} energy yes virial yes",
]
"""In place of a pair style: energies and forces come from a calculator."""


class LammpsMD(Document):
    """NVE with a Langevin thermostat to equilibrate, then NVT with Nosé-Hoover chains.

    The trajectory is that of the second part.
    """

    temperature_k: float = Field(gt=0, description="temperature, K")
    time_step_fs: float = Field(default=2.0, gt=0, le=20, description="time step, fs")
    equilibration_fs: float = Field(default=50_000.0, ge=0, description="NVE with Langevin, fs")
    production_fs: float = Field(gt=0, description="NVT, fs")
    damping_fs: float = Field(default=200.0, gt=0, description="of both thermostats, fs")
    frame_stride: int = Field(default=100, ge=1, description="steps between frames")
    thermo_stride: int = Field(default=100, ge=1, description="steps between lines of the log")
    restart_stride: int = Field(default=10_000, ge=1, description="steps between restart files")
    skin_a: float = Field(default=0.5, gt=0, description="skin of the neighbour lists, Å")
    seed: int = Field(
        default=0, ge=0, lt=900_000_000, description="of velocities and Langevin forces"
    )
    remove_drift: bool = Field(
        default=True,
        description="whether the random forces of Langevin add up to zero and the cell is at rest "
        "after them; LAMMPS' own default does neither, and the cell drifts on in NVT",
    )
    walltime_s: float | None = Field(
        default=None,
        gt=0,
        description="time after which the run stops and goes on in a new job, s; it does so "
        "before its queue job ends in any case",
    )

    @property
    def equilibration_steps(self) -> int:
        """Steps of the first part."""
        return round(self.equilibration_fs / self.time_step_fs)

    @property
    def n_steps(self) -> int:
        """Steps of both parts."""
        return self.equilibration_steps + max(1, round(self.production_fs / self.time_step_fs))


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
        )


def commands(
    settings: LammpsMD,
    pair: list[str],
    restart: tuple[int, Path] | None,
    langevin_seed: int | None = None,
    atom_style: Literal["atomic", "charge"] = "atomic",
) -> list[str]:
    """Return the commands of a run or of the rest of one.

    Parameters
    ----------
    settings
        Temperature, lengths and strides.
    pair
        From ``plugin load`` to ``pair_coeff``.
    restart
        Step and file to go on from; None starts anew.
    langevin_seed
        Of the forces while it equilibrates; None: as a run that starts anew.
    atom_style
        Of the data file.
    """
    plugins = [line for line in pair if line.split()[:1] == ["plugin"]]
    styles = [line for line in pair if line.split()[:1] != ["plugin"]]
    step = restart[0] if restart else 0
    lines = [
        f"log {LOG_FILE} append",
        *plugins,
        *_cell(restart, atom_style),
        *styles,
        *_general(settings),
    ]
    if restart is None:
        seed = settings.seed + 1
        lines.append(
            f"velocity all create {settings.temperature_k} {seed} mom yes rot no dist gaussian"
        )
    if step < settings.equilibration_steps:
        lines += _equilibration(settings, langevin_seed or settings.seed + 1)
    return [*lines, *_production(settings, step), f'print "{FINISHED}"']


def _cell(restart: tuple[int, Path] | None, atom_style: str) -> list[str]:
    if restart is not None:
        return [f"read_restart {restart[1].name}"]
    return [
        "units metal",
        f"atom_style {atom_style}",
        "boundary p p p",
        "box tilt large",
        f"read_data {DATA_FILE}",
    ]


def _general(settings: LammpsMD) -> list[str]:
    lines = [
        f"neighbor {settings.skin_a} bin",
        "neigh_modify every 1 delay 0 check yes",
        f"timestep {settings.time_step_fs / 1000:.10g}",
        "thermo_style custom step temp pe ke press",
        "thermo_modify norm no flush yes lost error format float %.10g",
        f"thermo {settings.thermo_stride}",
        f"restart {settings.restart_stride} {RESTART_PREFIX}.*",
    ]
    if settings.walltime_s is not None:
        lines.append(f"timer timeout {_clock(settings.walltime_s)} every 10")
    return lines


def _equilibration(settings: LammpsMD, seed: int) -> list[str]:
    damping_ps, t = settings.damping_fs / 1000, settings.temperature_k
    zero = "yes" if settings.remove_drift else "no"
    lines = [
        "fix move all nve",
        f"fix heat all langevin {t} {t} {damping_ps:.10g} {seed} zero {zero}",
        f"run {settings.equilibration_steps} upto",
        "unfix heat",
        "unfix move",
    ]
    return [*lines, "velocity all zero linear"] if settings.remove_drift else lines


def _production(settings: LammpsMD, step: int) -> list[str]:
    damping_ps, t = settings.damping_fs / 1000, settings.temperature_k
    append = "yes" if step > settings.equilibration_steps else "no"
    return [
        f"fix move all nvt temp {t} {t} {damping_ps:.10g}",
        f"dump frames all custom {settings.frame_stride} {DUMP_FILE} id type xu yu zu",
        f"dump_modify frames sort id time yes units yes flush yes append {append}",
        "dump_modify frames format float %.8f",
        f"run {settings.n_steps} upto",
        f"write_restart {RESTART_PREFIX}.*",
        f"write_dump all custom {FINAL_FILE} id type xu yu zu "
        "modify sort id time yes units yes format float %.8f",
    ]


def _clock(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
