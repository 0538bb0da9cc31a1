"""Analysis of structure and transport, on arrays and trajectories, without any workflow engine."""

from amorph_flows.analysis._elastic import (
    ElasticConstants,
    ElasticThresholds,
    ElasticVerdict,
    elastic_constants,
    strain_states,
    strained_cell,
)
from amorph_flows.analysis._glass_transition import (
    GlassTransition,
    TransitionThresholds,
    TransitionVerdict,
    fit_glass_transition,
)
from amorph_flows.analysis._more_samples import Needed
from amorph_flows.analysis.combine import CombinedSamples, combine_samples
from amorph_flows.analysis.pressure import (
    MeanPressure,
    VolumeVerdict,
    judge_volume,
    mean_pressure,
    pressures_gpa,
)
from amorph_flows.analysis.readers import read_trajectory
from amorph_flows.analysis.steadiness import EnergyThresholds, EnergyVerdict, judge_energy
from amorph_flows.analysis.structure._angles import BondAngles, bond_angles
from amorph_flows.analysis.structure._diffraction_peak import (
    DiffractionPeak,
    curve_deviation,
    first_sharp_diffraction_peak,
    read_curve,
)
from amorph_flows.analysis.structure._first_shell import FirstShell, first_shell
from amorph_flows.analysis.structure._network import Network, network_statistics
from amorph_flows.analysis.structure._persistence import (
    PersistenceDiagrams,
    persistence_diagrams,
)
from amorph_flows.analysis.structure._rings import (
    Rings,
    guttman_rings,
    king_rings,
    primitive_rings,
)
from amorph_flows.analysis.structure._scattering import (
    StructureFactor,
    structure_factor,
    structure_factor_from_rdf,
)
from amorph_flows.analysis.structure._voids import Voids, voids
from amorph_flows.analysis.structure.amorphous import (
    AmorphousThresholds,
    AmorphousVerdict,
    judge_amorphous,
)
from amorph_flows.analysis.structure.coordination import (
    Bonds,
    Coordination,
    ShellVerdict,
    bond_cutoffs,
    coordination_numbers,
    find_bonds,
    first_minimum,
)
from amorph_flows.analysis.structure.free_volume import (
    FreeVolume,
    density_g_cm3,
    voronoi_free_volume,
)
from amorph_flows.analysis.structure.melting import (
    MeltThresholds,
    MeltVerdict,
    judge_melt,
)
from amorph_flows.analysis.structure.order import (
    LatticeThresholds,
    LatticeVerdict,
    LongRangeOrder,
    long_range_order,
)
from amorph_flows.analysis.structure.oxidation_states import OxidationStates, oxidation_states
from amorph_flows.analysis.structure.rdf import RadialDistribution, radial_distribution
from amorph_flows.analysis.structure.ring_surroundings import RingSurroundings, ring_surroundings
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._arrhenius import ArrheniusFit, fit_arrhenius
from amorph_flows.analysis.transport._ballistic import ImpliedSpacing, implied_frame_spacing
from amorph_flows.analysis.transport._criteria import TransportThresholds, TransportVerdict
from amorph_flows.analysis.transport._discontinuities import find_discontinuities
from amorph_flows.analysis.transport._hops import Hops, find_hops
from amorph_flows.analysis.transport._mobility import MobilityGroups, mobility_groups
from amorph_flows.analysis.transport._msd import MeanSquaredDisplacement, mean_squared_displacement
from amorph_flows.analysis.transport._persistence import MobilityPersistence
from amorph_flows.analysis.transport._ranked_paths import RankedPath, ranked_paths
from amorph_flows.analysis.transport._unwrap import UnwrappingWarning, unwrap
from amorph_flows.analysis.transport._van_hove import VanHove, van_hove
from amorph_flows.analysis.transport.ion_motion import IonMotion, ion_motion
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.transport.transport import TransportResult, analyse_transport
from amorph_flows.analysis.verdict import Answer, Remedy, Verdict, believable, doubts
from amorph_flows.analysis.viscosity import (
    Viscosity,
    ViscosityThresholds,
    ViscosityVerdict,
    green_kubo_viscosity,
)

AmorphousJudgement = Finding = MeltJudgement = Verdict
"""What scripts call the verdicts of `judge_amorphous`, `analyse_transport` and `judge_melt`."""

__all__ = [
    "AmorphousJudgement",
    "AmorphousThresholds",
    "AmorphousVerdict",
    "Answer",
    "ArrheniusFit",
    "BondAngles",
    "Bonds",
    "CombinedSamples",
    "Coordination",
    "DiffractionPeak",
    "ElasticConstants",
    "ElasticThresholds",
    "ElasticVerdict",
    "EnergyThresholds",
    "EnergyVerdict",
    "Finding",
    "FirstShell",
    "FreeVolume",
    "GlassTransition",
    "Hops",
    "ImpliedSpacing",
    "IonMotion",
    "LatticeThresholds",
    "LatticeVerdict",
    "LongRangeOrder",
    "MeanPressure",
    "MeanSquaredDisplacement",
    "MeltJudgement",
    "MeltThresholds",
    "MeltVerdict",
    "MobilityGroups",
    "MobilityPersistence",
    "Needed",
    "Network",
    "OxidationStates",
    "PersistenceDiagrams",
    "RadialDistribution",
    "RankedPath",
    "Remedy",
    "RingSurroundings",
    "Rings",
    "ShellVerdict",
    "StructureFactor",
    "Trajectory",
    "TransitionThresholds",
    "TransitionVerdict",
    "TransportAtTemperature",
    "TransportResult",
    "TransportThresholds",
    "TransportVerdict",
    "UnwrappingWarning",
    "VanHove",
    "Verdict",
    "Viscosity",
    "ViscosityThresholds",
    "ViscosityVerdict",
    "Voids",
    "VolumeVerdict",
    "analyse_transport",
    "believable",
    "bond_angles",
    "bond_cutoffs",
    "combine_samples",
    "coordination_numbers",
    "curve_deviation",
    "density_g_cm3",
    "doubts",
    "elastic_constants",
    "find_bonds",
    "find_discontinuities",
    "find_hops",
    "first_minimum",
    "first_sharp_diffraction_peak",
    "first_shell",
    "fit_arrhenius",
    "fit_glass_transition",
    "green_kubo_viscosity",
    "guttman_rings",
    "implied_frame_spacing",
    "ion_motion",
    "judge_amorphous",
    "judge_energy",
    "judge_melt",
    "judge_volume",
    "king_rings",
    "long_range_order",
    "mean_pressure",
    "mean_squared_displacement",
    "mobility_groups",
    "network_statistics",
    "oxidation_states",
    "persistence_diagrams",
    "pressures_gpa",
    "primitive_rings",
    "radial_distribution",
    "ranked_paths",
    "read_curve",
    "read_trajectory",
    "ring_surroundings",
    "strain_states",
    "strained_cell",
    "structure_factor",
    "structure_factor_from_rdf",
    "unwrap",
    "van_hove",
    "voids",
    "voronoi_free_volume",
]
