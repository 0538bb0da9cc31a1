"""Compute what the inputs ask for, with an ASE calculator in the place of VASP."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator

from amorph_flows.arrays import FloatArray
from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.testing.vasp.barostat import CELL_VELOCITIES, langevin_npt
from amorph_flows.testing.vasp.failures import (
    CALCULATOR,
    STEP_SECONDS,
    Failures,
    failures_of_this_call,
)
from amorph_flows.testing.vasp.files import TextFiles
from amorph_flows.testing.vasp.inputs import VaspInputs, read_inputs
from amorph_flows.testing.vasp.ionic_step import IonicStep
from amorph_flows.testing.vasp.tags import VaspStop
from amorph_flows.testing.vasp.xml import VasprunWriter

ENTROPY_EV_ATOM = 1e-3
"""What F is below E₀, eV an atom, so that a mix-up of the two shows."""

_KB_OF_EV_A3 = -10 / units.GPa


def run(folder: Path) -> None:
    """Run VASP's part of a calculation.

    Parameters
    ----------
    folder
        With its inputs.

    Raises
    ------
    VaspStop
        If an input is wrong, or the stand-in was told to crash.
    """
    inputs = read_inputs(folder)
    atoms = Atoms(inputs.symbols, cell=inputs.cell, scaled_positions=inputs.scaled, pbc=True)
    atoms.calc = _calculator()
    failures, text = failures_of_this_call(), TextFiles(folder, inputs)
    with VasprunWriter(folder / "vasprun.xml", inputs) as xml:
        stopped = _go(atoms, inputs, failures, xml, text, folder)
        _write_contcar(text, atoms, inputs)
        xml.finish(atoms.cell.array, atoms.get_scaled_positions(wrap=False))
    text.close(stopped)
    (folder / "STOPCAR").unlink(missing_ok=True)


def _go(
    atoms: Atoms,
    inputs: VaspInputs,
    failures: Failures,
    xml: VasprunWriter,
    text: TextFiles,
    folder: Path,
) -> bool:
    """Compute one configuration after the other; return whether STOPCAR ended it."""
    crash_at = min(2, max(1, int(inputs.get("NSW", 0)))) if failures.crashes else 0
    freedom = 3 * max(len(atoms) - 1, 1) * units.kB
    steps = {"static": _static, "relax": _relax, "md": _md}[inputs.kind](atoms, inputs)
    for number, (is_last, kinetic_ev) in enumerate(steps, 1):
        if number == crash_at:
            raise VaspStop("forrtl: severe (174): SIGSEGV, segmentation fault occurred")
        step = _computed(atoms, inputs, failures, number, kinetic_ev)
        time.sleep(float(os.environ.get(STEP_SECONDS, "0")))
        stopped = not is_last and _stop_is_asked_for(folder)
        xml.step(step, is_last=is_last or stopped)
        text.step(step, None if kinetic_ev is None else 2 * kinetic_ev / freedom)
        if stopped:
            if inputs.kind == "md":
                next(steps, None)  # ions move once more before VASP ends
            return True
        _write_contcar(text, atoms, inputs)
    return False


def _calculator() -> Calculator:
    name = os.environ.get(CALCULATOR, "toy")
    if name == "toy":
        return ToyCalculator()
    from amorph_flows.calculators.known import get_calculator  # takes seconds to import

    return get_calculator(name, {})


def _write_contcar(text: TextFiles, atoms: Atoms, inputs: VaspInputs) -> None:
    velocities = atoms.get_velocities() * units.fs if inputs.kind == "md" else None
    cell_velocities = atoms.info.get(CELL_VELOCITIES)
    text.contcar(
        atoms.cell.array,
        atoms.get_scaled_positions(wrap=False),
        velocities,
        None if cell_velocities is None else cell_velocities * units.fs,
    )


def _computed(
    atoms: Atoms, inputs: VaspInputs, failures: Failures, number: int, kinetic_ev: float | None
) -> IonicStep:
    free = float(atoms.get_potential_energy())
    stress = atoms.get_stress(voigt=False) * _KB_OF_EV_A3 if inputs.get("ISIF", 2) >= 1 else None
    entropy = ENTROPY_EV_ATOM * len(atoms)
    return IonicStep(
        cell=atoms.cell.array.copy(),
        scaled=atoms.get_scaled_positions(wrap=False),
        free_ev=free,
        without_entropy_ev=free + 2 * entropy,
        sigma_zero_ev=free + entropy,
        forces=atoms.get_forces(),
        stress_kb=stress,
        electronic_steps=5 if failures.converges(number) else int(inputs.get("NELM", 60)),
        kinetic_ev=kinetic_ev,
    )


def _stop_is_asked_for(folder: Path) -> bool:
    try:
        text = (folder / "STOPCAR").read_text(encoding="ascii")
    except OSError:
        return False
    return bool(re.search(r"^\s*(LSTOP|LABORT)\s*=\s*\.?T", text, re.MULTILINE | re.IGNORECASE))


def _static(atoms: Atoms, inputs: VaspInputs) -> Iterator[tuple[bool, float | None]]:  # noqa: ARG001
    yield True, None


def _relax(atoms: Atoms, inputs: VaspInputs) -> Iterator[tuple[bool, float | None]]:
    """Yield at each configuration; VASP ends when forces are below -EDIFFG."""
    from ase.filters import FrechetCellFilter  # these two take longer to import than all else
    from ase.optimize import BFGS

    limit, n_steps = abs(float(inputs.get("EDIFFG", -0.05))), int(inputs.get("NSW", 0))
    moving = FrechetCellFilter(atoms) if inputs.get("ISIF", 2) == 3 else atoms
    optimizer = BFGS(moving, logfile=None)
    for number in range(1, n_steps + 1):
        largest = float(np.linalg.norm(moving.get_forces(), axis=1).max())
        is_last = largest < limit or number == n_steps
        yield is_last, None
        if is_last:
            return
        optimizer.step()


def _md(atoms: Atoms, inputs: VaspInputs) -> Iterator[tuple[bool, float | None]]:
    """Yield at each configuration, then move on by a leapfrog step.

    POSCAR and CONTCAR hold the velocities between two configurations, so that a run goes on
    from CONTCAR as if it had never ended (without a thermostat, whose state is not kept).
    """
    if inputs.velocities is None:
        rng = np.random.default_rng()
        spread = np.sqrt(units.kB * float(inputs.get("TEBEG", 0)) / atoms.get_masses())[:, None]
        atoms.set_velocities(rng.standard_normal((len(atoms), 3)) * spread)
    else:
        atoms.set_velocities(inputs.velocities / units.fs)
    if inputs.get("MDALGO", 0) == 3:
        yield from langevin_npt(atoms, inputs)
        return
    time_step, n_steps = float(inputs.get("POTIM", 0)) * units.fs, int(inputs.get("NSW", 0))
    friction = 0.0
    for number in range(1, n_steps + 1):
        yield number == n_steps, float(atoms.get_kinetic_energy())
        velocities = atoms.get_velocities()
        velocities = velocities + time_step * atoms.get_forces() / atoms.get_masses()[:, None]
        if inputs.get("MDALGO", 0) == 2:
            friction += time_step * _friction_rate(atoms, inputs, number / n_steps)
            velocities = velocities * math.exp(-friction * time_step)
        atoms.set_velocities(velocities)
        atoms.positions += time_step * velocities


def _friction_rate(atoms: Atoms, inputs: VaspInputs, share: float) -> float:
    """Return the growth of the Nosé-Hoover friction on a ramp from TEBEG to TEEND."""
    begin = float(inputs.get("TEBEG", 0))
    target = begin + (float(inputs.get("TEEND", begin)) - begin) * share
    freedom = 3 * max(len(atoms) - 1, 1)
    temperature = 2 * atoms.get_kinetic_energy() / (freedom * units.kB)
    return (temperature / target - 1) * (2 * math.pi / _period(atoms, inputs, freedom)) ** 2


def _period(atoms: Atoms, inputs: VaspInputs, freedom: int) -> float:
    """Return the period that SMASS stands for, in ASE's unit of time."""
    mass = float(inputs.get("SMASS", 0))
    if mass == 0:
        return float(40 * inputs.get("POTIM", 1.0) * units.fs)
    kt = units.kB * float(inputs.get("TEBEG", 1))
    first: FloatArray = atoms.cell.array[0]
    return 2 * math.pi * math.sqrt(mass * float(first @ first) / (2 * freedom * kt))
