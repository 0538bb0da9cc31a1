"""Potentials that LAMMPS in this process runs: a calculator, and what rows of descriptors need."""

from __future__ import annotations

from amorph_flows.potentials.in_process._backend import NativeBackend
from amorph_flows.potentials.in_process._calculator import LammpsCalculator
from amorph_flows.potentials.in_process._files import text_of
from amorph_flows.potentials.in_process._instance import InProcessLammps
from amorph_flows.potentials.in_process._potential import NativePotential

__all__ = ["InProcessLammps", "LammpsCalculator", "NativeBackend", "NativePotential", "text_of"]
