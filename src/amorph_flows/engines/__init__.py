"""Engines: where energies and forces come from; each offers md, static and relax as jobs."""

from amorph_flows.engines.ase import AseEngine
from amorph_flows.engines.base import Engine

__all__ = ["AseEngine", "Engine"]
