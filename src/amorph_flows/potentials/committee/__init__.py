"""Grades of methods that have no D-optimality: how much several potentials disagree."""

from __future__ import annotations

from amorph_flows.potentials.committee._spread import (
    CommitteeScale,
    most_uncertain,
    scale_of,
    spread_of_forces,
)

__all__ = ["CommitteeScale", "most_uncertain", "scale_of", "spread_of_forces"]
