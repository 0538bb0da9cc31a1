"""Analysis of structure and transport, on arrays and trajectories, free of any workflow engine."""

from amorph_flows.analysis.amorphous import (
    AmorphousJudgement,
    AmorphousThresholds,
    AmorphousVerdict,
    judge_amorphous,
)
from amorph_flows.analysis.melting import MeltJudgement, MeltThresholds, MeltVerdict, judge_melt
from amorph_flows.analysis.order import (
    LatticeThresholds,
    LatticeVerdict,
    LongRangeOrder,
    long_range_order,
)
from amorph_flows.analysis.rdf import RadialDistribution, radial_distribution
from amorph_flows.analysis.trajectory import Trajectory

__all__ = [
    "AmorphousJudgement",
    "AmorphousThresholds",
    "AmorphousVerdict",
    "LatticeThresholds",
    "LatticeVerdict",
    "LongRangeOrder",
    "MeltJudgement",
    "MeltThresholds",
    "MeltVerdict",
    "RadialDistribution",
    "Trajectory",
    "judge_amorphous",
    "judge_melt",
    "long_range_order",
    "radial_distribution",
]
