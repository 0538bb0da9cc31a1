"""The engine of any ASE calculator."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines.base import Engine
from amorph_flows.engines.calculators import (
    calculator_version,
    find_calculator,
    get_calculator,
    load_factory,
    settings_hash,
)
from amorph_flows.engines.configuration import (
    draw_velocities,
    has_velocities,
    to_atoms,
    to_structure,
)
from amorph_flows.engines.molecular_dynamics import MDRun
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.progress import report_progress
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, QuarantinedCalculation, RelaxDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.stage import current_job_uuid, stage_job


@dataclass
class AseEngine(Engine):
    """Energies and forces from an ASE calculator.

    Parameters
    ----------
    calculator
        ``"CHGNet"``, ``"toy"``, or any other as ``"package.module:ClassOrFactory"``.
    calculator_kwargs
        Arguments of the class or factory.
    name
        Name in documents; empty: that of the calculator.
    surrogate
        Whether it only imitates density functional theory; verdicts say so.
    relax_fmax_ev_a
        Relaxations end when the largest force (and cell force) is below this, eV/Å.
    relax_max_steps
        Steps of a relaxation at most.
    blow_up_temperature_k
        MD that gets hotter than this is given up, K.

    Examples
    --------
    >>> engine = AseEngine(calculator="toy")
    >>> job = engine.md(structure, MDStage(name="hold", start_temperature_k=900,
    ...                                    end_temperature_k=900, duration_fs=2000))
    """

    calculator: str = "CHGNet"
    calculator_kwargs: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    surrogate: bool = True
    relax_fmax_ev_a: float = 0.02
    relax_max_steps: int = 500
    blow_up_temperature_k: float = 20_000.0

    def info(self) -> EngineInfo:
        """Return the engine's name, version and settings hash."""
        version = calculator_version(self.calculator)
        return EngineInfo(
            name=self.name or self.calculator,
            version=version,
            settings_hash=settings_hash(self.calculator, self.calculator_kwargs, version),
            surrogate=self.surrogate,
        )

    def check(self, structure: Structure | None = None) -> None:
        """Refuse what cannot be computed here; nothing heavy is loaded for a known calculator.

        Parameters
        ----------
        structure
            A structure that the engine will be asked about.

        Raises
        ------
        MissingDependencyError
            If the calculator's package is not installed.
        InputError
            If the calculator is unknown, or does not know an element of the structure.
        """
        known = find_calculator(self.calculator)
        if ":" in self.calculator:
            load_factory(self.calculator)
        if structure is None:
            return
        symbols = set(to_atoms(structure).get_chemical_symbols())
        unknown = sorted(symbols - known.elements) if known.elements else []
        if unknown:
            raise InputError(
                f"engine {self.info().name} does not know {', '.join(unknown)}; use another engine"
            )

    @stage_job(LabelDoc)
    def md(self, structure: Structure, stage: MDStage, run: str = "", seed: int = 0) -> LabelDoc:
        """Run molecular dynamics: Nosé-Hoover chains for NVT, velocity Verlet for NVE.

        Velocities (Å/fs) in the site property ``velocities`` are taken over, and then the first
        configuration is not stored again; without them they are drawn at the stage's first
        temperature. Frames are appended to an extended XYZ file as the run goes.

        Parameters
        ----------
        structure
            Where to start.
        stage
            Temperatures, length, time step and stride.
        run
            Name of the trajectory, for the provenance of its frames.
        seed
            Seed of the initial velocities.

        Raises
        ------
        CalculationError
            If the run blows up; the message names the step.
        """
        self.check(structure)
        atoms, continued = to_atoms(structure), has_velocities(structure)
        if not continued:
            draw_velocities(atoms, stage.start_temperature_k, seed)
        atoms.calc = self._load()
        frames = MDRun(
            atoms,
            stage,
            self._provenance(run),
            Path(f"{_slug(run or stage.name)}.extxyz"),
            self.blow_up_temperature_k,
            store_first=not continued,
        ).run()
        return LabelDoc(
            engine=self.info(),
            run=run,
            stage=stage,
            seed=seed,
            n_steps=stage.n_steps,
            frames=frames,
            structure=to_structure(atoms, velocities=True),
        )

    @stage_job(LabelDoc)
    def static(self, frames: FrameSet, run: str = "") -> LabelDoc:
        """Label frames one by one; one that fails is quarantined with its reason.

        Parameters
        ----------
        frames
            The configurations; their provenance is kept.
        run
            Name of the batch, and of frames that belong to no run.
        """
        calculator = self._load()
        labelled: list[Frame] = []
        quarantined: list[QuarantinedCalculation] = []
        for index, frame in enumerate(frames):
            try:
                labelled.append(self._label(frame, calculator, run))
            except Exception as error:  # noqa: BLE001 - no failure of one may end the batch
                quarantined.append(_set_aside(index, frame, error))
            report_progress(index + 1, len(frames), "single point")
        return LabelDoc(
            engine=self.info(),
            run=run,
            n_steps=len(frames),
            frames=FrameSet(labelled),
            quarantined=quarantined,
        )

    @stage_job(RelaxDoc)
    def relax(self, structure: Structure, relax_cell: bool = True) -> RelaxDoc:
        """Relax a structure with FIRE, its cell by ASE's `FrechetCellFilter`.

        Parameters
        ----------
        structure
            Where to start.
        relax_cell
            Whether the cell relaxes too.

        Raises
        ------
        InputError
            If the cell is to relax and the calculator has no stress.
        CalculationError
            If an energy or force is not finite.
        """
        self.check(structure)
        atoms = to_atoms(structure)
        atoms.calc = self._load()
        if relax_cell and "stress" not in atoms.calc.implemented_properties:
            raise InputError(f"{self.calculator} has no stress; use relax_cell=False")
        optimizer = FIRE(FrechetCellFilter(atoms) if relax_cell else atoms, logfile=None)
        converged = False
        for done in optimizer.irun(fmax=self.relax_fmax_ev_a, steps=self.relax_max_steps):
            converged = bool(done)
            _check_labels(atoms, f"relaxation step {optimizer.nsteps}")
            report_progress(optimizer.nsteps, self.relax_max_steps, "relaxation step")
        return RelaxDoc(
            engine=self.info(),
            structure=to_structure(atoms),
            energy_ev=float(atoms.get_potential_energy()),
            max_force_ev_a=float(np.linalg.norm(atoms.get_forces(), axis=1).max()),
            converged=converged,
            n_steps=optimizer.nsteps,
        )

    def _load(self) -> Calculator:
        return get_calculator(self.calculator, self.calculator_kwargs)

    def _provenance(self, run: str) -> Provenance:
        info = self.info()
        return Provenance(
            run=run,
            engine=info.name,
            settings_hash=info.settings_hash,
            job_uuid=current_job_uuid(),
        )

    def _label(self, frame: Frame, calculator: Calculator, run: str) -> Frame:
        atoms = Atoms(frame.numbers, positions=frame.positions, cell=frame.cell, pbc=True)
        atoms.calc = calculator
        _check_labels(atoms, "single point")
        if "stress" in calculator.implemented_properties:
            atoms.get_stress()
        signed = self._provenance(frame.provenance.run or run)
        return Frame.from_atoms(atoms, frame.provenance).with_provenance(
            run=signed.run,
            engine=signed.engine,
            settings_hash=signed.settings_hash,
            job_uuid=signed.job_uuid,
        )


def _check_labels(atoms: Atoms, what: str) -> None:
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    if not (np.isfinite(energy) and np.isfinite(forces).all()):
        raise CalculationError(f"{what}: the energy or a force is not finite", Path.cwd())


def _set_aside(index: int, frame: Frame, error: Exception) -> QuarantinedCalculation:
    finite = np.isfinite(frame.positions).all() and np.isfinite(frame.cell).all()
    return QuarantinedCalculation(
        index=index,
        content_hash=frame.content_hash if finite else "",
        reason=f"{type(error).__name__}: {error}",
        directory=str(Path.cwd()),
    )


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "_", text).strip("_") or "md"
