"""Engines compute energies and forces; each offers md, static and relax as jobs."""

from typing import TYPE_CHECKING

from amorph_flows.lazy import lazy_names

if TYPE_CHECKING:
    from amorph_flows.engines._ase import AseEngine
    from amorph_flows.engines.base import Engine
else:
    __getattr__ = lazy_names(__name__, {"_ase": ("AseEngine",), "base": ("Engine",)})

__all__ = ["AseEngine", "Engine"]
