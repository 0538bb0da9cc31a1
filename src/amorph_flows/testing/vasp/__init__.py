"""A stand-in for VASP that reads its inputs strictly and computes with an ASE calculator.

It is an executable, ``python -m amorph_flows.testing.vasp``, and can take VASP's place wherever
VASP's files are what matters: inputs are written, custodian runs it, outputs are parsed. Its
numbers are those of the calculator, not of density functional theory.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from amorph_flows.testing.vasp.potcars import write_potcars

if TYPE_CHECKING:
    from amorph_flows.engines.vasp import VaspEngine

COMMAND = f"{sys.executable} -m amorph_flows.testing.vasp"

__all__ = ["COMMAND", "with_stand_in", "write_potcars"]


def with_stand_in(engine: VaspEngine, polling_s: float = 0.05) -> VaspEngine:
    """Return an engine whose Makers run the stand-in.

    Parameters
    ----------
    engine
        Any VASP engine.
    polling_s
        How often custodian looks whether it has ended, s; it looks for errors every tenth time.
    """
    changed = {}
    for name in ("static_maker", "md_maker", "relax_maker"):
        maker = deepcopy(getattr(engine, name))
        custodian = {"polling_time_step": polling_s, "monitor_freq": 10}
        how = maker.run_vasp_kwargs | {"vasp_cmd": COMMAND, "custodian_kwargs": custodian}
        changed[name] = replace(maker, run_vasp_kwargs=how)
    return replace(engine, **changed)
