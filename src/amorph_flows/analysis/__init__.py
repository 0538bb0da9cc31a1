"""Analysis of structure and transport, on arrays and trajectories, free of any workflow engine."""

from amorph_flows.analysis.amorphous import (
    AmorphousJudgement,
    AmorphousThresholds,
    AmorphousVerdict,
    judge_amorphous,
)
from amorph_flows.analysis.arrhenius import ArrheniusFit, fit_arrhenius
from amorph_flows.analysis.ballistic import ImpliedSpacing, implied_frame_spacing
from amorph_flows.analysis.discontinuities import find_discontinuities
from amorph_flows.analysis.findings import Finding, TransportThresholds, TransportVerdict
from amorph_flows.analysis.melting import MeltJudgement, MeltThresholds, MeltVerdict, judge_melt
from amorph_flows.analysis.msd import MeanSquaredDisplacement, mean_squared_displacement
from amorph_flows.analysis.order import (
    LatticeThresholds,
    LatticeVerdict,
    LongRangeOrder,
    long_range_order,
)
from amorph_flows.analysis.rdf import RadialDistribution, radial_distribution
from amorph_flows.analysis.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport import TransportResult, analyse_transport
from amorph_flows.analysis.unwrap import UnwrappingWarning, unwrap

__all__ = [
    "AmorphousJudgement",
    "AmorphousThresholds",
    "AmorphousVerdict",
    "ArrheniusFit",
    "Finding",
    "ImpliedSpacing",
    "LatticeThresholds",
    "LatticeVerdict",
    "LongRangeOrder",
    "MeanSquaredDisplacement",
    "MeltJudgement",
    "MeltThresholds",
    "MeltVerdict",
    "RadialDistribution",
    "Trajectory",
    "TransportAtTemperature",
    "TransportResult",
    "TransportThresholds",
    "TransportVerdict",
    "UnwrappingWarning",
    "analyse_transport",
    "find_discontinuities",
    "fit_arrhenius",
    "implied_frame_spacing",
    "judge_amorphous",
    "judge_melt",
    "long_range_order",
    "mean_squared_displacement",
    "radial_distribution",
    "unwrap",
]
