"""Grades by D-optimality: how far the energy of an atom is from those of the training set."""

from __future__ import annotations

from amorph_flows.potentials.d_optimality._active_set import ActiveSet
from amorph_flows.potentials.d_optimality._selection import (
    Gradients,
    choose_candidates,
    find_active_set,
)

__all__ = ["ActiveSet", "Gradients", "choose_candidates", "find_active_set"]
