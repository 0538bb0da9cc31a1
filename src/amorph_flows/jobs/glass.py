"""Describe the structure of a glass, and its ions among the rings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
from ase.data import chemical_symbols
from pymatgen.core import Composition, Element, Structure

from amorph_flows.analysis import (
    Trajectory,
    bond_angles,
    coordination_numbers,
    curve_deviation,
    density_g_cm3,
    first_sharp_diffraction_peak,
    first_shell,
    guttman_rings,
    judge_amorphous,
    king_rings,
    network_statistics,
    persistence_diagrams,
    primitive_rings,
    radial_distribution,
    structure_factor,
    voids,
    voronoi_free_volume,
)
from amorph_flows.analysis.structure._snapshot import as_trajectory, elements_of
from amorph_flows.analysis.verdict import Verdict, first_failed
from amorph_flows.errors import CalculationError
from amorph_flows.jobs.glass_numbers import common_alpha, common_q, curves_of, numbers_of
from amorph_flows.lammps import load_trajectory
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.glass import (
    BondAnglesDoc,
    CoordinationDoc,
    DiffractionPeakDoc,
    FirstShellDoc,
    FreeVolumeDoc,
    GlassAnalysis,
    GlassDoc,
    GlassStructureDoc,
    MeasuredCurve,
    NetworkDoc,
    PersistenceDoc,
    RingsDoc,
    StructureFactorDoc,
    VoidsDoc,
)
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.spread import SpreadDoc
from amorph_flows.schemas.structure import RDFDoc
from amorph_flows.structures.ions import network_of, parse_ion


@stage_job(GlassDoc)
def describe_glass(
    glass: Structure | TrajectoryDoc,
    former: str | None = None,
    others: Sequence[str] | None = None,
    anion: str | None = None,
    ion: str | None = None,
    settings: GlassAnalysis | None = None,
) -> GlassDoc:
    """Return network, scattering, rings, angles, voids and volumes of one glass.

    Parameters
    ----------
    glass
        A structure, or the run that holds the glass: what a bond network is needed for is that of
        the last frame, all else is averaged over frames.
    former, others, anion
        Of the network, as `network_of` completes them.
    ion
        What the voids are to have room for, such as ``"Na+"``, with its atoms taken out; None: a
        sphere of 1 Å among all atoms.
    settings
        Cutoffs, ranges and numbers of frames; None: the defaults.

    Raises
    ------
    InputError
        If the glass lacks an element, or an RDF of the network has no first minimum.
    MissingDependencyError
        If persistence diagrams are asked for and gudhi is not installed.
    """
    limits = settings or GlassAnalysis()
    frames = _frames(glass, limits.n_frames)
    last = frames.select(slice(frames.n_frames - 1, None))
    symbols = elements_of(frames.numbers)
    former, others, anion = network_of(symbols, former, others, anion)
    backbone = list(dict.fromkeys([former, *others]))
    given = {tuple(pair.split("-")): cutoff for pair, cutoff in limits.cutoffs_a.items()}
    rdf = radial_distribution(frames, 10.0, 500)
    by_charge = sorted(symbols, key=lambda symbol: Element(symbol).X)
    cations = [*backbone, *(e for e in symbols if e not in (*backbone, anion))]
    shells = [first_shell(rdf, a, b) for a, b in combinations_with_replacement(by_charge, 2)]
    seen = [shell for shell in shells if shell is not None]
    bonded = {frozenset(shell.pair) for shell in seen}
    coordination = [
        coordination_numbers(frames, cation, anion, given.get((cation, anion)))
        for cation in cations
        if cation in backbone or (cation, anion) in given or {cation, anion} in bonded
    ]
    bonds = {(c.centre, c.neighbour): c.cutoff_a for c in coordination}
    network_bonds = {pair: cutoff for pair, cutoff in bonds.items() if pair[0] in backbone}
    both_ways = bonds | {(second, first): cutoff for (first, second), cutoff in bonds.items()}
    network = network_statistics(last, former, backbone[1:], anion, network_bonds)
    linked = [name.split("-") for name, number in network.linkages_per_former.items() if number]
    triplets = [[anion, cation, anion] for cation in backbone] + linked
    scattered = structure_factor(frames, limits.q_max)
    peaks = {
        name: first_sharp_diffraction_peak(scattered.q_inv_a, total)
        for name, total in (("neutron", scattered.neutron()), ("xray", scattered.xray()))
    }
    guttman, *other_rings = (
        RingsDoc.from_result(find(last, backbone, anion, network_bonds, limits.largest_ring))
        for find in (guttman_rings, king_rings, primitive_rings)
    )
    mobile = [] if ion is None else [parse_ion(ion).symbol]
    return GlassDoc(
        formula=_formula(last),
        n_atoms=frames.n_atoms,
        n_frames=frames.n_frames,
        density_g_cm3=density_g_cm3(frames),
        amorphous=judge_amorphous(frames, None, [*backbone, anion]),
        rdf=RDFDoc.from_result(rdf),
        shells=[FirstShellDoc.from_result(shell) for shell in seen],
        coordination=[CoordinationDoc.from_result(found) for found in coordination],
        network=NetworkDoc.from_result(network),
        angles=[
            BondAnglesDoc.from_result(bond_angles(frames, end, vertex, other_end, both_ways))
            for end, vertex, other_end in triplets
        ],
        structure_factor=StructureFactorDoc.from_result(scattered),
        first_sharp_peaks={
            name: DiffractionPeakDoc.from_result(peak)
            for name, peak in peaks.items()
            if peak is not None
        },
        rings=guttman,
        other_rings=other_rings,
        free_volume=FreeVolumeDoc.from_result(voronoi_free_volume(last)),
        voids=VoidsDoc.from_result(voids(last, ion or 1.0, mobile, spacing_a=limits.grid_a)),
        persistence=PersistenceDoc.from_result(persistence_diagrams(last, limits.diagram_radii_a))
        if limits.diagrams
        else None,
    )


def _formula(frame: Trajectory) -> str:
    numbers, counts = np.unique(frame.numbers, return_counts=True)
    amounts = {chemical_symbols[n]: int(c) for n, c in zip(numbers, counts, strict=True)}
    return str(Composition(amounts).reduced_formula)


def _frames(glass: Structure | TrajectoryDoc, most: int) -> Trajectory:
    """Return some frames of a run, evenly spaced with the last, or the one structure."""
    if isinstance(glass, Structure):
        return as_trajectory(glass)
    trajectory = load_trajectory(glass.trajectory, glass.temperature_k)
    stride = -(-trajectory.n_frames // most)
    return trajectory.select(slice((trajectory.n_frames - 1) % stride, None, stride))


@stage_job(GlassStructureDoc)
def combine_glass_structures(
    glasses: Sequence[GlassDoc | None], measured: Sequence[MeasuredCurve] = ()
) -> GlassStructureDoc:
    """Return what several glasses are like: means, and how they differ.

    Parameters
    ----------
    glasses
        One or more of the same elements; None stands for one that failed.
    measured
        Measured S(Q) to compare with.

    Raises
    ------
    CalculationError
        If all failed.
    InputError
        If a measured curve does not overlap with the calculated ones.
    """
    made = [glass for glass in glasses if glass is not None]
    if not made:
        raise CalculationError(f"none of {len(glasses)} glasses was described; see their jobs")
    numbers = [numbers_of(glass) for glass in made]
    units = {name: unit for found in numbers for name, (_, unit) in found.items()}
    q, alpha = common_q(made), common_alpha(made)
    curves = [curves_of(glass, q, alpha) for glass in made]
    functions = {"r_a": made[0].rdf.distances_a, "q_inv_a": q}
    if len(alpha):
        functions["alpha_a2"] = alpha
    for name in curves[0]:
        rows = np.array([found[name] for found in curves])
        functions[name] = rows.mean(axis=0)
        if len(rows) > 1:
            functions[f"{name}_spread"] = rows.std(axis=0, ddof=1)
    return GlassStructureDoc(
        formula=made[0].formula,
        n_atoms=made[0].n_atoms,
        glass_uuids=[glass.job_uuid for glass in made],
        former=made[0].network.former,
        anion=made[0].network.anion,
        numbers={
            name: SpreadDoc.of([found[name][0] for found in numbers if name in found], unit)
            for name, unit in units.items()
        },
        functions=functions,
        persistence=_together([g.persistence for g in made if g.persistence is not None]),
        measured=[_compared(curve, made) for curve in measured],
        amorphous=next(iter(first_failed(glass.amorphous for glass in made)), None),
        verdicts=_on_numbers(made),
    )


def _on_numbers(glasses: Sequence[GlassDoc]) -> dict[str, Verdict]:
    """Return the verdicts on numbers, by their names: the first that failed, or the first."""
    found: dict[str, list[Verdict]] = defaultdict(list)
    for glass in glasses:
        for one in glass.coordination:
            if one.shell is not None:
                found[f"coordination_{one.centre}_{one.neighbour}"].append(one.shell)
    return {name: verdict for name, of in found.items() for verdict in first_failed(of)}


def _together(diagrams: Sequence[PersistenceDoc]) -> PersistenceDoc | None:
    if not diagrams:
        return None
    return PersistenceDoc(
        loops=np.concatenate([one.loops for one in diagrams]),
        cavities=np.concatenate([one.cavities for one in diagrams]),
        radii_a=diagrams[0].radii_a,
    )


def _compared(measured: MeasuredCurve, glasses: Sequence[GlassDoc]) -> MeasuredCurve:
    deviations = [
        curve_deviation(
            glass.structure_factor.q_inv_a,
            getattr(glass.structure_factor, measured.radiation),
            measured.curve,
        )
        for glass in glasses
    ]
    return measured.model_copy(update={"deviation": SpreadDoc.of(deviations)})
