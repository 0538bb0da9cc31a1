"""Grades by D-optimality: how far the energy of an atom is from those of the training set."""

from __future__ import annotations

from amorph_flows.potentials.d_optimality._active_set import ActiveSet
from amorph_flows.potentials.d_optimality._backend import ACTIVE_SET_FILE, DOptimalBackend
from amorph_flows.potentials.d_optimality._selection import (
    Gradients,
    choose_candidates,
    find_active_set,
)

__all__ = [
    "ACTIVE_SET_FILE",
    "ActiveSet",
    "DOptimalBackend",
    "Gradients",
    "choose_candidates",
    "find_active_set",
]
