"""Engines by the name that the key ``engine`` of a study file gives."""

from __future__ import annotations

from collections.abc import Callable

from amorph_flows.calculators.known import KNOWN
from amorph_flows.engines._ase import AseEngine
from amorph_flows.engines.base import Engine
from amorph_flows.errors import unknown_name


def named_engine(name: str) -> Engine:
    """Return the engine of a name, with its standard settings.

    Parameters
    ----------
    name
        One of `engine_names`, or an ASE calculator as ``package.module:ClassOrFactory``.

    Raises
    ------
    InputError
        If the name is neither.
    """
    if name in _BUILDERS:
        return _BUILDERS[name]()
    if name in KNOWN or ":" in name:
        return AseEngine(calculator=name)
    more = ", or an ASE calculator as 'package.module:ClassOrFactory'"
    raise unknown_name("engine", name, engine_names(), more)


def engine_names() -> list[str]:
    """Return the names that `named_engine` knows."""
    return [*KNOWN, *_BUILDERS]


def _vasp_scan_u() -> Engine:
    from amorph_flows.engines.vasp import VaspEngine  # atomate2 takes seconds to import

    return VaspEngine.scan_u()


def _vasp_pbe_u() -> Engine:
    from amorph_flows.engines.vasp import VaspEngine

    return VaspEngine.pbe_u()


_BUILDERS: dict[str, Callable[[], Engine]] = {"VASP": _vasp_scan_u, "VASP-PBE+U": _vasp_pbe_u}
"""Engines that are not ASE calculators; each imports its code when it is used."""
