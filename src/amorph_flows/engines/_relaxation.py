"""Relaxation of one structure with an ASE calculator."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE

from amorph_flows.engines._checkpoint import read_state, run_key, write_state
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.runtime.progress import report_progress
from amorph_flows.runtime.walltime import Clock, require_time


@dataclass
class Relaxation:
    """The run of a relaxation.

    Parameters
    ----------
    atoms
        With a calculator; changed in place.
    relax_cell
        Whether the cell relaxes too.
    fmax_ev_a
        It ends when the largest force (and cell force) is below this, eV/Å.
    max_steps
        Steps at most.
    home
        Folder of the checkpoint.
    settings_hash
        Of the calculator.
    goes_on
        Whether an earlier job must have left a checkpoint of this relaxation.
    """

    atoms: Atoms
    relax_cell: bool
    fmax_ev_a: float
    max_steps: int
    home: Path
    settings_hash: str
    goes_on: bool = False
    converged: bool = field(default=False, init=False)
    n_steps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._key = run_key(
            self.atoms,
            f"{self.relax_cell} {self.fmax_ev_a} {self.max_steps}",
            self.settings_hash,
        )
        self._file = self.home / f"relax-{self._key[:12]}.npz"

    def run(self) -> bool:
        """Relax to the end, or until the queue job is about to end.

        Returns
        -------
        bool
            Whether it has ended, converged or not.

        Raises
        ------
        CalculationError
            If an energy or force is not finite.
        InputError
            If there should be a checkpoint and is none.
        WalltimeError
            If the queue job is about to end before the first step.
        """
        optimizer = FIRE(
            FrechetCellFilter(self.atoms) if self.relax_cell else self.atoms, logfile=None
        )
        self._resume(optimizer)
        begun = optimizer.nsteps
        require_time(f"relaxation, step {begun}")
        clock = Clock()
        for done in optimizer.irun(fmax=self.fmax_ev_a, steps=self.max_steps - begun):
            self.converged, self.n_steps = bool(done), optimizer.nsteps
            self._check()
            self._write(optimizer)
            report_progress(self.n_steps, self.max_steps, "relaxation step")
            enough_time = clock.has_time()
            if not (done or enough_time) and begun < self.n_steps < self.max_steps:
                return False
        return True

    def _check(self) -> None:
        energy, forces = self.atoms.get_potential_energy(), self.atoms.get_forces()
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise CalculationError(
                f"relaxation step {self.n_steps}: the energy or a force is not finite", self.home
            )

    def _write(self, optimizer: FIRE) -> None:
        velocity = getattr(optimizer, "vel", None)
        write_state(
            self._file,
            self._key,
            step=optimizer.nsteps,
            positions=self.atoms.positions,
            cell=self.atoms.cell.array,
            velocity=np.empty(0) if velocity is None else velocity,
            optimizer=[optimizer.dt, optimizer.a, optimizer.Nsteps],
        )

    def _resume(self, optimizer: FIRE) -> None:
        """Restore atoms and optimizer from a checkpoint; the filter keeps its reference cell."""
        held = read_state(self._file, self._key)
        if held is None:
            if self.goes_on:
                raise InputError(
                    f"{self.home} holds no checkpoint of this relaxation; run the job again "
                    "without prev_dir"
                )
            return
        self.atoms.set_cell(held["cell"])
        self.atoms.positions = held["positions"]
        optimizer.nsteps = int(held["step"])
        dt, a, downhill = held["optimizer"]
        optimizer.dt, optimizer.a, optimizer.Nsteps = float(dt), float(a), int(downhill)
        optimizer.vel = held["velocity"] if held["velocity"].size else None
