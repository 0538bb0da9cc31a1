"""Grades of methods that have no D-optimality: how much several potentials disagree."""

from __future__ import annotations

from amorph_flows.potentials.committee._backend import COMMITTEE_FILE, CommitteeBackend
from amorph_flows.potentials.committee._spread import (
    CommitteeScale,
    most_uncertain,
    scale_of,
    spread_of_forces,
)

__all__ = [
    "COMMITTEE_FILE",
    "CommitteeBackend",
    "CommitteeScale",
    "most_uncertain",
    "scale_of",
    "spread_of_forces",
]
