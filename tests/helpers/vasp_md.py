"""MD by the stand-in for VASP: as a process, ``python vasp_md.py POTCARS``, and held at a step."""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import SETTINGS, Structure

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.testing.vasp import with_stand_in

ENGINE = with_stand_in(VaspEngine.scan_u())
NVE = {"name": "test", "ensemble": "nve", "start_temperature_k": 600, "end_temperature_k": 600}
STAGE = MDStage(**NVE | {"duration_fs": 48.0, "frame_stride": 3})

HELD = "held"
"""File in the folder of a VASP that `HeldToy` holds."""

HOLD = {"STAND_IN_VASP_CALCULATOR": "vasp_md:HeldToy"}
"""Variables with which the stand-in is held."""


class HeldToy(ToyCalculator):
    """The toy potential, which waits in the ninth ionic step until VASP is asked to stop.

    It ends with the process that started it.
    """

    calls = 0

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        """Compute, once it is let go."""
        self.calls += 1
        if self.calls == 9:
            held, parent = Path(HELD), os.getppid()
            held.touch()
            while not Path("STOPCAR").exists() and os.getppid() == parent:
                time.sleep(0.02)
            if os.getppid() != parent:
                os._exit(1)  # who started VASP was killed: nothing more is computed
            held.unlink()
        super().calculate(*args, **kwargs)


def mixed_up(seed: int = 1) -> Structure:
    """V2O5 with displaced atoms in an order that is not VASP's, some outside of the cell."""
    crystal = v2o5()
    crystal.perturb(0.05, seed=seed)
    order = np.random.default_rng(seed).permutation(len(crystal))
    mixed = Structure.from_sites([crystal[i] for i in order])
    shifts = np.random.default_rng(seed).integers(-1, 2, (len(mixed), 3))
    return Structure(mixed.lattice, mixed.species, mixed.frac_coords + shifts)


def long_md(**more: Any) -> LabelDoc:
    """Run MD of 24 steps in this folder."""
    return VaspEngine.md.original(ENGINE, mixed_up(), STAGE, run="run", seed=5, **more)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    SETTINGS["PMG_VASP_PSP_DIR"] = sys.argv[1]
    long_md()
