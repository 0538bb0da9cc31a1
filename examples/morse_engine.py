"""An engine for a code that has no ASE calculator.

Here the function `morse` takes the place of the code. A real engine would run a subprocess and
parse its output into energy, forces and stress.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
from ase import Atoms, units
from ase.neighborlist import neighbor_list
from pymatgen.core import Structure
from scipy.optimize import minimize

from amorph_flows.datasets import Frame, FrameSet, Provenance
from amorph_flows.engines import Engine
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.runtime.stage_job import current_job_uuid, stage_job
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, QuarantinedCalculation, RelaxDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures.configuration import draw_velocities, has_velocities, to_atoms
from amorph_flows.structures.configuration import to_structure as structure_of

VERSION = "1"


def morse(
    atoms: Atoms, depth_ev: float, width_a: float, distance_a: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return energy (eV), forces (eV/Å) and stress (eV/Å³, tension positive) of Morse pairs.

    u(r) = D ((1 - exp(-(r - r0) / w))² - 1) times (1 - r / r_c)² with r_c = 3 r0.
    """
    cutoff = 3.0 * distance_a
    i, r, vector = neighbor_list("idD", atoms, cutoff)
    if len(r) and r.min() < 0.5:
        raise CalculationError(f"two atoms are {r.min():.2f} Å apart; the code stopped")
    fall = np.exp(-(r - distance_a) / width_a)
    well, slope = depth_ev * ((1 - fall) ** 2 - 1), 2 * depth_ev * (1 - fall) * fall / width_a
    inside = 1 - r / cutoff
    slope = slope * inside**2 - 2 * well * inside / cutoff
    pull = (slope / r)[:, None] * vector
    forces = np.zeros((len(atoms), 3))
    np.add.at(forces, i, pull)
    energy = float(0.5 * np.sum(well * inside**2))
    return energy, forces, 0.5 * pull.T @ vector / atoms.get_volume()


# --8<-- [start:engine]
@dataclass
class MorseEngine(Engine):
    """Morse pairs, the same for all elements.

    The fields are the settings: plain values that can be stored with a job.
    """

    depth_ev: float = 0.3
    width_a: float = 0.6
    distance_a: float = 2.6

    def info(self) -> EngineInfo:
        """Return the name, the version and a hash of everything that changes the numbers."""
        settings = json.dumps([VERSION, asdict(self)], sort_keys=True)
        digest = hashlib.sha256(settings.encode()).hexdigest()[:16]
        return EngineInfo(name="Morse", version=VERSION, settings_hash=digest, surrogate=True)

    def check(self, structure: Structure | None = None) -> None:
        """Refuse what cannot be computed, before anything is computed."""
        if self.depth_ev <= 0:
            raise InputError(f"depth_ev is {self.depth_ev}; give a positive depth, eV")
        if structure is not None:
            to_atoms(structure)

    def _label(self, atoms: Atoms, provenance: Provenance) -> Frame:
        energy, forces, stress = morse(atoms, self.depth_ev, self.width_a, self.distance_a)
        info = self.info()
        signed = {"engine": info.name, "settings_hash": info.settings_hash}
        provenance = Provenance(**{**vars(provenance), **signed, "job_uuid": current_job_uuid()})
        cell = atoms.cell.array
        return Frame(atoms.numbers, atoms.positions, cell, energy, forces, stress, provenance)

    @stage_job(LabelDoc)
    def static(self, frames: FrameSet, run: str = "", prev_dir: str | None = None) -> LabelDoc:  # noqa: ARG002
        """Label frames; a frame that fails is set aside with its reason."""
        done, failed = [], []
        for index, frame in enumerate(frames):
            try:
                done.append(self._label(frame.to_atoms(), frame.provenance))
            except CalculationError as error:
                hashed = frame.content_hash
                failed.append(
                    QuarantinedCalculation(index=index, content_hash=hashed, reason=str(error))
                )
        return LabelDoc(
            engine=self.info(),
            run=run,
            n_steps=len(frames),
            frames=FrameSet(done),
            quarantined=failed,
        )

    @stage_job(LabelDoc)
    def md(
        self,
        structure: Structure,
        stage: MDStage,
        run: str = "",
        seed: int = 0,
        prev_dir: str | None = None,  # noqa: ARG002 a run takes seconds, so it starts anew
    ) -> LabelDoc:
        """Run Langevin dynamics (NVT) or velocity Verlet (NVE); times are in fs, except in ASE."""
        self.check_md(stage, structure)
        atoms = to_atoms(structure)
        goes_on = has_velocities(structure)
        if not goes_on:
            draw_velocities(atoms, stage.start_temperature_k, seed)
        rng = np.random.default_rng(seed + 1)
        step_time, masses = stage.time_step_fs * units.fs, atoms.get_masses()[:, None]
        keep = np.exp(-stage.time_step_fs / stage.thermostat_damping_fs)
        frames: list[Frame] = []
        forces = morse(atoms, self.depth_ev, self.width_a, self.distance_a)[1]
        for step in range(stage.n_steps + 1):
            share = step / stage.n_steps
            kelvin = (1 - share) * stage.start_temperature_k + share * stage.end_temperature_k
            if step % stage.frame_stride == 0 and not (step == 0 and goes_on):
                here = {"temperature_k": kelvin, "step": step, "time_fs": step * stage.time_step_fs}
                frames.append(self._label(atoms, Provenance(stage=stage.name, run=run, **here)))
            velocities = atoms.get_velocities() + 0.5 * step_time * forces / masses
            if stage.ensemble == "nvt":
                width = np.sqrt((1 - keep**2) * units.kB * kelvin / masses)
                velocities = keep * velocities + width * rng.standard_normal(velocities.shape)
            if step == stage.n_steps:
                break
            atoms.positions += step_time * velocities
            forces = morse(atoms, self.depth_ev, self.width_a, self.distance_a)[1]
            atoms.set_velocities(velocities + 0.5 * step_time * forces / masses)
        return LabelDoc(
            engine=self.info(),
            run=run,
            stage=stage,
            seed=seed,
            n_steps=stage.n_steps,
            frames=FrameSet(frames),
            structure=structure_of(atoms, velocities=True),
        )

    @stage_job(RelaxDoc)
    def relax(
        self,
        structure: Structure,
        relax_cell: bool = True,
        prev_dir: str | None = None,  # noqa: ARG002
    ) -> RelaxDoc:
        """Minimise the energy over the positions and, if wanted, the strain of the cell."""
        start = to_atoms(structure)

        def strained(x: np.ndarray) -> tuple[Atoms, np.ndarray]:
            deform = np.eye(3) + x[:9].reshape(3, 3)
            atoms = start.copy()
            atoms.positions += x[9:].reshape(-1, 3)
            atoms.set_cell(atoms.cell.array @ deform)
            atoms.positions = atoms.positions @ deform
            return atoms, deform

        def energy_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
            atoms, deform = strained(x)
            energy, forces, stress = morse(atoms, self.depth_ev, self.width_a, self.distance_a)
            virial = atoms.get_volume() * np.linalg.solve(deform, stress) * relax_cell
            return energy, np.concatenate([virial.ravel(), (-forces @ deform.T).ravel()])

        zero = np.zeros(9 + 3 * len(start))
        found = minimize(
            energy_and_slope, zero, jac=True, method="L-BFGS-B", options={"gtol": 1e-3}
        )
        atoms, _ = strained(found.x)
        energy, forces, _ = morse(atoms, self.depth_ev, self.width_a, self.distance_a)
        largest = float(np.linalg.norm(forces, axis=1).max())
        return RelaxDoc(
            engine=self.info(),
            structure=structure_of(atoms),
            energy_ev=energy,
            max_force_ev_a=largest,
            converged=largest < 0.02,
            n_steps=int(found.nit),
        )


# --8<-- [end:engine]
