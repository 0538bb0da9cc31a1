"""A potential as an engine: LAMMPS relaxes and moves, the potential's calculator labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from ase.calculators.calculator import Calculator
from ase.calculators.lammps import Prism
from jobflow import Job, Response
from pymatgen.core import Structure
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines._calculator_engine import CalculatorEngine
from amorph_flows.errors import InputError
from amorph_flows.hashes import sha256_of
from amorph_flows.lammps import (
    NPT,
    NVE,
    NVT,
    LammpsMD,
    LammpsResult,
    Minimise,
    check_lammps,
    load_trajectory,
    run_lammps_md,
)
from amorph_flows.lammps.stages import Stage
from amorph_flows.potentials import classical_potential, get_backend, mtp_potential
from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, RelaxDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.schedule import Coupling, MDStage
from amorph_flows.structures.bare import bare_structure
from amorph_flows.structures.configuration import has_velocities

_STRESS_GPA = 1e-3
"""Pressure below which a cell counts as relaxed, GPa."""


@dataclass
class PotentialEngine(CalculatorEngine):
    """Energies and forces from a fitted or classical potential, MD and relaxation in LAMMPS.

    Parameters
    ----------
    potential
        A `PotentialDoc` such as `amorph_flows.store.load_potential` gives, the path of an ``.mtp``
        file, or the name or parameter file of a classical potential such as ``"pedone"``.
    elements
        Of an ``.mtp`` file, the elements in the order of its species; of a classical potential,
        the oxidation state where it knows several, such as ``["Na", "Fe2+", "P", "O"]``.
    relax_fmax_ev_a
        Relaxations end when no component of a force is larger, eV/Å.
    relax_max_steps
        Steps of a relaxation at most, of the atoms and of the cell alike.
    labels_per_job
        Single points in one job at most; 0: all in one job.

    Examples
    --------
    >>> engine = PotentialEngine("pedone", elements=["Na", "Fe2+", "P", "O"])
    >>> flow = MeltQuenchMaker(engine=engine).make(structure)
    """

    potential: PotentialDoc | str
    elements: list[str] | None = None
    relax_fmax_ev_a: float = 1e-8
    relax_max_steps: int = 20_000

    def __post_init__(self) -> None:
        """Read what is named by a file, and leave out what no calculation needs."""
        if isinstance(self.potential, str) and self.potential.endswith(".mtp"):
            if self.elements is None:
                raise InputError(
                    f"{self.potential} does not hold its elements; give elements in the order of "
                    "its species"
                )
            self.potential = mtp_potential(self.potential, self.elements)
        if isinstance(self.potential, PotentialDoc):
            text = {"potential": self.potential.files["potential"]}
            self.potential = self.potential.model_copy(update={"files": text, "curves": {}})

    @property
    @override
    def barostats(self) -> tuple[Coupling, ...]:
        return get_args(Coupling)

    @override
    def info(self) -> EngineInfo:
        if isinstance(self.potential, str):
            named = ", ".join(self.elements or [])
            return EngineInfo(
                name=self.potential,
                settings_hash=sha256_of(f"classical {self.potential} {named}"),
                surrogate=True,
            )
        doc = self.potential
        return EngineInfo(
            name=f"{doc.method} potential {(doc.job_uuid or doc.sha256)[:8]}",
            settings_hash=sha256_of(f"{doc.backend} {doc.species} {doc.sha256}"),
            surrogate=True,
        )

    @override
    def check(self, structure: Structure | None = None) -> None:
        """Refuse elements that the potential lacks, and a machine without LAMMPS."""
        check_lammps()
        if structure is None:
            return
        symbols = {site.specie.symbol for site in structure}
        doc = self.document(symbols)
        get_backend(doc.backend).check()
        self.require_known(symbols, doc.species)

    def document(self, symbols: Iterable[str]) -> PotentialDoc:
        """Return the potential for some elements.

        Parameters
        ----------
        symbols
            Element symbols; a classical potential that is named is given these, unless `elements`
            says which.
        """
        if isinstance(self.potential, PotentialDoc):
            return self.potential
        return classical_potential(self.potential, self.elements or sorted(symbols))

    @override
    @contextmanager
    def open_calculator(self, symbols: set[str]) -> Iterator[Calculator]:
        doc = self.document(symbols)
        yield get_backend(doc.backend).calculator(doc)

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
        """Run molecular dynamics in LAMMPS and label its frames.

        With given velocities the first configuration is not stored again.
        """
        self.check(structure)
        self.check_md(stage, structure)
        home = run_home(prev_dir)
        settings = LammpsMD(stages=(_lammps_stage(stage),), seed=seed)
        result = self._run(structure, settings, home, goes_on=prev_dir is not None)
        if not result.is_complete:
            return continued(self.md(structure, stage, run, seed, prev_dir=str(home)))
        frames = FrameSet(self._frames(structure, stage, result, run))
        batch = self.label(frames, home, run=run, goes_on=False)
        if not batch.is_complete:
            return continued(self.md(structure, stage, run, seed, prev_dir=str(home)))
        document = batch.document(self.info(), run, home)
        changes = {
            "stage": stage,
            "seed": seed,
            "n_steps": stage.n_steps,
            "structure": _turned_back(result.structure, structure, velocities=True),
        }
        return document.model_copy(update=changes)

    @override
    @stage_job(RelaxDoc)
    def relax(
        self, structure: Structure, relax_cell: bool = True, prev_dir: str | None = None
    ) -> RelaxDoc | Response[Job]:
        """Relax a structure by `amorph_flows.lammps.Minimise`, its cell with all angles."""
        self.check(structure)
        home = run_home(prev_dir)
        stage = Minimise(
            relax_cell="triclinic" if relax_cell else None,
            force_tolerance_ev_a=self.relax_fmax_ev_a,
            max_steps=self.relax_max_steps,
        )
        settings = LammpsMD(stages=(stage,))
        result = self._run(bare_structure(structure), settings, home, goes_on=prev_dir is not None)
        if not result.is_complete:
            return continued(self.relax(structure, relax_cell, prev_dir=str(home)))
        forces = np.array(result.structure.site_properties["forces"])
        pressure = np.abs(result.thermo["pressure_tensor_gpa"][-1]).max() if relax_cell else 0.0
        converged = np.abs(forces).max() <= self.relax_fmax_ev_a and pressure <= _STRESS_GPA
        return RelaxDoc(
            engine=self.info(),
            structure=_turned_back(result.structure, structure),
            energy_ev=float(result.thermo["potential_energy_ev"][-1]),
            max_force_ev_a=float(np.linalg.norm(forces, axis=1).max()),
            converged=bool(converged),
            n_steps=int(result.thermo["step"][-1]),
            directory=str(home),
        )

    def _run(
        self, structure: Structure, settings: LammpsMD, home: Path, *, goes_on: bool
    ) -> LammpsResult:
        doc = self.document({site.specie.symbol for site in structure})
        return run_lammps_md(structure, doc, settings, home, goes_on=goes_on)

    def _frames(
        self, start: Structure, stage: MDStage, result: LammpsResult, run: str
    ) -> Iterator[Frame]:
        """Yield the frames of a run without labels, in the axes of its start."""
        trajectory = load_trajectory(result.trajectory)
        turn, skipped = _axes(start), 1 if has_velocities(start) else 0
        steps = np.round(trajectory.times_fs / stage.time_step_fs).astype(int)
        for index in range(skipped, trajectory.n_frames):
            step = int(steps[index])
            frame = Frame(
                numbers=trajectory.numbers,
                positions=trajectory.positions[index] @ turn,
                cell=trajectory.cells[index] @ turn,
                provenance=self.provenance(run),
            )
            yield frame.with_provenance(
                step=step,
                time_fs=step * stage.time_step_fs,
                temperature_k=stage.temperature_at(step),
            )


def _lammps_stage(stage: MDStage) -> Stage:
    common = {
        "temperature_k": stage.start_temperature_k,
        "end_temperature_k": None if stage.is_hold else stage.end_temperature_k,
        "duration_fs": stage.duration_fs,
        "time_step_fs": stage.time_step_fs,
        "frame_stride": stage.frame_stride,
    }
    if stage.ensemble == "nve":
        return NVE.model_validate(common | {"end_temperature_k": None})
    damped = common | {"damping_fs": stage.thermostat_damping_fs}
    if stage.ensemble == "nvt":
        return NVT.model_validate(damped)
    return NPT(
        **damped,
        pressure_gpa=stage.pressure_gpa,
        end_pressure_gpa=stage.end_pressure_gpa,
        barostat_damping_fs=stage.barostat_damping_fs,
        coupling=stage.coupling,
    )


def _axes(start: Structure) -> FloatArray:
    """Return what turns vectors of LAMMPS's axes into those of a start, shape ``(3, 3)``."""
    return np.asarray(Prism(start.lattice.matrix).rot_mat).T


def _turned_back(found: Structure, start: Structure, velocities: bool = False) -> Structure:
    """Return a structure of a run in the axes that it started in."""
    turn = _axes(start)
    kept = {}
    if velocities:
        kept["velocities"] = (np.array(found.site_properties["velocities"]) @ turn).tolist()
    return Structure(
        found.lattice.matrix @ turn,
        found.species,
        found.cart_coords @ turn,
        coords_are_cartesian=True,
        site_properties=kept,
    )
