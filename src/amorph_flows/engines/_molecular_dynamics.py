"""Molecular dynamics of one stage with an ASE calculator."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.md.md import MolecularDynamics
from ase.md.nose_hoover_chain import NoseHooverChainNVT
from ase.md.verlet import VelocityVerlet
from ase.neighborlist import neighbor_list

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, Provenance
from amorph_flows.datasets.io import append_extxyz, read_extxyz
from amorph_flows.engines._checkpoint import Checkpoint, run_key
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.runtime.progress import report_progress
from amorph_flows.runtime.walltime import Clock, require_time
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures.configuration import temperature_of
from amorph_flows.structures.moving_cell import runaway
from amorph_flows.upstream.ase import Controls, barostat

CONTACT_A = 0.3
"""Distance between two atoms below which a run counts as blown up, Å."""

_CONTACT_EVERY = 20


@dataclass
class MDRun:
    """The run of one stage: its stored frames, and the check whether it has blown up.

    Parameters
    ----------
    atoms
        With velocities and a calculator; changed in place.
    stage
        Temperatures, length, time step and stride.
    provenance
        Of every frame; step, time and temperature are filled in.
    file
        Extended XYZ that frames are appended to.
    limit_k
        Temperature above which the run is given up, K.
    store_first
        Whether the first configuration is stored; a run that continues another has it already.
    goes_on
        Whether an earlier job must have left a checkpoint of this run.
    """

    atoms: Atoms
    stage: MDStage
    provenance: Provenance
    file: Path
    limit_k: float = 20_000.0
    store_first: bool = True
    goes_on: bool = False
    frames: list[Frame] = field(default_factory=list)
    _key: str = field(default="", init=False)
    _start_cell: FloatArray = field(init=False)
    _controls: Controls = field(init=False)

    def run(self) -> bool:
        """Run the stage to its end, or until the queue job is about to end.

        A run that was stopped or killed goes on from its checkpoint, bit for bit as if it had
        not been, if the calculator gives the same numbers again. The frames, labelled by the
        MD's own calculator, are in `frames`.

        Returns
        -------
        bool
            Whether the end of the stage was reached.

        Raises
        ------
        CalculationError
            If a number is not finite, the temperature passes the limit, two atoms meet, the cell
            collapses or explodes, or the calculator fails. The frames before stay in the file.
        InputError
            If there should be a checkpoint and is none.
        WalltimeError
            If the queue job is about to end before the first step.
        """
        dynamics, total = self._start(), self.stage.n_steps
        resumed_at = dynamics.nsteps
        if resumed_at >= total:
            return True
        require_time(f"MD {self.provenance.run!r}, {self.stage.name!r}, step {resumed_at}")
        clock = Clock()
        try:
            # what explodes overflows; each step is checked for numbers that are not finite
            with np.errstate(over="ignore", invalid="ignore"):
                for _ in dynamics.irun(steps=total - resumed_at):
                    if dynamics.nsteps != resumed_at or resumed_at == 0:
                        self._after_step(dynamics)
                    self._set_targets(dynamics.nsteps)
                    report_progress(dynamics.nsteps, total, f"{self.stage.name}: MD step")
                    if not clock.has_time() and resumed_at < dynamics.nsteps < total:
                        self._write_checkpoint(dynamics)
                        return False
        except CalculationError:
            raise
        except np.linalg.LinAlgError as error:  # of ASE's barostat
            raise self._failure(dynamics.nsteps, "a force or stress is not finite") from error
        except (ArithmeticError, RuntimeError, ValueError, IndexError) as error:
            raise self._failure(dynamics.nsteps, f"the calculator failed: {error}") from error
        return True

    @property
    def _checkpoint_file(self) -> Path:
        return self.file.with_suffix(".npz")

    def _start(self) -> MolecularDynamics:
        """Return the dynamics at the start, or at the checkpoint of a killed run."""
        self._key = run_key(
            self.atoms,
            self.stage.model_dump_json(),
            self.provenance.run,
            self.provenance.settings_hash,
        )
        self._start_cell = self.atoms.cell.array.copy()
        held = Checkpoint.read(self._checkpoint_file, self._key)
        if held is None or _size(self.file) < held.n_bytes:
            if self.goes_on:
                raise InputError(
                    f"{self._checkpoint_file} is not a checkpoint of the MD "
                    f"{self.provenance.run!r}, {self.stage.name!r}; run the job again without "
                    "prev_dir"
                )
            self.file.unlink(missing_ok=True)
            return self._dynamics()
        if held.n_bytes:
            with self.file.open("r+b") as file:
                file.truncate(held.n_bytes)
            uuid = self.provenance.job_uuid
            self.frames = [f.with_provenance(job_uuid=uuid) for f in read_extxyz(self.file)]
        self.atoms.positions = held.positions
        self.atoms.set_momenta(held.momenta)
        return self._dynamics(held)

    def _dynamics(self, held: Checkpoint | None = None) -> MolecularDynamics:
        """Return the integrator of the stage, in the state of a checkpoint if there is one."""
        dynamics = _integrator(self.atoms, self.stage)
        dynamics.nsteps = held.step if held else 0
        self._controls = Controls(dynamics)
        self._set_targets(dynamics.nsteps)
        if held is not None:
            self._controls.state = held.state
        return dynamics

    def _set_targets(self, step: int) -> None:
        self._controls.set_targets(self.stage.temperature_at(step), self.stage.pressure_at(step))

    def _after_step(self, dynamics: MolecularDynamics) -> None:
        step = dynamics.nsteps
        self._check(step)
        on_stride = step % self.stage.frame_stride == 0
        if (on_stride or step == self.stage.n_steps) and (step or self.store_first):
            self._store(step)
            self._write_checkpoint(dynamics)

    def _write_checkpoint(self, dynamics: MolecularDynamics) -> None:
        Checkpoint(
            key=self._key,
            step=dynamics.nsteps,
            positions=self.atoms.positions,
            momenta=self.atoms.get_momenta(),
            state=self._controls.state,
            n_bytes=_size(self.file),
        ).write(self._checkpoint_file)

    def _check(self, step: int) -> None:
        if not (np.isfinite(self.atoms.positions).all() and _finite_forces(self.atoms)):
            raise self._failure(step, "a position or force is not finite")
        if self.stage.ensemble == "npt" and (
            what := runaway(self.atoms.cell.array, self._start_cell)
        ):
            raise self._failure(step, what)
        temperature = temperature_of(self.atoms)
        if not temperature <= self.limit_k:
            raise self._failure(
                step, f"the temperature is {temperature:.0f} K, above the limit {self.limit_k:g} K"
            )
        if step % min(_CONTACT_EVERY, self.stage.frame_stride) == 0:
            contacts = neighbor_list("d", self.atoms, CONTACT_A)
            if len(contacts):
                raise self._failure(step, f"two atoms are {contacts.min():.3f} Å apart")

    def _store(self, step: int) -> None:
        if "stress" in self.atoms.calc.implemented_properties:
            self.atoms.get_stress()
        frame = Frame.from_atoms(self.atoms, self.provenance).with_provenance(
            step=step,
            time_fs=step * self.stage.time_step_fs,
            temperature_k=self.stage.temperature_at(step),
        )
        if frame.energy_ev is None or not np.isfinite(frame.energy_ev):
            raise self._failure(step, f"the energy is {frame.energy_ev}")
        self.frames.append(frame)
        append_extxyz(self.file, frame)

    def _failure(self, step: int, what: str) -> CalculationError:
        self._checkpoint_file.unlink(missing_ok=True)
        return CalculationError(
            f"MD {self.provenance.run!r}, {self.stage.name!r}, step {step} of "
            f"{self.stage.n_steps}: {what}; try a shorter time step or a better start; "
            f"{len(self.frames)} frames are in {self.file.name}",
            self.file.resolve().parent,
        )


def _integrator(atoms: Atoms, stage: MDStage) -> MolecularDynamics:
    time_step, damping = stage.time_step_fs * units.fs, stage.thermostat_damping_fs * units.fs
    if stage.ensemble == "nve":
        return VelocityVerlet(atoms, time_step)
    if stage.ensemble == "nvt":
        return NoseHooverChainNVT(atoms, time_step, stage.start_temperature_k, damping)
    return barostat(
        atoms,
        time_step,
        stage.coupling,
        max(stage.start_temperature_k, stage.end_temperature_k),
        damping,
        stage.barostat_damping_fs * units.fs,
    )


def _finite_forces(atoms: Atoms) -> bool:
    return bool(np.isfinite(atoms.get_forces()).all())


def _size(path: Path) -> int:
    """Return the size of a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0
