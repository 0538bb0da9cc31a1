"""Input of LAMMPS: the data file of a start, and the commands of a run or of the rest of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ase import Atoms
from ase.io.lammpsdata import write_lammps_data

from amorph_flows.lammps._run_pieces import seed_at
from amorph_flows.lammps.stages import (
    NPT,
    NVE,
    NVT,
    Deform,
    LammpsMD,
    Minimise,
)
from amorph_flows.potentials.balance import require_neutral
from amorph_flows.schemas.schedule import Coupling

DATA_FILE = "start.data"
DUMP_FILE = "trajectory.lammpstrj"
FINAL_FILE = "final.lammpstrj"
LOG_FILE = "log.lammps"
RESTART_PREFIX = "restart"
EXTERNAL_FIX = "potential"
STAGE_MARK = "amorph stage"
"""Before the index of a stage, printed to the log where it begins or goes on."""
COMPLETE = "run complete"
"""Printed to the log when the last stage has ended."""
FINISHED = "run finished"
"""Printed to the log when the last command was reached, after a stop as well."""
THERMO_COLUMNS = (
    "step temp pe ke press enthalpy vol density pxx pyy pzz pyz pxz pxy lx ly lz yz xz xy"
)

EXTERNAL_COMMANDS = [
    "pair_style zero 2.0 nocoeff",
    "pair_coeff * *",
    f"fix {EXTERNAL_FIX} all external pf/callback 1 1",
    f"fix_modify {EXTERNAL_FIX} energy yes virial yes",
]
"""In place of a pair style: energies and forces come from a calculator."""

_BAR_PER_GPA = 1e4
_HOTTEST_K = 100_000
_SMALLEST, _LARGEST = 0.3, 4.0
_LOOK_EVERY = 50
_PASSES = 5
_NEVER_S = 3.6e6


@dataclass(frozen=True)
class Restart:
    """A restart file.

    Parameters
    ----------
    stage
        Index of the stage that goes on from it.
    step
        MD step; in a minimisation the iterations so far are added.
    path
        The file.
    """

    stage: int
    step: int
    path: Path


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
    watch: list[str] | None = None,
    atom_style: Literal["atomic", "charge"] = "atomic",
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
    watch
        What grades during the run, defined after the pair style.
    atom_style
        Of the data file.
    has_velocities
        Whether the data file has velocities.
    """
    plugins = [line for line in pair if line.split()[:1] == ["plugin"]]
    styles = [line for line in pair if line.split()[:1] != ["plugin"]]
    watch = watch or []
    lines = [
        f"log {LOG_FILE} append",
        *plugins,
        *_cell(restart, atom_style),
        *styles,
        *_general(settings, volume_a3),
        *watch,
    ]
    is_moving = has_velocities
    for index, stage in enumerate(settings.stages):
        if restart is None or index >= restart.stage:
            goes_on = restart if restart is not None and index == restart.stage else None
            lines += _stage(settings, index, goes_on, watch, is_moving=is_moving)
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
        lines += [
            f"variable volume equal vol/{volume_a3:.10g}",
            f"fix collapse all halt {_LOOK_EVERY} v_volume < {_SMALLEST} error hard",
            f"fix burst all halt {_LOOK_EVERY} v_volume > {_LARGEST} error hard",
        ]
    if not all(isinstance(stage, Minimise) for stage in settings.stages):
        lines += [
            "variable heat equal temp",
            f"fix explosion all halt {_LOOK_EVERY} v_heat > {_HOTTEST_K} error hard",
        ]
    return lines


def _stage(
    settings: LammpsMD,
    index: int,
    restart: Restart | None,
    watch: list[str],
    *,
    is_moving: bool,
) -> Iterator[str]:
    """Yield the commands of a stage, or of the rest of one."""
    stage, first = settings.stages[index], settings.first_steps[index]
    step = restart.step if restart is not None else first
    yield f'print "{STAGE_MARK} {index}"'
    yield f"restart {settings.restart_stride} {RESTART_PREFIX}.{index}.*"
    # the fixes of a stage that is stopped must be there when its restart file is written
    keep = f'"write_restart {RESTART_PREFIX}.{index}.*" "jump SELF stop"'
    if isinstance(stage, Minimise):
        yield from _minimisation(stage, index)
        yield f'if "$(timeremain) <= 0" then {keep}'
        now_ps = settings.time_fs(index, first) / 1000
        yield from _without_grades(watch, f"reset_timestep {first} time {now_ps:.10g}")
    else:
        if step == first:
            yield from _velocities(settings, stage, first, is_moving)
        if isinstance(stage, NPT) and stage.coupling == "triclinic":
            yield "change_box all triclinic"
        yield from _dump(settings, index, step)
        yield from _motion(settings, index, step)
        yield f'if "$(step) < {settings.first_steps[index + 1]}" then {keep}'
        yield from _end(settings, stage, index)
    yield f"write_restart {RESTART_PREFIX}.{index + 1}.*"


def _minimisation(stage: Minimise, index: int) -> Iterator[str]:
    energy, force = f"{stage.energy_tolerance:.10g}", f"{stage.force_tolerance_ev_a:.10g}"
    descend = f"minimize {energy} {force} {stage.max_steps} {10 * stage.max_steps}"
    atoms = ["min_style fire", "min_modify norm max", descend]
    yield "thermo 10"
    yield "timestep 0.001"
    if stage.relax_cell is not None:
        pressure = f"{stage.pressure_gpa * _BAR_PER_GPA:.10g}"
        if stage.relax_cell == "triclinic":
            yield "change_box all triclinic"
        for _ in range(_PASSES):
            yield from ["min_style cg", "min_modify norm max"]
            yield f"fix stage{index} all box/relax {_STYLES[stage.relax_cell]} {pressure}"
            yield descend
            yield f"unfix stage{index}"
            yield from atoms
    yield from atoms


_STYLES: dict[Coupling, str] = {"isotropic": "iso", "axes": "aniso", "triclinic": "tri"}


def _velocities(
    settings: LammpsMD, stage: NVE | NVT | NPT | Deform, step: int, is_moving: bool
) -> Iterator[str]:
    wanted = stage.velocities or ("keep" if is_moving else "draw")
    if wanted == "draw":
        seed = seed_at(settings.seed, step)
        yield (f"velocity all create {stage.temperature_k} {seed} mom yes rot no dist gaussian")
    elif wanted == "scale":
        yield f"velocity all scale {stage.temperature_k}"


def _dump(settings: LammpsMD, index: int, step: int) -> Iterator[str]:
    stage = settings.stages[index]
    if isinstance(stage, Minimise) or stage.frame_stride is None:
        return
    yield f"dump frames all custom {stage.frame_stride} {DUMP_FILE} id type xu yu zu"
    yield "dump_modify frames sort id time yes units yes flush yes append yes"
    yield "dump_modify frames format float %.8f"
    first_frame = first_new_frame(settings, index, step)
    if first_frame > step:
        yield f"dump_modify frames delay {first_frame}"


def first_new_frame(settings: LammpsMD, index: int, step: int) -> int:
    """Return the first step whose frame a stage, or the rest of one, may write.

    Parameters
    ----------
    settings
        The stages.
    index
        Of the stage.
    step
        MD step that it begins or goes on at. What a stage ends with is not written again by the
        next.
    """
    first = settings.first_steps[index]
    if isinstance(settings.stages[index], Minimise):
        return first + 1
    before = (s for s in reversed(settings.stages[:index]) if not isinstance(s, Minimise))
    stride = next((s.frame_stride for s in before), None)
    if step == first and stride is not None and first % stride == 0:
        return first + 1
    return step


def _motion(settings: LammpsMD, index: int, step: int) -> Iterator[str]:
    """Yield the integrator of a stage and its run from a step on."""
    stage, name = settings.stages[index], f"stage{index}"
    first, last = settings.first_steps[index : index + 2]
    if isinstance(stage, Minimise):
        return
    t, end_t = stage.temperature_k, stage.last_temperature_k
    damping = "" if stage.damping_fs is None else f"{stage.damping_fs / 1000:.10g}"
    yield f"timestep {stage.time_step_fs / 1000:.10g}"
    yield f"thermo {stage.thermo_stride}"
    if isinstance(stage, NVE):
        yield f"fix {name} all nve"
        if damping:
            zero = "yes" if settings.remove_drift else "no"
            seed = seed_at(settings.seed, step)
            yield f"fix heat all langevin {t} {end_t} {damping} {seed} zero {zero}"
    elif isinstance(stage, NPT):
        p, end_p = (x * _BAR_PER_GPA for x in (stage.pressure_gpa, stage.last_pressure_gpa))
        barostat = f"{_STYLES[stage.coupling]} {p:.10g} {end_p:.10g}"
        slow = f"{stage.barostat_damping_fs / 1000:.10g}"
        yield f"fix {name} all npt temp {t} {end_t} {damping} {barostat} {slow}"
    else:
        yield f"fix {name} all nvt temp {t} {end_t} {damping}"
    if isinstance(stage, Deform):
        yield f"fix strain all deform 1 {_rates(stage, first, step)} remap x"
        yield f"run {last} upto"
    else:
        yield f"run {last} upto start {first} stop {last}"


def _end(settings: LammpsMD, stage: NVE | NVT | NPT | Deform, index: int) -> Iterator[str]:
    """Yield what a stage leaves behind."""
    yield f"unfix stage{index}"
    if stage.frame_stride is not None:
        yield "undump frames"
    if isinstance(stage, Deform):
        yield "unfix strain"
    if isinstance(stage, NVE) and stage.damping_fs is not None:
        yield "unfix heat"
        if settings.remove_drift:
            yield "velocity all zero linear"


def _rates(stage: Deform, first: int, step: int) -> str:
    """Return the rates, Å/ps, at which the lengths and tilts of the cell as it is now change."""
    done = (step - first) / stage.n_steps
    length_ps = stage.n_steps * stage.time_step_fs / 1000
    xx, yy, zz, yz, xz, xy = stage.strain
    stretched = {"x": 1 + xx * done, "y": 1 + yy * done, "z": 1 + zz * done}
    moved = (
        *(("x", "x", xx), ("y", "y", yy), ("z", "z", zz)),
        *(("yz", "z", yz), ("xz", "z", xz), ("xy", "y", xy)),
    )
    return " ".join(
        f"{what} vel $(l{axis}/{stretched[axis]:.15g}*{strain / length_ps:.15g})"
        for what, axis, strain in moved
        if strain
    )


def _without_grades(watch: list[str], command: str) -> Iterator[str]:
    """Yield a command that LAMMPS refuses while a fix counts its steps."""
    fixes = [line.split()[1] for line in watch if line.startswith("fix ")]
    yield from (f"unfix {fix}" for fix in fixes)
    yield command
    yield from (line for line in watch if line.startswith("fix "))


def _last_frame() -> str:
    columns = "id type xu yu zu vx vy vz fx fy fz"
    return (
        f"write_dump all custom {FINAL_FILE} {columns} "
        "modify sort id time yes units yes format float %.16g"
    )


def _clock(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
