"""Potentials that LAMMPS in this process runs: a calculator, and what rows of descriptors need."""

from __future__ import annotations

from amorph_flows.potentials.in_process._calculator import LammpsCalculator
from amorph_flows.potentials.in_process._files import text_of
from amorph_flows.potentials.in_process._instance import InProcessLammps, NativePotential

__all__ = ["InProcessLammps", "LammpsCalculator", "NativePotential", "text_of"]
