"""A potential as an engine: LAMMPS relaxes and moves, the potential's calculator labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

import numpy as np
from ase.calculators.calculator import Calculator
from ase.calculators.lammps import Prism
from jobflow import Job, OutputReference, Response
from pymatgen.core import Structure
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
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
from amorph_flows.potentials import LearnedBackend, classical_potential, get_backend, mtp_potential
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
        A `PotentialDoc` such as `amorph_flows.store.load_potential` gives, a reference to the
        output of a job that makes one, the path of an ``.mtp`` file, or the name or parameter file
        of a classical potential such as ``"pedone"``.
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

    potential: PotentialDoc | OutputReference | str
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
            self.potential = self.potential.model_copy(update={"curves": {}})

    @property
    @override
    def has_stress(self) -> bool:
        doc = self.potential
        return not isinstance(doc, PotentialDoc) or get_backend(doc.backend).has_stress(doc)

    @property
    @override
    def barostats(self) -> tuple[Coupling, ...]:
        return get_args(Coupling) if self.has_stress else ()

    @override
    def info(self) -> EngineInfo:
        if isinstance(self.potential, str):
            named = ", ".join(self.elements or [])
            return EngineInfo(
                name=self.potential,
                settings_hash=sha256_of(f"classical {self.potential} {named}"),
                surrogate=True,
            )
        if isinstance(self.potential, OutputReference):
            return EngineInfo(name="potential to come", settings_hash="", surrogate=True)
        doc = self.potential
        return EngineInfo(
            name=f"{doc.method} potential {(doc.job_uuid or doc.sha256)[:8]}",
            settings_hash=sha256_of(f"{doc.backend} {doc.species} {doc.sha256}"),
            surrogate=True,
        )

    @override
    def by_reference(self) -> PotentialEngine:
        doc = self.potential
        if not isinstance(doc, PotentialDoc) or not doc.job_uuid:
            return self
        reference = OutputReference(doc.job_uuid, output_schema=PotentialDoc)
        return replace(self, potential=reference)

    @override
    def check(self, structure: Structure | None = None) -> None:
        """Refuse elements that the potential lacks, and a machine without LAMMPS.

        What a potential lacks that is not made yet is told by the job that uses it.
        """
        check_lammps()
        if structure is None or isinstance(self.potential, OutputReference):
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
        if isinstance(self.potential, OutputReference):
            raise InputError(
                f"the potential of job {self.potential.uuid} is not made yet; give the engine to a "
                "Maker or to one of its own jobs, which waits for it"
            )
        return classical_potential(self.potential, self.elements or sorted(symbols))

    @override
    @contextmanager
    def open_calculator(self, symbols: set[str]) -> Iterator[Calculator]:
        doc = self.document(symbols)
        yield get_backend(doc.backend).calculator(doc)

    @override
    def static(self, frames: FrameSet, run: str = "", prev_dir: str | None = None) -> Job:
        """Return a job that labels frames one by one, with the potential's calculator."""
        return static_with_potential(self, frames, run, prev_dir)

    @override
    def md(
        self,
        structure: Structure,
        stage: MDStage,
        run: str = "",
        seed: int = 0,
        prev_dir: str | None = None,
    ) -> Job:
        """Return a job that runs molecular dynamics in LAMMPS and labels its frames.

        With given velocities the first configuration is not stored again. Where the potential has
        an active set, each frame has its extrapolation grade.
        """
        return md_with_potential(self, structure, stage, run, seed, prev_dir)

    @override
    def relax(
        self, structure: Structure, relax_cell: bool = True, prev_dir: str | None = None
    ) -> Job:
        """Return a job that relaxes a structure by LAMMPS's minimisers, its cell with all angles.

        See `amorph_flows.lammps.Minimise`.
        """
        return relax_with_potential(self, structure, relax_cell, prev_dir)


@stage_job(LabelDoc, kind="md")
def static_with_potential(
    engine: PotentialEngine, frames: FrameSet, run: str = "", prev_dir: str | None = None
) -> LabelDoc | Response[Job]:
    """Label frames one by one.

    Parameters
    ----------
    engine
        The potential.
    frames
        The configurations.
    run
        Name of the batch.
    prev_dir
        Folder of an earlier job whose finished labels are not computed again.
    """
    return engine.label_in_jobs(frames, run, prev_dir)


@stage_job(LabelDoc, kind="md")
def md_with_potential(
    engine: PotentialEngine,
    structure: Structure,
    stage: MDStage,
    run: str = "",
    seed: int = 0,
    prev_dir: str | None = None,
) -> LabelDoc | Response[Job]:
    """Run molecular dynamics in LAMMPS and label its frames.

    Parameters
    ----------
    engine
        The potential.
    structure
        Where to start.
    stage
        Temperatures, pressures, length, time step and stride.
    run
        Name of the trajectory.
    seed
        Seed of the initial velocities.
    prev_dir
        Folder of an earlier job whose run this one goes on with.
    """
    engine.check(structure)
    engine.check_md(stage, structure)
    home, doc = run_home(prev_dir), _document(engine, structure)
    settings = LammpsMD(stages=(_lammps_stage(stage),), seed=seed)
    result = run_lammps_md(structure, doc, settings, home, goes_on=prev_dir is not None)
    rest = partial(engine.md, structure, stage, run, seed, prev_dir=str(home))
    if not result.is_complete:
        return continued(rest())
    frames = FrameSet(_frames(engine.provenance(run), structure, stage, result))
    batch = engine.label(frames, home, run=run, goes_on=False)
    if not batch.is_complete:
        return continued(rest())
    batch.frames = _graded(batch.frames, doc)
    changes = {
        "stage": stage,
        "seed": seed,
        "n_steps": stage.n_steps,
        "structure": _turned_back(result.structure, structure, velocities=True),
    }
    return batch.document(engine.info(), run, home).model_copy(update=changes)


@stage_job(RelaxDoc, kind="md")
def relax_with_potential(
    engine: PotentialEngine,
    structure: Structure,
    relax_cell: bool = True,
    prev_dir: str | None = None,
) -> RelaxDoc | Response[Job]:
    """Relax a structure by `amorph_flows.lammps.Minimise`, its cell with all angles.

    Parameters
    ----------
    engine
        The potential.
    structure
        Where to start.
    relax_cell
        Whether the cell relaxes too.
    prev_dir
        Folder of an earlier job whose relaxation this one goes on with.
    """
    engine.check(structure)
    home = run_home(prev_dir)
    stage = Minimise(
        relax_cell="triclinic" if relax_cell else None,
        force_tolerance_ev_a=engine.relax_fmax_ev_a,
        max_steps=engine.relax_max_steps,
    )
    start, goes_on = bare_structure(structure), prev_dir is not None
    result = run_lammps_md(
        start, _document(engine, start), LammpsMD(stages=(stage,)), home, goes_on=goes_on
    )
    if not result.is_complete:
        return continued(engine.relax(structure, relax_cell, prev_dir=str(home)))
    forces = np.array(result.structure.site_properties["forces"])
    pressure = np.abs(result.thermo["pressure_tensor_gpa"][-1]).max() if relax_cell else 0.0
    converged = np.abs(forces).max() <= engine.relax_fmax_ev_a and pressure <= _STRESS_GPA
    return RelaxDoc(
        engine=engine.info(),
        structure=_turned_back(result.structure, structure),
        energy_ev=float(result.thermo["potential_energy_ev"][-1]),
        max_force_ev_a=float(np.linalg.norm(forces, axis=1).max()),
        converged=bool(converged),
        n_steps=int(result.thermo["step"][-1]),
        directory=str(home),
    )


def _document(engine: PotentialEngine, structure: Structure) -> PotentialDoc:
    return engine.document({site.specie.symbol for site in structure})


def _graded(frames: list[Frame], doc: PotentialDoc) -> list[Frame]:
    """Return frames with their extrapolation grades, where the potential has an active set."""
    backend = get_backend(doc.backend)
    if not isinstance(backend, LearnedBackend) or not doc.has_grades or not frames:
        return frames
    grades = backend.grades(doc, FrameSet(frames)).tolist()
    return [f.with_provenance(grade=grade) for f, grade in zip(frames, grades, strict=True)]


def _frames(
    provenance: Provenance, start: Structure, stage: MDStage, result: LammpsResult
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
            provenance=provenance,
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
