"""Engines compute energies and forces; each offers md, static and relax as jobs."""

from typing import TYPE_CHECKING

from amorph_flows.lazy import lazy_names

if TYPE_CHECKING:
    from amorph_flows.engines._ase import AseEngine
    from amorph_flows.engines.base import Engine
    from amorph_flows.engines.potential import PotentialEngine
else:
    __getattr__ = lazy_names(
        __name__,
        {"_ase": ("AseEngine",), "base": ("Engine",), "potential": ("PotentialEngine",)},
    )

__all__ = ["AseEngine", "Engine", "PotentialEngine"]
