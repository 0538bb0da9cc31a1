"""Potentials of LAMMPS' tests: named by what they do, stopped and held at steps and not by clocks.

Documents of potentials with one ``epsilon`` or ``start`` have one hash, whatever else they hold:
the run that one of them begins goes on with another.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from unfitted_backend import Unfitted, potential

from amorph_flows.arrays import FloatArray
from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.lammps import LammpsMD
from amorph_flows.lammps._restart import last_restart
from amorph_flows.potentials.base import GradeSettings, PairStyle
from amorph_flows.schemas.potential import PotentialDoc


class Argon(Unfitted):
    """LAMMPS' own Lennard-Jones.

    Its document may say, under ``stops``, the steps at which LAMMPS ends as if its walltime were
    over, and under ``hold`` a step at which LAMMPS waits for `let_go`.
    """

    name = "lammps_backends:Argon"

    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        lines = ["pair_style lj/cut 6.0", f"pair_coeff * * {doc.files['epsilon'].decode()} 3.4"]
        restart = last_restart(directory)
        step = restart.step if restart else 0
        later = [int(stop) for stop in doc.files.get("stops", b"").split() if int(stop) > step]
        if later:
            # "soft" is what the timer does too: it ends this run and all later ones
            lines += [
                "variable reached equal step",
                f"fix queue all halt 1 v_reached >= {later[0]} error soft message no",
            ]
        if hold := doc.files.get("hold", b"").decode():
            # LAMMPS cannot open this file for writing before somebody reads it
            os.mkfifo(directory / f"hold.{hold}")
            lines.append(f"dump hold all atom {hold} hold.*")
        return PairStyle(lines)


class Toy(Unfitted):
    """The toy potential through fix external; its grade is the distance moved from a start."""

    name = "lammps_backends:Toy"

    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        start = float(doc.files["start"])
        return np.array([abs(frame.positions[0, 0] - start) * 10 for frame in frames])

    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        return PairStyle([])


class _MuteCalculator(ToyCalculator):
    """The toy potential without its stress."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        super().calculate(*args, **kwargs)
        self.results.pop("stress", None)


class Mute(Toy):
    """Its calculator has no stress."""

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return _MuteCalculator()


class Failing(Toy):
    """Its calculator does not know the elements."""

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return EMT()


class _SlowCalculator(ToyCalculator):
    """The toy potential, of which three steps take longer than the shortest walltime."""

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        time.sleep(0.5)
        super().calculate(*args, **kwargs)


class Slow(Toy):
    """Takes longer for a few steps than a short queue job lasts."""

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return _SlowCalculator()


class _TornCalculator(ToyCalculator):
    """Fails after some calls and leaves the last saved configuration half written."""

    calls = 0

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        self.calls += 1
        saved = Path("selected.cfg")
        if self.calls > 60 and saved.exists():
            saved.write_bytes(saved.read_bytes()[:-150])
            raise RuntimeError("the node is gone")
        super().calculate(*args, **kwargs)


class Torn(Toy):
    """Dies in the middle of saving."""

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return _TornCalculator()


ARGON = potential("lammps_backends:Argon", ["Ar"], epsilon="0.0103")
TOY = potential("lammps_backends:Toy", ["Mg", "V", "O"], start="0.0")


def argon_that(**files: str) -> PotentialDoc:
    """Return argon's potential that stops or holds LAMMPS at steps; its hash is that of argon's."""
    return ARGON.model_copy(
        update={"files": ARGON.files | {name: text.encode() for name, text in files.items()}}
    )


def settings(
    temperature_k: float = 60.0,
    production_fs: float = 4000.0,
    restart_stride: int = 100,
    walltime_s: float | None = None,
    remove_drift: bool = True,
    **changes: Any,
) -> LammpsMD:
    """Return a short run at 60 K with frames and restart files."""
    values: dict[str, Any] = {
        "time_step_fs": 4.0,
        "equilibration_fs": 800.0,
        "frame_stride": 20,
        "thermo_stride": 10,
        "seed": 1,
    }
    md = LammpsMD.held(temperature_k, production_fs, **values | changes)
    more = {"restart_stride": restart_stride, "walltime_s": walltime_s}
    return md.model_copy(update=more | {"remove_drift": remove_drift})
