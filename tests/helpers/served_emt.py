"""ASE's EMT as a method of another environment; the interpreter is that of the tests."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import emt_method
from ase import Atoms
from ase.build import bulk

from amorph_flows.potentials.environments.installed import Installed
from amorph_flows.potentials.environments.pins import Environment
from amorph_flows.potentials.environments.server import MethodServer, ServedCalculator

ENVIRONMENT = Environment("emt", f"ase=={metadata.version('ase')}", ("ase",), (), "LGPL")
HERE = Installed(ENVIRONMENT, (sys.executable,), "3", {})
SCRIPT = Path(emt_method.__file__)


def served(**options: object) -> ServedCalculator:
    """Return a calculator of copper and gold; 2 eV are added for each atom of gold."""
    server = MethodServer(HERE, SCRIPT, {"potential": b"x"}, options)
    return ServedCalculator(server, ["Cu", "Au"], {"Au": 2.0})


def crystal(repeat: int = 1, seed: int = 0) -> Atoms:
    """Return copper with two atoms of gold, displaced."""
    atoms = bulk("Cu", cubic=True) * repeat
    atoms.numbers[:2] = 79
    atoms.rattle(0.1, seed=seed)
    return atoms
