"""Commands of one stage of a LAMMPS run, or of the rest of one."""

from __future__ import annotations

from collections.abc import Iterator

from amorph_flows.lammps._run_pieces import seed_at
from amorph_flows.lammps.run_files import (
    DUMP_FILE,
    RESTART_PREFIX,
    STAGE_MARK,
    STAGE_VARIABLE,
    Restart,
)
from amorph_flows.lammps.stages import NPT, NVE, NVT, Deform, LammpsMD, Minimise
from amorph_flows.schemas.schedule import Coupling

_BAR_PER_GPA = 1e4
_PASSES = 5
_STYLES: dict[Coupling, str] = {"isotropic": "iso", "axes": "aniso", "triclinic": "tri"}


def stage_commands(
    settings: LammpsMD,
    index: int,
    restart: Restart | None,
    *,
    is_moving: bool,
) -> Iterator[str]:
    """Yield the commands of a stage, or of the rest of one.

    Parameters
    ----------
    settings
        All stages.
    index
        Of this one.
    restart
        What it goes on from; None: it begins.
    is_moving
        Whether the atoms have velocities when the stage begins.
    """
    stage, first = settings.stages[index], settings.first_steps[index]
    step = restart.step if restart is not None else first
    yield f'print "{STAGE_MARK} {index}"'
    yield f"variable {STAGE_VARIABLE} equal {index}"
    yield f"restart {settings.restart_stride} {RESTART_PREFIX}.{index}.*"
    # the fixes of a stage that is stopped must be there when its restart file is written
    keep = f'"write_restart {RESTART_PREFIX}.{index}.*" "jump SELF stop"'
    if isinstance(stage, Minimise):
        yield from _minimisation(stage, index)
        yield f'if "$(timeremain) <= 0" then {keep}'
        now_ps = settings.begins_fs(index) / 1000
        yield f"reset_timestep {first} time {now_ps:.10g}"
    else:
        if step == first:
            yield from _velocities(settings, stage, first, is_moving)
        if _turns_angles(stage):
            yield "change_box all triclinic"
        yield from _dump(settings, index, step)
        yield from _motion(settings, index, step)
        yield f'if "$(step) < {settings.first_steps[index + 1]}" then {keep}'
        if _may_go_on(settings, index):
            yield f"write_restart {RESTART_PREFIX}.{index}.*"
        yield from _end(settings, stage, index)
    if not _may_go_on(settings, index):
        yield f"write_restart {RESTART_PREFIX}.{index + 1}.*"


def _may_go_on(settings: LammpsMD, index: int) -> bool:
    """Return whether a stage may be made longer after its end, so that its thermostat is kept."""
    return settings.extends_from_fs is not None and index == len(settings.stages) - 1


def _turns_angles(stage: NVE | NVT | NPT | Deform) -> bool:
    if isinstance(stage, Deform):
        return any(stage.strain[3:])
    return isinstance(stage, NPT) and stage.coupling == "triclinic"


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
