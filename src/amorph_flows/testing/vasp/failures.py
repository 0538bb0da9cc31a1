"""How the stand-in is told to fail, by environment variables."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

_FAIL = "STAND_IN_VASP_FAIL"
"""``crash:2`` or ``scf:2-9``: which calls fail, and how; the calls are counted in `_CALLS`."""

_CALLS = "STAND_IN_VASP_CALLS"
"""File that counts the calls."""

_UNCONVERGED_STEPS = "STAND_IN_VASP_UNCONVERGED_STEPS"
"""``3,4``: ionic steps, from 1, whose density does not converge in any call."""

STEP_SECONDS = "STAND_IN_VASP_STEP_SECONDS"
"""How long an ionic step takes at least, s."""

CALCULATOR = "STAND_IN_VASP_CALCULATOR"
"""Where energies come from: ``toy`` (the default), ``CHGNet``, or ``package.module:Class``."""


@dataclass(frozen=True)
class Failures:
    """What goes wrong in this call.

    Parameters
    ----------
    crashes
        VASP stops in its second ionic step, or its first if there is one only.
    never_converges
        No density converges.
    unconverged_steps
        Ionic steps, from 1, whose density does not converge.
    """

    crashes: bool
    never_converges: bool
    unconverged_steps: frozenset[int]

    def converges(self, step: int) -> bool:
        """Return whether the density of an ionic step converges.

        Parameters
        ----------
        step
            From 1.
        """
        return not self.never_converges and step not in self.unconverged_steps


def failures_of_this_call() -> Failures:
    """Count this call and return what goes wrong in it."""
    call = _count()
    kind, _, calls = os.environ.get(_FAIL, "").partition(":")
    chosen = bool(kind) and call in _numbers(calls)
    return Failures(
        crashes=chosen and kind == "crash",
        never_converges=chosen and kind == "scf",
        unconverged_steps=frozenset(_numbers(os.environ.get(_UNCONVERGED_STEPS, ""))),
    )


def _count() -> int:
    name = os.environ.get(_CALLS)
    if not name:
        return 1
    path = Path(name)
    path.touch()
    with path.open("r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        call = int(file.read() or 0) + 1
        file.seek(0)
        file.write(str(call))
    return call


def _numbers(text: str) -> set[int]:
    """Return the numbers of ``1,4-6``."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
