"""A study for tests of the report: toy MD, random walks, and the published voltages and errors.

Voltages, diffusivities of the walks and errors are those of Choyal et al., Small (2025),
sections 3.1, 3.3 and 3.4; the rest is computed here by the toy engine.
"""

from __future__ import annotations

import tempfile
from contextlib import chdir
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from pymatgen.core import Structure

from amorph_flows.analysis import (
    analyse_transport,
    ion_motion,
    long_range_order,
    radial_distribution,
)
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.verdict import Remedy, Verdict
from amorph_flows.analysis.voltage import voltage_profile
from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets.binary import encode_array
from amorph_flows.datasets.errors import ErrorStatistics
from amorph_flows.datasets.frames import FrameSet, Provenance
from amorph_flows.engines._molecular_dynamics import MDRun
from amorph_flows.schemas.active_learning import (
    ActiveLearningDoc,
    ExplorationRun,
    GenerationDoc,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.insertion import OccupationDoc, SiteSetDoc
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.melt_quench import Branch, QuenchDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import FileReference, TrajectoryDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.schemas.structure import LongRangeOrderDoc, RDFDoc, SampledStructure, StructureDoc
from amorph_flows.schemas.study import Difference, StudyParts
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.schemas.voltage import VoltageDoc, VoltagePoint
from amorph_flows.schemas.voltage_profile import (
    ContentEnergy,
    ProfileAtTemperature,
    VoltageProfileDoc,
)
from amorph_flows.structures import minimum_width, v2o5
from amorph_flows.structures.configuration import draw_velocities, to_atoms

DIFFUSIVITIES_CM2_S = {
    300.0: 1.81e-6,
    600.0: 3.41e-6,
    900.0: 4.75e-6,
    1000.0: 5.63e-6,
    1200.0: 8.71e-6,
}
VOLTAGES_V = {600.0: (2.30, 2.20), 900.0: (2.23, 2.13), 1200.0: (2.19, 1.96)}
CRYSTAL_V = 2.56
ENGINE = EngineInfo(name="toy", version="1", settings_hash="0123abcd", surrogate=True)


def uuid_of(name: str) -> str:
    """Return a made-up uuid that tells what it belongs to."""
    return f"{name[:8]:-<8}-0000-4000-8000-000000000000"


def verdict(question: str, passed: bool, reason: str) -> Verdict:
    """Return a verdict with a threshold."""
    answer = "YES" if passed else "NO"
    return Verdict(
        question=question,
        answer=answer,
        passed=passed,
        scope="numerical",
        reason=reason,
        numbers={"measured": 1.0},
        thresholds={"limit": 2.0},
    )


@cache
def study_parts(surrogate: bool = True) -> StudyParts:
    """Return the documents of a study; without a surrogate, every check but one is passed."""
    engine = ENGINE.model_copy(update={"surrogate": surrogate})
    runs = {t: _engine_md(t) for t in (300.0, 1200.0)}
    return StudyParts(
        title="Amorphous MgV₂O₅",
        preset="test",
        ion="Mg2+",
        quench=_quench(engine, not surrogate),
        insertions=[_insertion(t, runs[t][-1].formula) for t in runs],
        dataset=_dataset(engine, FrameSet(frame for run in runs.values() for frame in run)),
        potential=_potential(engine, FrameSet(f for run in runs.values() for f in run), surrogate),
        active_learning=_learning(not surrogate),
        production=[_production(t) for t in DIFFUSIVITIES_CM2_S],
        structure=_structure(runs),
        transport=_transport(),
        voltage=_voltage(engine),
        voltage_profile=_voltage_profile(engine),
        differences_from_paper=[
            Difference(
                what="production", paper=4000, here=1.0, unit="ps", where="2.3", factor=4000.0
            ),
            Difference(what="level of the potential", paper=16, here=12, factor=16 / 12),
            Difference(what="engine", paper="VASP", here="toy", where="2.3"),
            Difference(
                what="charges", paper="not stated", here="none", field="charges", stated=False
            ),
        ],
        settings={"melt_quench": {"time_step_fs": 2.0, "seed": 0}},
    )


def _cell(with_ions: bool) -> Structure:
    """Return 28 atoms of V2O5, with four Mg between them if asked for."""
    structure = v2o5() * (1, 1, 2)
    if with_ions:
        for place in ((0.0, 0.15, 0.25), (0.5, 0.65, 0.25), (0.0, 0.15, 0.75), (0.5, 0.65, 0.75)):
            structure.append("Mg", place)
    return structure


@cache
def _engine_md(temperature_k: float, with_ions: bool = True, seed: int = 0) -> FrameSet:
    atoms = to_atoms(_cell(with_ions))
    draw_velocities(atoms, temperature_k, seed)
    atoms.calc = get_calculator("toy", {})
    stage = MDStage(
        name=f"hold at {temperature_k:g} K",
        start_temperature_k=temperature_k,
        end_temperature_k=temperature_k,
        duration_fs=120.0,
        time_step_fs=1.0,
        frame_stride=4,
    )
    with tempfile.TemporaryDirectory() as folder, chdir(folder):  # progress is written here too
        provenance = Provenance(stage="labelling", run=stage.name, engine="toy")
        md = MDRun(atoms, stage, provenance, Path(folder) / "run.extxyz", 1e6)
        assert md.run()
        return FrameSet(md.frames)


def _quench(engine: EngineInfo, good: bool) -> QuenchDoc:
    stages = [
        ("melt", 2000, 2000, 400),
        ("ramp to 1200 K", 2000, 1200, 300),
        ("ramp to 300 K", 1200, 300, 500),
    ]
    melted = verdict("melted?", good, "the host moved 0.4 Å in the melt (3 Å are asked for)")
    longer = Remedy("melt_quench.melt_duration_fs", 24000.0, 31.0)
    return QuenchDoc(
        job_uuid=uuid_of("quench"),
        cpu_seconds=12.5,
        engine=engine,
        crystal=_cell(with_ions=False),
        schedule=[
            MDStage(name=name, start_temperature_k=a, end_temperature_k=b, duration_fs=fs)
            for name, a, b, fs in stages
        ],
        quench_rate_k_per_ps=1700 / 0.8,
        label_uuids=[uuid_of("melt")],
        histories={
            "time_fs": np.arange(0, 1200.0, 4.0),
            "potential_energy_ev_atom": np.linspace(-6.5, -7.0, 300),
            "pressure_gpa": np.linspace(8.0, 1.0, 300),
        },
        melted=melted if good else replace(melted, remedy=longer),
        branches=[
            Branch(
                temperature_k=t,
                structure=_cell(with_ions=False),
                label_uuid=uuid_of(f"hold{t:g}"),
                amorphous=verdict("amorphous?", good, f"order is left at {t:g} K"),
                volume=verdict("volume right?", True, f"0.1 GPa in the branch at {t:g} K"),
            )
            for t in (1200.0, 300.0)
        ],
    )


def _insertion(temperature_k: float, formula: str) -> SiteSetDoc:
    structure = _cell(with_ions=True)
    return SiteSetDoc(
        job_uuid=uuid_of(f"site{temperature_k:g}"),
        host=_cell(with_ions=False),
        ion="Mg2+",
        n_ions=4,
        temperature_k=temperature_k,
        sites=np.array([[0.0, 0.15, 0.25], [0.5, 0.65, 0.25]]),
        n_found=7,
        min_distance_a={"V": 2.2, "O": 1.7},
        merge_distance_a=0.75,
        n_cut_by_distance=3,
        n_merged=2,
        occupations=[OccupationDoc(indices=[0, 1], energy_ev=-812.25, structure=structure)],
        proven_optimal=True,
        seed=7,
        structure=structure,
        verdict=verdict("sites enough?", True, f"enough sites for {formula}"),
    )


def _dataset(engine: EngineInfo, frames: FrameSet) -> DatasetDoc:
    n = len(frames)
    return DatasetDoc(
        job_uuid=uuid_of("dataset"),
        engine=engine,
        frames=frames,
        training=list(range(n - 12)),
        validation=list(range(n - 12, n - 8)),
        test_random=list(range(n - 8, n - 4)),
        test_blocks=list(range(n - 4, n)),
        n_duplicates=1,
        composition={"V2O5": {"300": 226, "1200": 300}, "MgV2O5": {"300": 151, "1200": 400}},
        seed=3,
        sources=[uuid_of("melt")],
    )


def _potential(engine: EngineInfo, frames: FrameSet, surrogate: bool) -> PotentialDoc:
    rng = np.random.default_rng(0)
    energies = np.array([[frame.energy_ev / frame.n_atoms] * 2 for frame in frames])
    forces = np.concatenate([np.stack([frame.forces.ravel()] * 2, axis=1) for frame in frames])
    energies[:, 1] += rng.normal(scale=0.005, size=len(energies))
    forces[:, 1] += rng.normal(scale=0.2, size=len(forces))
    parity = {
        part: {
            "energy_ev_atom": encode_array(energies[i::4].astype(np.float32)),
            "force_ev_a": encode_array(forces[i::4].astype(np.float32)),
        }
        for i, part in enumerate(("training", "validation", "test_random", "test_blocks"))
    }
    summary = ErrorStatistics(
        n_frames=15,
        energy_rmse_mev_atom=5.0,
        energy_mae_mev_atom=4.0,
        force_rmse_ev_a=0.2,
        force_mae_ev_a=0.15,
    )
    accuracy = verdict("potential accurate?", not surrogate, "held-out errors are 5.0 meV/atom")
    if surrogate:
        accuracy = replace(accuracy, remedy=Remedy("fit.settings.level", 16, 12.5))
    return PotentialDoc(
        job_uuid=uuid_of("potential"),
        species=["Mg", "V", "O"],
        settings=MTPSettings(level=12, cutoff=5.0),
        engine=engine,
        files={},
        sha256="f" * 64,
        n_parameters=248,
        n_training_frames=90,
        errors={"training": summary, "test_blocks": summary},
        curves={"history": [[0.1, 9.0], [1.0, 0.5], [20.0, 0.02]], "parity": parity},
        training_cpu_seconds=20.0,
        dataset_uuid=uuid_of("dataset"),
        verdicts=[accuracy],
    )


def _exploration(turn: int) -> list[ExplorationRun]:
    return [
        ExplorationRun(
            run=f"MgV2O5 {t:g} K turn {turn} seed 0",
            formula="MgV2O5",
            temperature_k=t,
            seed=11,
            asked_fs=2000.0,
            reached_fs=reached,
            broke=reached < 2000.0,
            max_grade=grade,
            fraction_above_select=0.2,
            n_saved=9,
        )
        for t, reached, grade in ((300.0, 2000.0, 1.4), (1200.0, 340.0, 12.0))
    ]


def _learning(good: bool) -> ActiveLearningDoc:
    generations = [
        GenerationDoc(
            job_uuid=uuid_of(f"turn{turn}"),
            turn=turn,
            potential_uuid=uuid_of("potential"),
            runs=_exploration(turn),
            n_candidates=30 // turn,
            n_refused=1,
            n_selected=12 // turn,
            n_labelled=11 // turn,
            reason="the validation error of forces went to 0.93 times its value",
        )
        for turn in (1, 2)
    ]
    return ActiveLearningDoc(
        job_uuid=uuid_of("learning"),
        generations=generations,
        potential_uuid=uuid_of("potential"),
        dataset_uuid=uuid_of("dataset"),
        verdict=verdict("active learning converged?", good, "all 2 turns are used up"),
    )


def _production(temperature_k: float) -> TrajectoryDoc:
    return TrajectoryDoc(
        job_uuid=uuid_of(f"run{temperature_k:g}"),
        run=f"MgV2O5 {temperature_k:g} K MTP MD",
        formula="MgV2O5",
        temperature_k=temperature_k,
        potential_uuid=uuid_of("potential"),
        start="insertion",
        n_atoms=256,
        time_step_fs=2.0,
        equilibration_fs=100.0,
        production_fs=1000.0,
        asked_fs=1000.0,
        seed=5,
        trajectory=FileReference(
            path="run.dump", format="lammps-dump", sha256="0" * 64, n_frames=500, species=["Mg"]
        ),
        structure=_cell(with_ions=True),
        mean_temperature_k=temperature_k * 1.01,
        mean_energy_ev_atom=-7.1,
        ensemble="npt",
        mean_pressure_gpa=0.125,
        pressure_standard_error_gpa=0.0625,
        mean_density_g_cm3=3.421,
        mean_volume_a3=3000.0,
        max_grade=1.5,
        fraction_above_select=0.0,
        curves=_thermo(temperature_k),
        verdicts=[verdict("ran to its end?", True, f"it ran to its end at {temperature_k:g} K")],
    )


def _thermo(temperature_k: float) -> dict[str, object]:
    """Return what LAMMPS wrote at each of 1000 times."""
    rng = np.random.default_rng(int(temperature_k))
    return {
        name: encode_array(values)
        for name, values in {
            "time_fs": np.arange(1000.0),
            "temperature_k": temperature_k * (1 + 0.05 * rng.normal(size=1000)),
            "pressure_gpa": rng.normal(scale=0.5, size=1000),
            "potential_energy_ev_atom": -7.1 + 1e-4 * temperature_k + 0.01 * rng.normal(size=1000),
        }.items()
    }


def _sample(source: str, frames: FrameSet, temperature_k: float | None) -> SampledStructure:
    trajectory = Trajectory(
        np.stack([frame.positions for frame in frames]),
        np.array(frames[0].cell),
        frames[0].numbers,
        np.arange(len(frames)) * 4.0,
        temperature_k,
    )
    last = Structure(
        frames[-1].cell, frames[-1].numbers, frames[-1].positions, coords_are_cartesian=True
    )
    species = [element for element in ("Mg", "V") if element in last.symbol_set]
    return SampledStructure(
        structure_source=source,
        formula=frames[0].formula,
        temperature_k=temperature_k,
        rdf=RDFDoc.from_result(radial_distribution(trajectory)),
        half_width_a=minimum_width(frames[0].cell) / 2,
        order=[LongRangeOrderDoc.from_result(long_range_order(last, s)) for s in species],
        energies_ev_atom=np.array([frame.energy_ev / frame.n_atoms for frame in frames]),
        times_fs=trajectory.times_fs,
        documents=[uuid_of(f"{source[:3]}{temperature_k or 0:g}")],
    )


def _structure(runs: dict[float, FrameSet]) -> StructureDoc:
    samples = [_sample("crystal", _engine_md(300.0, with_ions=False)[:1], None)]
    samples += [_sample("engine MD", frames, t) for t, frames in runs.items()]
    samples += [_sample("MTP MD", _engine_md(t, seed=1), t) for t in runs]
    return StructureDoc(job_uuid=uuid_of("structur"), samples=samples)


@cache
def _transport() -> TransportDoc:
    trajectories = {t: _walk(t, d) for t, d in DIFFUSIVITIES_CM2_S.items()}
    motion = [ion_motion(walk, "Mg", t) for t, walk in trajectories.items()]
    document = TransportDoc.from_result(analyse_transport(trajectories, "Mg"), motion)
    return document.model_copy(update={"job_uuid": uuid_of("transpor")})


def _walk(temperature_k: float, diffusivity_cm2_s: float) -> Trajectory:
    """Return random walks of known diffusivity in a host that stays."""
    rng = np.random.default_rng(int(temperature_k))
    cell = _cell(with_ions=False) * (2, 2, 2)
    n_frames, n_ions, spacing_fs = 1200, 48, 1000.0
    step = np.sqrt(2 * diffusivity_cm2_s * 10 * spacing_fs)
    ions = np.cumsum(rng.normal(scale=step, size=(n_frames, n_ions, 3)), axis=0)
    ions += rng.random((n_ions, 3)) @ cell.lattice.matrix
    host = cell.cart_coords + rng.normal(scale=0.05, size=(n_frames, len(cell), 3))
    numbers = np.array([12] * n_ions + list(cell.atomic_numbers))
    times = np.arange(n_frames) * spacing_fs
    positions = np.concatenate([ions, host], axis=1)
    return Trajectory(positions, np.array(cell.lattice.matrix), numbers, times, temperature_k)


def _voltage_profile(engine: EngineInfo) -> VoltageProfileDoc:
    """Return profiles of two steps, and one whose content between lies above the hull."""
    energies = {
        ("engine MD", 300.0): (-60.0, -63.9, -67.0),
        ("engine MD", 1200.0): (-59.6, -63.4, -66.4),
        ("MTP MD", 300.0): (-60.0, -63.2, -66.9),
    }
    profiles = []
    for (source, kelvin), of_source in energies.items():
        found = voltage_profile((0.0, 0.5, 1.0), of_source, (0.05, 0.04, 0.06), -1.6, 2.0)
        contents = [
            ContentEnergy(
                ions_per_formula=x,
                energy_ev_formula=energy,
                half_width_ev_formula=0.05,
                above_hull_ev_formula=above,
                n_frames=100,
                document=uuid_of(f"x{x:g}"),
            )
            for x, energy, above in zip(
                (0.0, 0.5, 1.0), of_source, found.above_hull_ev, strict=True
            )
        ]
        profiles.append(
            ProfileAtTemperature(
                structure_source=source,
                temperature_k=kelvin,
                contents=contents,
                steps=list(found.steps),
                verdicts=[*engine.verdicts("energies"), verdict("precise?", True, "± 0.08 V")],
            )
        )
    return VoltageProfileDoc(
        job_uuid=uuid_of("profile"),
        ion="Mg2+",
        host="V2O5",
        engine=engine,
        reference_energy_ev=-1.6,
        profiles=profiles,
        inputs_cpu_seconds=100.0,
    )


def _voltage(engine: EngineInfo) -> VoltageDoc:
    points = [
        VoltagePoint(
            structure_source="crystal",
            voltage_v=CRYSTAL_V,
            n_snapshots=1,
            documents=[uuid_of("relax")],
        ),
    ]
    for t, pair in VOLTAGES_V.items():
        for source, volts in zip(("engine MD", "MTP MD"), pair, strict=True):
            points.append(
                VoltagePoint(
                    structure_source=source,
                    temperature_k=t,
                    voltage_v=volts,
                    spread_v=0.05,
                    standard_error_v=0.05 / np.sqrt(5),
                    n_snapshots=5,
                    change_v=volts - CRYSTAL_V,
                    change_percent=100 * (volts / CRYSTAL_V - 1),
                    documents=[uuid_of(f"snap{t:g}")],
                    verdicts=[verdict("sampled long enough?", True, "5 snapshots of 20 ps")],
                )
            )
    return VoltageDoc(
        job_uuid=uuid_of("voltage"),
        ion="Mg2+",
        engine=engine,
        reference_energy_ev=-1.6,
        points=points,
    )
