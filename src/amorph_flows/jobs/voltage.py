"""Voltages from the energies of snapshots with and without ions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase.data import atomic_numbers
from pymatgen.core import Species

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.analysis.voltage import average_voltage
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.jobs.production_verdicts import SELECT_GRADE, WIDTH_QUESTION
from amorph_flows.jobs.required import required
from amorph_flows.jobs.volume import volume_of
from amorph_flows.lammps import load_trajectory
from amorph_flows.potentials import LearnedBackend, get_backend
from amorph_flows.runtime.cpu_time import cpu_seconds_of, total_seconds
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.voltage import SnapshotDoc, VoltageDoc, VoltagePoint, VoltageVerdict
from amorph_flows.structures.configuration import to_atoms

MIN_SAMPLED_FS = 20_000.0
MIN_SNAPSHOTS = 5


@stage_job(SnapshotDoc)
def take_snapshots(
    run: LabelDoc | TrajectoryDoc, ion: str, temperature_k: float, n_snapshots: int = 5
) -> SnapshotDoc:
    """Return snapshots from the second half of a run, with and without their ions.

    Parameters
    ----------
    run
        Engine MD or MD with the potential.
    ion
        Such as ``"Mg2+"``.
    temperature_k
        Temperature of the run, K.
    n_snapshots
        How many, evenly spaced; the last frame is one of them.
    """
    frames = run.frames if isinstance(run, LabelDoc) else _frames(run)
    first = len(frames) // 2
    chosen = np.unique(np.linspace(len(frames) - 1, first, n_snapshots).round().astype(int))
    number = atomic_numbers[Species.from_str(ion).symbol]
    pairs = [pair for i in chosen for pair in _with_and_without(frames[int(i)], number)]
    return SnapshotDoc(
        structure_source="engine MD" if isinstance(run, LabelDoc) else "MTP MD",
        temperature_k=temperature_k,
        sampled_fs=_sampled_fs(run),
        frames=FrameSet(pairs),
        source_uuid=run.job_uuid,
        verdicts=_on_the_run(run, temperature_k),
    )


@stage_job(SnapshotDoc)
def take_crystals(crystals: list[RelaxDoc]) -> SnapshotDoc:
    """Return crystals that a potential has relaxed, for single points of the engine.

    Parameters
    ----------
    crystals
        Without and with ions.
    """
    return SnapshotDoc(
        structure_source="crystal relaxed by MTP",
        frames=FrameSet(_frame_of(doc).with_provenance(stage="voltage") for doc in crystals),
        source_uuid=crystals[-1].job_uuid,
    )


@stage_job(VoltageDoc)
def collect_voltages(
    ion: str,
    metal: RelaxDoc | None,
    charged_crystal: RelaxDoc | None,
    discharged_crystal: RelaxDoc | None,
    crystal_source: str,
    snapshots: list[SnapshotDoc | None],
    labels: list[LabelDoc | None],
    potential: PotentialDoc | None = None,
    crystals_by_potential: Sequence[RelaxDoc | None] = (),
    crystal_labels: LabelDoc | None = None,
) -> VoltageDoc:
    """Return the voltages of the crystal and of every set of snapshots.

    Parameters
    ----------
    ion
        Such as ``"Mg2+"``.
    metal
        The ion's metal, relaxed by the same engine; None stands for a job that failed, and every
        voltage is then refused.
    charged_crystal, discharged_crystal
        The crystal without and with ions, each fully relaxed; None stands for a job that failed,
        and the voltage of the crystal is then refused.
    crystal_source
        Where the discharged crystal came from.
    snapshots
        Snapshots by temperature and source; None stands for a run that failed.
    labels
        Their energies; None stands for a job that failed.
    potential
        A fitted potential; None: there is none.
    crystals_by_potential
        The crystal without and with ions, each relaxed with the potential; None stands for a job
        that failed.
    crystal_labels
        Their energies by the engine; None stands for a job that failed.

    Raises
    ------
    CalculationError
        If every job that gives an energy failed.
    """
    computed = (metal, charged_crystal, discharged_crystal, crystal_labels, *labels)
    engines = (document.engine for document in computed if document is not None)
    engine = required(next(engines, None), "every energy")
    metal_ev = None if metal is None else metal.energy_ev / len(metal.structure)
    crystal = _crystal_point(ion, metal, charged_crystal, discharged_crystal, crystal_source)
    points = [crystal]
    if potential is not None:
        relaxed = crystals_by_potential
        doubts = [v for v in crystal.verdicts if v.answer == VoltageVerdict.GUESSED]
        known = [*_inside(potential, relaxed), *doubts]
        energies = {"crystal by MTP": relaxed}
        energies["crystal relaxed by MTP"] = _labelled(relaxed, crystal_labels)
        for source, crystals in energies.items():
            points.append(_by_potential(ion, metal, source, crystals, known, crystal))
    for snapshot, label in zip(snapshots, labels, strict=True):
        if snapshot is not None:
            points.append(_point(ion, metal_ev, snapshot, label, crystal))
    return VoltageDoc(
        ion=ion,
        engine=engine,
        reference_energy_ev=metal_ev,
        points=points,
        inputs_cpu_seconds=cpu_seconds_of(computed),
    )


@stage_job(VoltageDoc)
def extend_voltages(
    voltage: VoltageDoc, snapshots: list[SnapshotDoc | None], labels: list[LabelDoc | None]
) -> VoltageDoc:
    """Return the voltages with those of more snapshots.

    Parameters
    ----------
    voltage
        Of the crystal and of other snapshots.
    snapshots
        Snapshots by temperature and source; None stands for a run that failed.
    labels
        Their energies; None stands for a job that failed.
    """
    crystal = next(point for point in voltage.points if point.structure_source == "crystal")
    more = [
        _point(voltage.ion, voltage.reference_energy_ev, snapshot, label, crystal)
        for snapshot, label in zip(snapshots, labels, strict=True)
        if snapshot is not None
    ]
    took = total_seconds((voltage.inputs_cpu_seconds, cpu_seconds_of(labels)))
    return voltage.renewed(points=[*voltage.points, *more], inputs_cpu_seconds=took)


def _on_the_run(run: LabelDoc | TrajectoryDoc, temperature_k: float) -> list[Verdict]:
    """Return the verdicts on a run; the cell of MD with the potential is that of engine MD."""
    if isinstance(run, LabelDoc):
        return [volume_of(run, temperature_k), *run.verdicts]
    return [verdict for verdict in run.verdicts if verdict.question != WIDTH_QUESTION]


def _sampled_fs(run: LabelDoc | TrajectoryDoc) -> float:
    """Return the length of a run without its equilibration, fs."""
    if isinstance(run, TrajectoryDoc):
        return run.production_fs
    return max((frame.provenance.time_fs or 0.0 for frame in run.frames), default=0.0)


def _frames(run: TrajectoryDoc) -> FrameSet:
    trajectory = load_trajectory(run.trajectory)
    return FrameSet(
        Frame(
            trajectory.numbers,
            trajectory.positions[i],
            trajectory.cells[i],
            provenance=Provenance(
                stage="production_md",
                run=run.run,
                temperature_k=run.temperature_k,
                time_fs=float(trajectory.times_fs[i]),
                job_uuid=run.job_uuid,
            ),
        )
        for i in range(trajectory.n_frames)
    )


def _with_and_without(frame: Frame, number: int) -> tuple[Frame, Frame]:
    host = frame.numbers != number
    bare = Frame(frame.numbers, frame.positions, frame.cell, provenance=frame.provenance)
    empty = Frame(frame.numbers[host], frame.positions[host], frame.cell)
    parent = frame.content_hash
    return (
        bare.with_provenance(stage="voltage"),
        empty.with_provenance(
            stage="voltage", parent=parent, temperature_k=frame.provenance.temperature_k
        ),
    )


def _count(ion: str, numbers: np.ndarray) -> int:
    return int(np.count_nonzero(numbers == atomic_numbers[Species.from_str(ion).symbol]))


def _crystal_point(
    ion: str,
    metal: RelaxDoc | None,
    charged: RelaxDoc | None,
    discharged: RelaxDoc | None,
    source: str,
) -> VoltagePoint:
    if metal is None:
        return _no_crystal(_NO_METAL)
    if charged is None or discharged is None:
        which = "without" if charged is None else "with"
        return _no_crystal(
            _refused(
                "crystal relaxed?",
                f"the crystal {which} ions could not be made or relaxed; see that job",
            )
        )
    n_ions = _count(ion, np.array(discharged.structure.atomic_numbers))
    host_atoms = len(discharged.structure) - n_ions
    empty_ev = charged.energy_ev * host_atoms / len(charged.structure)
    volts = average_voltage(
        discharged.energy_ev,
        empty_ev,
        metal.energy_ev / len(metal.structure),
        n_ions,
        Species.from_str(ion).oxi_state,
    )
    unrelaxed = [d for d in (metal, charged, discharged) if not d.converged]
    verdicts = [*_surrogate(metal), *(_unconverged(d) for d in unrelaxed)]
    if source != "given":
        verdicts.append(
            Verdict(
                question="discharged crystal known?",
                answer=VoltageVerdict.GUESSED,
                passed=False,
                scope="numerical",  # to give the crystal answers it, whatever made the labels
                reason=f"the discharged crystal is a guess: {source}",
            )
        )
    return VoltagePoint(
        structure_source="crystal",
        voltage_v=volts,
        n_snapshots=1,
        documents=[metal.job_uuid, charged.job_uuid, discharged.job_uuid],
        verdicts=verdicts,
    )


def _by_potential(
    ion: str,
    metal: RelaxDoc | None,
    source: str,
    crystals: Sequence[RelaxDoc | None],
    known: Sequence[Verdict],
    crystal: VoltagePoint,
) -> VoltagePoint:
    """Return the voltage of the crystals that the potential relaxed, against the engine's metal.

    No potential that was fitted to a glass knows the metal.
    """
    charged, discharged = crystals
    point = _crystal_point(ion, metal, charged, discharged, "given")
    verdicts = list(point.verdicts)
    if charged is not None and discharged is not None:
        verdicts = [*known, *verdicts]
    changes = {"structure_source": source, "verdicts": verdicts}
    return _against(point.model_copy(update=changes), crystal)


def _labelled(
    crystals: Sequence[RelaxDoc | None], labels: LabelDoc | None
) -> Sequence[RelaxDoc | None]:
    """Return relaxed crystals with the energies that the engine gives them; None without one."""
    frames = labels.frames if labels is not None else ()
    energies = {frame.formula: frame.energy_ev for frame in frames}
    found: list[RelaxDoc | None] = []
    for doc in crystals:
        energy = energies.get(_frame_of(doc).formula) if doc is not None else None
        if doc is None or energy is None:
            found.append(None)
        else:
            found.append(doc.model_copy(update={"energy_ev": energy}))
    return found


def _frame_of(crystal: RelaxDoc) -> Frame:
    return Frame.from_atoms(to_atoms(crystal.structure))


def _inside(potential: PotentialDoc, crystals: Sequence[RelaxDoc | None]) -> list[Verdict]:
    """Return whether the potential knows the crystals, which it may never have seen."""
    backend = get_backend(potential.backend)
    relaxed = [doc for doc in crystals if doc is not None]
    if not isinstance(backend, LearnedBackend) or len(relaxed) < len(crystals):
        return []
    frames = FrameSet(_frame_of(doc) for doc in relaxed)
    grade = float(backend.grades(potential, frames).max())
    inside = grade <= SELECT_GRADE
    return [
        Verdict(
            question="inside the training set?",
            answer=VoltageVerdict.INSIDE if inside else VoltageVerdict.EXTRAPOLATES,
            passed=inside,
            scope="numerical",
            reason=f"the extrapolation grade of the relaxed crystals is {grade:.3g} "
            f"(limit {SELECT_GRADE:g})",
            numbers={"grade": grade},
            thresholds={"grade": SELECT_GRADE},
        )
    ]


def _refused(question: str, reason: str) -> Verdict:
    return Verdict(
        question=question,
        answer=VoltageVerdict.FAILED,
        passed=False,
        scope="numerical",
        reason=reason,
    )


_NO_METAL = _refused("metal relaxed?", "the ion's metal could not be relaxed; see that job")


def _no_crystal(why: Verdict) -> VoltagePoint:
    return VoltagePoint(structure_source="crystal", voltage_v=None, n_snapshots=0, verdicts=[why])


def _point(
    ion: str,
    metal_ev: float | None,
    snapshot: SnapshotDoc,
    label: LabelDoc | None,
    crystal: VoltagePoint,
) -> VoltagePoint:
    volts = []
    if label is not None and metal_ev is not None:
        volts = _snapshot_voltages(ion, metal_ev, label)
    refused = [_NO_METAL] if metal_ev is None else []
    spread = float(np.std(volts, ddof=1)) if len(volts) > 1 else None
    point = VoltagePoint(
        structure_source=snapshot.structure_source,
        temperature_k=snapshot.temperature_k,
        voltage_v=float(np.mean(volts)) if volts else None,
        spread_v=spread,
        standard_error_v=None if spread is None else spread / len(volts) ** 0.5,
        n_snapshots=len(volts),
        documents=[snapshot.source_uuid, snapshot.job_uuid, *([label.job_uuid] if label else [])],
        verdicts=[
            *refused,
            *_surrogate(label),
            _sampling(snapshot, len(volts)),
            *snapshot.verdicts,
        ],
    )
    return _against(point, crystal)


def _against(point: VoltagePoint, crystal: VoltagePoint) -> VoltagePoint:
    """Return a point with its change against the crystal by the engine, where both are known."""
    if point.voltage_v is None or crystal.voltage_v is None:
        return point
    change = point.voltage_v - crystal.voltage_v
    return point.model_copy(
        update={"change_v": change, "change_percent": 100 * change / crystal.voltage_v}
    )


def _snapshot_voltages(ion: str, metal_ev: float, label: LabelDoc) -> list[float]:
    """Return the voltage of each snapshot whose two energies are there."""
    empty = {frame.provenance.parent: frame for frame in label.frames if frame.provenance.parent}
    charge = Species.from_str(ion).oxi_state
    volts = []
    for frame in label.frames:
        without = empty.get(frame.content_hash)
        if without is not None and frame.energy_ev is not None and without.energy_ev is not None:
            n_ions = _count(ion, frame.numbers)
            volts.append(
                average_voltage(frame.energy_ev, without.energy_ev, metal_ev, n_ions, charge)
            )
    return volts


def _surrogate(doc: RelaxDoc | LabelDoc | None) -> list[Verdict]:
    return doc.engine.verdicts("energies") if doc is not None else []


def _unconverged(doc: RelaxDoc) -> Verdict:
    return Verdict(
        question="relaxed?",
        answer=VoltageVerdict.NOT_CONVERGED,
        passed=False,
        scope="numerical",
        reason=f"the relaxation of {doc.structure.composition.reduced_formula} stopped at "
        f"{doc.max_force_ev_a:.3f} eV/Å",
        numbers={"max_force_ev_a": doc.max_force_ev_a},
    )


def _sampling(snapshot: SnapshotDoc, n_voltages: int) -> Verdict:
    enough = snapshot.sampled_fs >= MIN_SAMPLED_FS and n_voltages >= MIN_SNAPSHOTS
    return Verdict(
        question="sampled long enough?",
        answer=VoltageVerdict.ENOUGH if enough else VoltageVerdict.SHORT,
        passed=enough,
        scope="numerical",
        reason=f"{n_voltages} snapshots of a run of {snapshot.sampled_fs / 1e3:.3g} ps "
        f"({MIN_SNAPSHOTS} of {MIN_SAMPLED_FS / 1e3:g} ps are asked for)",
        numbers={"sampled_fs": snapshot.sampled_fs, "n_snapshots": n_voltages},
        thresholds={"sampled_fs": MIN_SAMPLED_FS, "n_snapshots": MIN_SNAPSHOTS},
    )
