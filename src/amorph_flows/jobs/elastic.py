"""Strain a structure, relax its atoms, and fit elastic constants to the stress."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase.stress import full_3x3_to_voigt_6_stress
from jobflow import Flow, Response
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import elastic_constants, strain_states, strained_cell
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines import Engine
from amorph_flows.errors import CalculationError
from amorph_flows.jobs.required import required
from amorph_flows.runtime.continuation import take_over
from amorph_flows.runtime.cpu_time import cpu_seconds_of, total_seconds
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.structures.configuration import to_atoms
from amorph_flows.upstream.jobflow import without_what_failed

Strain = list[float]


@stage_job(ElasticDoc, kind="light")
def deform(
    structure: Structure, engine: Engine, step: float, n_steps: int, relax_atoms: bool = True
) -> Response[Any]:
    """Strain a structure in every component, and return the jobs that measure its stress.

    Parameters
    ----------
    structure
        Without strain, its atoms relaxed.
    engine
        Where stresses come from.
    step
        Smallest strain.
    n_steps
        Steps of elongation, and as many of compression, of each component.
    relax_atoms
        Whether atoms relax in the strained cell before their stress is measured.
    """
    strains = strain_states(step, n_steps).tolist()
    strained = [_strained(structure, strain) for strain in strains]
    if not relax_atoms:
        return Response(replace=_measurement(strains, strained, engine))
    relaxations = []
    for index, start in enumerate(strained):
        relax = engine.relax(start, relax_cell=False)
        relax.name = f"relax strain {index + 1} of {len(strained)}"
        relaxations.append(relax)
    measure = take_over(measure_stress(strains, [job.output for job in relaxations], engine))
    without_what_failed(measure)
    return Response(replace=Flow([*relaxations, measure]))


@stage_job(ElasticDoc, kind="light")
def measure_stress(
    strains: list[Strain], relaxed: list[RelaxDoc | None], engine: Engine
) -> Response[Any]:
    """Return the jobs for the stress of relaxed structures; failed relaxations are left out.

    Parameters
    ----------
    strains
        Voigt's, one for each structure.
    relaxed
        The structures; None stands for a job that failed.
    engine
        Where stresses come from.
    """
    found = [(s, doc.structure) for s, doc in zip(strains, relaxed, strict=True) if doc is not None]
    strained, structures = [s for s, _ in found], [x for _, x in found]
    flow = _measurement(strained, structures, engine, cpu_seconds_of(relaxed))
    return Response(replace=flow)


@stage_job(ElasticDoc)
def fit_elastic(
    strains: list[Strain], labels: LabelDoc | None, relaxed_cpu_seconds: float | None = 0.0
) -> ElasticDoc:
    """Return the elastic constants that explain stresses.

    Parameters
    ----------
    strains
        Voigt's; the step in the provenance of a frame is the index of its strain.
    labels
        The strained structures with their stresses.
    relaxed_cpu_seconds
        CPU time of their relaxations, s; None where it is not known.

    Raises
    ------
    CalculationError
        If the engine gave no stress.
    InputError
        If the strains that are left do not vary all six components.
    """
    labels = required(labels, "the stress")
    frames = [f for f in labels.frames if f.stress is not None]
    if not frames:
        raise CalculationError("the engine gave no stress; use another engine")
    kept = np.array([strains[frame.provenance.step or 0] for frame in frames])
    stresses = np.array([full_3x3_to_voigt_6_stress(frame.stress) for frame in frames])
    document = ElasticDoc.from_result(elastic_constants(kept, stresses))
    took = total_seconds((relaxed_cpu_seconds, labels.cpu_seconds))
    return document.model_copy(
        update={"strains": kept, "stresses_ev_a3": stresses, "inputs_cpu_seconds": took}
    )


def _strained(structure: Structure, strain: Strain) -> Structure:
    cell = strained_cell(structure.lattice.matrix, strain)
    return Structure(Lattice(cell), structure.species, structure.frac_coords)


def _measurement(
    strains: list[Strain],
    structures: list[Structure],
    engine: Engine,
    relaxed_cpu_seconds: float | None = 0.0,
) -> Flow:
    """Return the flow of the single points and the fit."""
    frames = FrameSet(
        Frame.from_atoms(to_atoms(structure), Provenance(stage="elastic", step=index))
        for index, structure in enumerate(structures)
    )
    labels = engine.static(frames, run="strained")
    labels.name = "stress of strained structures"
    return Flow([labels, take_over(fit_elastic(strains, labels.output, relaxed_cpu_seconds))])
