"""Observables of a potential against those of the engine of its labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pymatgen.core import Species, Structure

from amorph_flows.analysis.structure.rdf import RadialDistribution, radial_distribution
from amorph_flows.analysis.structure.rdf_overlap import rdf_overlap
from amorph_flows.analysis.voltage import average_voltage
from amorph_flows.jobs.required import required
from amorph_flows.jobs.trajectories import trajectory_of
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.potential_comparison import MeasuredFit, Observable
from amorph_flows.structures import minimum_width

_LEAST_CUTOFF_A = 6.0
_BIN_WIDTH_A = 0.05
_MODULI = {"bulk modulus": "bulk_gpa", "shear modulus": "shear_gpa", "Young's modulus": "young_gpa"}


@stage_job(MeasuredFit, kind="light")
def add_observables(
    fit: MeasuredFit | None,
    own: dict[str, Any],
    reference: dict[str, Any],
    ion: str = "",
) -> MeasuredFit:
    """Return a measured fit with its observables, beside those of the engine.

    Parameters
    ----------
    fit
        What was measured of the fit.
    own
        Documents of the potential: ``relaxed``, ``elastic``, ``md``, ``discharged``; None stands
        for a job that failed, and that observable is left out.
    reference
        The same of the engine, and ``metal``; empty without one.
    ion
        Of the voltage.
    """
    fit = required(fit, "the measurement of the fit")
    found = [*_volume(own, reference), *_elastic(own, reference), *_rdf(own, reference)]
    found += _voltage(own, reference, ion)
    return fit.renewed(observables=found)


def _volume(own: Mapping[str, Any], reference: Mapping[str, Any]) -> list[Observable]:
    relaxed: RelaxDoc | None = own.get("relaxed")
    if relaxed is None:
        return []
    truth: RelaxDoc | None = reference.get("relaxed")
    value = _volume_per_atom(relaxed.structure)
    expected = None if truth is None else _volume_per_atom(truth.structure)
    return [_observable("volume", "Å³/atom", value, expected, _note(relaxed, truth))]


def _volume_per_atom(structure: Structure) -> float:
    return float(structure.volume / len(structure))


def _elastic(own: Mapping[str, Any], reference: Mapping[str, Any]) -> list[Observable]:
    constants: ElasticDoc | None = own.get("elastic")
    if constants is None:
        return []
    truth: ElasticDoc | None = reference.get("elastic")
    return [
        _observable(name, "GPa", getattr(constants, key), getattr(truth, key, None))
        for name, key in _MODULI.items()
    ]


def _rdf(own: Mapping[str, Any], reference: Mapping[str, Any]) -> list[Observable]:
    run: LabelDoc | None = own.get("md")
    truth: LabelDoc | None = reference.get("md")
    if run is None or truth is None:
        return []
    cell = truth.frames[0].cell
    cutoff = max(_LEAST_CUTOFF_A, minimum_width(cell) / 2)
    overlap = rdf_overlap(_distribution(run, cutoff), _distribution(truth, cutoff))
    return [_observable("overlap of RDFs", "", overlap, 1.0)]


def _distribution(run: LabelDoc, cutoff_a: float) -> RadialDistribution:
    trajectory = trajectory_of(run.frames)
    half = trajectory.select(slice(trajectory.n_frames // 2, None))
    return radial_distribution(half, cutoff_a, round(cutoff_a / _BIN_WIDTH_A), own_images=False)


def _voltage(own: Mapping[str, Any], reference: Mapping[str, Any], ion: str) -> list[Observable]:
    metal: RelaxDoc | None = reference.get("metal")
    if metal is None:
        return []
    metal_ev = metal.energy_ev / len(metal.structure)
    value, truth = (_volts(documents, metal_ev, ion) for documents in (own, reference))
    if value is None:
        return []
    energies = [metal, *(d.get(key) for d in (own, reference) for key in ("relaxed", "discharged"))]
    return [_observable("voltage", "V", value, truth, _note(*energies))]


def _volts(documents: Mapping[str, Any], metal_ev_atom: float, ion: str) -> float | None:
    charged: RelaxDoc | None = documents.get("relaxed")
    discharged: RelaxDoc | None = documents.get("discharged")
    if charged is None or discharged is None:
        return None
    species = Species.from_str(ion)
    numbers = np.array(discharged.structure.atomic_numbers)
    n_ions = int(np.sum(numbers == species.Z)) - int(
        np.sum(np.array(charged.structure.atomic_numbers) == species.Z)
    )
    return average_voltage(
        discharged.energy_ev, charged.energy_ev, metal_ev_atom, n_ions, species.oxi_state or 0.0
    )


def _note(*relaxed: RelaxDoc | None) -> str:
    ended = all(document is None or document.converged for document in relaxed)
    return "" if ended else "a relaxation did not converge"


def _observable(
    name: str, unit: str, value: float, reference: float | None, note: str = ""
) -> Observable:
    return Observable(
        name=name,
        unit=unit,
        value=value,
        reference=reference,
        error=None if reference is None else value - reference,
        note=note,
    )
