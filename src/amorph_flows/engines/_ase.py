"""The engine of any ASE calculator."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
from ase.calculators.calculator import Calculator
from jobflow import Job, Response
from pymatgen.core import Structure
from typing_extensions import override

from amorph_flows.calculators.known import (
    calculator_has_stress,
    calculator_version,
    find_calculator,
    load_factory,
    opened_calculator,
    settings_hash,
)
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.engines._calculator_engine import CalculatorEngine
from amorph_flows.engines._molecular_dynamics import MDRun
from amorph_flows.engines._relaxation import Relaxation
from amorph_flows.errors import InputError
from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, RelaxDoc
from amorph_flows.schemas.schedule import Coupling, MDStage
from amorph_flows.structures.configuration import (
    draw_velocities,
    has_velocities,
    to_atoms,
    to_structure,
)


@dataclass
class AseEngine(CalculatorEngine):
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
        Whether it only imitates density functional theory; verdicts say so. None: as is known of
        the calculator; one that is not known by a short name counts as a surrogate.
    relax_fmax_ev_a
        Relaxations end when the largest force (and cell force) is below this, eV/Å.
    relax_max_steps
        Steps of a relaxation at most.
    blow_up_temperature_k
        MD that gets hotter than this is given up, K.
    labels_per_job
        Single points in one job at most; a larger batch is cut into jobs that run side by side.
        0: all in one job.

    Examples
    --------
    >>> engine = AseEngine(calculator="toy")
    >>> job = engine.md(structure, MDStage(name="hold", start_temperature_k=900,
    ...                                    end_temperature_k=900, duration_fs=2000))
    """

    calculator: str = "CHGNet"
    calculator_kwargs: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    surrogate: bool | None = None
    relax_fmax_ev_a: float = 0.02
    relax_max_steps: int = 500
    blow_up_temperature_k: float = 20_000.0

    @property
    @override
    def has_stress(self) -> bool:
        return calculator_has_stress(self.calculator)

    @property
    @override
    def barostats(self) -> tuple[Coupling, ...]:
        return get_args(Coupling) if self.has_stress else ()

    @override
    def info(self) -> EngineInfo:
        version = calculator_version(self.calculator)
        imitates = find_calculator(self.calculator).surrogate
        return EngineInfo(
            name=self.name or self.calculator,
            version=version,
            settings_hash=settings_hash(self.calculator, self.calculator_kwargs, version),
            surrogate=imitates if self.surrogate is None else self.surrogate,
        )

    @override
    def settings_told(self) -> dict[str, Any]:
        called = f"{self.name} ({self.calculator})" if self.name else self.calculator
        return {**super().settings_told(), "": called}

    @override
    def check(self, structure: Structure | None = None) -> None:
        """Refuse what cannot be computed here; nothing heavy is loaded for a known calculator."""
        known = find_calculator(self.calculator)
        if ":" in self.calculator:
            load_factory(self.calculator)
        if structure is None:
            return
        symbols = set(to_atoms(structure).get_chemical_symbols())
        if known.elements is not None:
            self.require_known(symbols, known.elements())

    @override
    def check_md(self, stage: MDStage, structure: Structure | None = None) -> None:
        """Refuse a barostat without stress, and one by axes where the axes are oblique."""
        super().check_md(stage, structure)
        if stage.coupling == "axes" and structure is not None and not _has_right_angles(structure):
            angles = ", ".join(f"{angle:.4g}" for angle in structure.lattice.angles)
            raise InputError(
                f"coupling is 'axes' in {stage.name!r}, which needs cell vectors at right angles; "
                f"they are at {angles} degrees; use 'isotropic' or 'triclinic'"
            )

    @override
    @stage_job(LabelDoc)
    def md(
        self,
        structure: Structure,
        stage: MDStage,
        run: str = "",
        seed: int = 0,
        prev_dir: str | None = None,
    ) -> LabelDoc | Response[Job]:
        """Run molecular dynamics: Nosé-Hoover chains for NVT, velocity Verlet for NVE.

        For NPT the barostat is that of Martyna, Tobias and Klein; its cell rests at the start.
        With given velocities the first configuration is not stored again. Frames are appended to an
        extended XYZ file as the run goes. A run that blows up raises a `CalculationError` that
        names the step.
        """
        self.check(structure)
        self.check_md(stage, structure)
        home = run_home(prev_dir)
        atoms, is_continuation = to_atoms(structure), has_velocities(structure)
        if not is_continuation:
            draw_velocities(atoms, stage.start_temperature_k, seed)
        with self.open_calculator(set(atoms.symbols)) as atoms.calc:
            if stage.ensemble == "npt" and "stress" not in atoms.calc.implemented_properties:
                raise InputError(f"{self.calculator} has no stress; use ensemble = 'nvt'")
            md = MDRun(
                atoms,
                stage,
                self.provenance(run),
                home / f"{_slug(run or stage.name)}.extxyz",
                self.blow_up_temperature_k,
                store_first=not is_continuation,
                goes_on=prev_dir is not None,
            )
            reached_end = md.run()
        if not reached_end:
            return continued(self.md(structure, stage, run, seed, prev_dir=str(home)))
        return LabelDoc(
            engine=self.info(),
            run=run,
            stage=stage,
            seed=seed,
            n_steps=stage.n_steps,
            frames=FrameSet(md.frames),
            structure=to_structure(atoms, velocities=True),
            directory=str(home),
        )

    @override
    @stage_job(RelaxDoc)
    def relax(
        self, structure: Structure, relax_cell: bool = True, prev_dir: str | None = None
    ) -> RelaxDoc | Response[Job]:
        """Relax a structure with FIRE, its cell by ASE's `FrechetCellFilter`.

        A cell that is to relax without a stress of the calculator raises an `InputError`.
        """
        self.check(structure)
        home, atoms = run_home(prev_dir), to_atoms(structure)
        with self.open_calculator(set(atoms.symbols)) as atoms.calc:
            if relax_cell and "stress" not in atoms.calc.implemented_properties:
                raise InputError(f"{self.calculator} has no stress; use relax_cell=False")
            relaxation = Relaxation(
                atoms,
                relax_cell,
                self.relax_fmax_ev_a,
                self.relax_max_steps,
                home,
                self.info().settings_hash,
                goes_on=prev_dir is not None,
            )
            if not relaxation.run():
                return continued(self.relax(structure, relax_cell, prev_dir=str(home)))
            return RelaxDoc(
                engine=self.info(),
                structure=to_structure(atoms),
                energy_ev=float(atoms.get_potential_energy()),
                max_force_ev_a=float(np.linalg.norm(atoms.get_forces(), axis=1).max()),
                converged=relaxation.converged,
                n_steps=relaxation.n_steps,
                directory=str(home),
            )

    @override
    def open_calculator(self, symbols: set[str]) -> AbstractContextManager[Calculator]:
        return opened_calculator(self.calculator, self.calculator_kwargs)


def _has_right_angles(structure: Structure) -> bool:
    return bool(np.allclose(structure.lattice.angles, 90, rtol=0, atol=1e-3))


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "_", text).strip("_") or "md"
