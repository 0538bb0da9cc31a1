"""Compare the structures of engine MD with those of MD with the potential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from ase.data import atomic_numbers
from pymatgen.core import Structure

from amorph_flows.analysis import (
    LongRangeOrder,
    long_range_order,
    oxidation_states,
    radial_distribution,
)
from amorph_flows.analysis.structure.oxidation_states import D0_CHARGES
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.binary import decode_array
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.jobs.md_goal import held_frames
from amorph_flows.jobs.trajectories import judge_held, trajectory_of
from amorph_flows.lammps import load_trajectory
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.structure import (
    LongRangeOrderDoc,
    OxidationStatesDoc,
    RDFDoc,
    SampledStructure,
    StructureDoc,
)
from amorph_flows.structures import minimum_width
from amorph_flows.structures.bare import bare_structure
from amorph_flows.structures.ions import anion_among

LEAST_CUTOFF_A, BIN_WIDTH_A = 10.0, 0.05
"""g(r) reaches to half the cell, and so far where that is less."""
_FRAMES_OF_SCATTER = 8
"""Frames of a run that the scatter of its order is from."""
Planes = Mapping[str, tuple[int, int, int]]


@stage_job(StructureDoc)
def compare_structures(
    crystal: Structure,
    labels: list[LabelDoc | None],
    runs: list[TrajectoryDoc | None],
    lattice_planes: Planes | None = None,
) -> StructureDoc:
    """Return RDFs, long-range order and energies of every run, the crystal first.

    The order is that of each sublattice but the anions', the most electronegative element. Engine
    MD whose frames have moments has shares of oxidation states too, V4+ and V5+ among them.
    Whether a run is amorphous is judged against the crystal, with ions and with the potential too.

    Parameters
    ----------
    crystal
        The cell that was molten.
    labels
        Engine MD; None stands for a job that failed.
    runs
        MD with the potential; None stands for a job that failed.
    lattice_planes
        Planes per cell along a, b, c by element, where all samples are to be compared on one
        lattice; for other elements they are found in each sample.
    """
    planes = lattice_planes or {}
    samples = [_crystal_sample(crystal, planes)]
    samples += [_engine_sample(label, crystal, planes) for label in labels if label is not None]
    samples += [_potential_sample(run, crystal, planes) for run in runs if run is not None]
    return StructureDoc(samples=samples)


def _crystal_sample(crystal: Structure, planes: Planes) -> SampledStructure:
    trajectory = Trajectory(
        crystal.cart_coords[None],
        np.array(crystal.lattice.matrix),
        np.array(crystal.atomic_numbers),
        np.zeros(1),
    )
    return _sample("crystal", trajectory, crystal, np.empty(0), np.empty(0), [], planes)


def _engine_sample(label: LabelDoc, crystal: Structure, planes: Planes) -> SampledStructure:
    frames = held_frames(label)
    trajectory = trajectory_of(frames)
    energies = np.array([frame.energy_ev_atom for frame in frames])
    times = trajectory.times_fs
    documents = [label.job_uuid]
    sample = _sample("engine MD", trajectory, label.structure, times, energies, documents, planes)
    sample = sample.model_copy(update={"oxidation_states": _oxidation_states(frames)})
    return sample.model_copy(update={"amorphous": judge_held(trajectory, crystal)})


def _oxidation_states(frames: FrameSet) -> list[OxidationStatesDoc]:
    """Return the states of each d⁰ or d¹ element over the second half, where there are moments."""
    held = [frame for frame in frames[len(frames) // 2 :] if frame.magmoms is not None]
    if not held:
        return []
    numbers, moments = held[0].numbers, np.array([frame.magmoms for frame in held])
    return [
        OxidationStatesDoc.from_result(oxidation_states(numbers, moments, element))
        for element in D0_CHARGES
        if atomic_numbers[element] in numbers
    ]


def _potential_sample(run: TrajectoryDoc, crystal: Structure, planes: Planes) -> SampledStructure:
    trajectory = load_trajectory(run.trajectory, run.temperature_k)
    times, energies = (
        decode_array(run.curves[name]) for name in ("time_fs", "potential_energy_ev_atom")
    )
    documents = [run.job_uuid]
    sample = _sample("MTP MD", trajectory, run.structure, times, energies, documents, planes)
    return sample.model_copy(update={"amorphous": judge_held(trajectory, crystal)})


def _sample(
    source: Literal["crystal", "engine MD", "MTP MD"],
    trajectory: Trajectory,
    last: Structure,
    times_fs: FloatArray,
    energies: FloatArray,
    documents: list[str],
    planes: Planes,
) -> SampledStructure:
    half = trajectory.select(slice(trajectory.n_frames // 2, None))
    last = bare_structure(last)
    half_width_a = minimum_width(half.cells.mean(axis=0)) / 2
    cutoff = max(LEAST_CUTOFF_A, half_width_a)
    n_bins = round(cutoff / BIN_WIDTH_A)
    rdf = radial_distribution(half, cutoff, n_bins, own_images=source == "crystal")
    elements = sorted(element.symbol for element in last.composition.elements)
    anion = anion_among(elements)
    sublattices = [element for element in elements if element != anion] or [anion]
    orders = [
        long_range_order(last, element, fixed_planes=planes.get(element)) for element in sublattices
    ]
    return SampledStructure(
        structure_source=source,
        formula=last.composition.reduced_formula,
        temperature_k=trajectory.temperature_k,
        rdf=RDFDoc.from_result(rdf),
        half_width_a=half_width_a,
        order=[
            LongRangeOrderDoc.from_result(order).model_copy(update=_scatter(order, half))
            for order in orders
        ],
        energies_ev_atom=energies,
        times_fs=times_fs,
        documents=documents,
    )


def _scatter(order: LongRangeOrder, run: Trajectory) -> dict[str, float]:
    """Return how the disorder of a sublattice scatters between frames, on the planes of the last.

    Empty where the run has fewer than `_FRAMES_OF_SCATTER` frames.
    """
    if run.n_frames < _FRAMES_OF_SCATTER:
        return {}
    chosen = np.linspace(0, run.n_frames - 1, _FRAMES_OF_SCATTER).astype(int)
    found = [
        long_range_order(
            run.select(slice(i, i + 1)), order.species, fixed_planes=order.plane_numbers
        )
        for i in chosen
    ]
    return {
        "maximum_scatter": float(np.std([one.maximum for one in found], ddof=1)),
        "minimum_scatter": float(np.std([one.minimum for one in found], ddof=1)),
    }
