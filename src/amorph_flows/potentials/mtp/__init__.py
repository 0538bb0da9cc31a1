"""Moment tensor potentials: one C++ kernel to fit, run and grade them."""

from __future__ import annotations

from amorph_flows.potentials.mtp.calculator import MTPCalculator
from amorph_flows.potentials.mtp.file import MTPPotential, parse_mtp, read_mtp

__all__ = ["MTPCalculator", "MTPPotential", "parse_mtp", "read_mtp"]
