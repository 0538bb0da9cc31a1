"""Describe the structure of a glass, and its ions among the rings."""

from __future__ import annotations

from collections.abc import Sequence

from pymatgen.core import Structure

from amorph_flows.analysis import (
    bond_angles,
    coordination_numbers,
    density_g_cm3,
    guttman_rings,
    network_statistics,
    radial_distribution,
    ring_surroundings,
    structure_factor,
    voronoi_free_volume,
)
from amorph_flows.lammps import load_trajectory
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.glass import (
    BondAnglesDoc,
    CoordinationDoc,
    FreeVolumeDoc,
    GlassDoc,
    NetworkDoc,
    RingsDoc,
    RingSurroundingsDoc,
    StructureFactorDoc,
)
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.structure import RDFDoc
from amorph_flows.structures.ions import anion_among


@stage_job(GlassDoc)
def describe_glass(
    structure: Structure, former: str, others: Sequence[str] = (), anion: str | None = None
) -> GlassDoc:
    """Return network, scattering, rings, angles and volumes of one structure.

    Parameters
    ----------
    structure
        The glass.
    former
        Its network former, such as P.
    others
        Other cations of the network, such as Fe.
    anion
        The element that links them; None: the most electronegative one.
    """
    anion = anion or anion_among(element.symbol for element in structure.composition.elements)
    backbone = list(dict.fromkeys([former, *others]))
    coordination = [coordination_numbers(structure, cation, anion) for cation in backbone]
    bonds = {(c.centre, c.neighbour): c.cutoff_a for c in coordination}
    both_ways = bonds | {(second, first): cutoff for (first, second), cutoff in bonds.items()}
    network = network_statistics(structure, former, backbone[1:], anion, bonds)
    linked = [name.split("-") for name, number in network.linkages_per_former.items() if number]
    triplets = [[anion, cation, anion] for cation in backbone] + linked
    return GlassDoc(
        formula=structure.composition.reduced_formula,
        n_atoms=len(structure),
        density_g_cm3=density_g_cm3(structure),
        rdf=RDFDoc.from_result(radial_distribution(structure)),
        coordination=[CoordinationDoc.from_result(found) for found in coordination],
        network=NetworkDoc.from_result(network),
        angles=[
            BondAnglesDoc.from_result(bond_angles(structure, end, vertex, other_end, both_ways))
            for end, vertex, other_end in triplets
        ],
        structure_factor=StructureFactorDoc.from_result(structure_factor(structure)),
        rings=RingsDoc.from_result(guttman_rings(structure, backbone, anion, bonds)),
        free_volume=FreeVolumeDoc.from_result(voronoi_free_volume(structure)),
    )


@stage_job(RingSurroundingsDoc)
def describe_ring_surroundings(
    run: TrajectoryDoc,
    ion: str,
    lag_fs: float,
    backbone: Sequence[str],
    anion: str | None = None,
    origin_fs: float | None = None,
) -> RingSurroundingsDoc:
    """Return where fast and slow ions of a production run are among the rings of its network.

    Parameters
    ----------
    run
        Production MD.
    ion
        Element symbol of the mobile ion.
    lag_fs
        Time of the displacement that mobility is judged by, fs.
    backbone
        The cations of the network, such as P and Fe.
    anion
        The element that links them; None: the most electronegative one.
    origin_fs
        Where the displacement starts, fs after the first frame; None: the start of the first
        continuous piece that is longer.
    """
    trajectory = load_trajectory(run.trajectory, run.temperature_k)
    anion = anion or anion_among(run.trajectory.species)
    found = ring_surroundings(trajectory, ion, lag_fs, backbone, anion, origin_fs=origin_fs)
    return RingSurroundingsDoc.from_result(found)
