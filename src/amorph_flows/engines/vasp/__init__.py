"""The engine that runs VASP through atomate2."""

from amorph_flows.engines.vasp._engine import VaspEngine
from amorph_flows.engines.vasp._sets import AmorphousSetGenerator, pbe_u_config, scan_u_config

__all__ = ["AmorphousSetGenerator", "VaspEngine", "pbe_u_config", "scan_u_config"]
