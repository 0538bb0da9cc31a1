"""Custodian's handlers for single points, relaxations and MD of disordered oxides."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from custodian.custodian import ErrorHandler
from custodian.vasp.handlers import (
    FrozenJobErrorHandler,
    NonConvergingErrorHandler,
    PotimErrorHandler,
    StdErrHandler,
    UnconvergedErrorHandler,
    VaspErrorHandler,
)
from custodian.vasp.io import load_vasprun
from typing_extensions import override

from amorph_flows.runtime.walltime import remaining_s

_STEPS_TO_SPARE = 2.0


class StopBeforeWalltime(ErrorHandler):
    """Ask VASP to end MD after the current ionic step, before the queue ends it.

    It writes ``LSTOP = .TRUE.`` into STOPCAR when less than the time of two ionic steps is left
    of `amorph_flows.runtime.walltime.remaining_s`. Custodian's own ``WalltimeHandler`` reads the
    whole OUTCAR each time and knows only the limit, not when the queue job began.
    """

    is_monitor = True
    is_terminating = False
    raises_runtime_error = False

    def __init__(self) -> None:
        self._began: float | None = None
        self._written = False

    @override
    def check(self, directory: str = "./") -> bool:
        """Return whether it is time to stop."""
        now = time.monotonic()
        self._began = self._began or now
        left = remaining_s()
        if left is None or self._written:
            return False
        step_s = (now - self._began) / max(1, _ionic_steps(Path(directory) / "OSZICAR"))
        return left < _STEPS_TO_SPARE * step_s

    @override
    def correct(self, directory: str = "./") -> dict[str, Any]:
        """Write STOPCAR; nothing is corrected."""
        Path(directory, "STOPCAR").write_text("LSTOP = .TRUE.\n", encoding="ascii")
        self._written = True
        return {"errors": ["the walltime is near"], "actions": None}


class UnconvergedDensityHandler(UnconvergedErrorHandler):
    """Custodian's remedies for a density that does not converge.

    A relaxation that uses up its steps is no error: its document says that it did not converge.
    Custodian's own handler would start it again, and fail it after five times.
    """

    @override
    def check(self, directory: str = "./") -> bool:
        """Return whether the density of the last configuration did not converge."""
        try:
            vasprun = load_vasprun(str(Path(directory) / self.output_filename))
        except Exception:  # noqa: BLE001 - other handlers look after a run without a vasprun.xml
            return False
        return not vasprun.converged_electronic


def _ionic_steps(oszicar: Path) -> int:
    """Return how many ionic steps are finished."""
    try:
        return oszicar.read_text(encoding="utf-8", errors="replace").count(" F= ")
    except OSError:
        return 0


def static_handlers() -> list[ErrorHandler]:
    """Return the handlers of single points.

    Left out of atomate2's default: those that change what is computed (``LargeSigmaHandler``
    lowers ``SIGMA``, ``IncorrectSmearingHandler`` and ``KspacingMetalHandler`` the smearing and
    mesh), ``MeshSymmetryErrorHandler`` (there is no symmetry), and ``PositiveEnergyErrorHandler``
    (a hot configuration of active learning may well be unbound; the label says so).
    """
    return [
        VaspErrorHandler(),
        UnconvergedDensityHandler(),
        FrozenJobErrorHandler(),
        StdErrHandler(),
    ]


def relax_handlers() -> list[ErrorHandler]:
    """Return the handlers of relaxations: more cautious steps and another mixing are harmless."""
    return [*static_handlers(), NonConvergingErrorHandler(), PotimErrorHandler()]


def md_handlers() -> list[ErrorHandler]:
    """Return the handlers of MD.

    Besides those of `static_handlers` there are none that judge the whole run by its last step
    (``UnconvergedErrorHandler`` would repeat all of it; configurations whose density did not
    converge are set aside one by one) or that change ``POTIM``, which is the time axis
    (``PotimErrorHandler``, ``PositiveEnergyErrorHandler``). ``NonConvergingErrorHandler`` steps
    in when ten configurations in a row do not converge.
    """
    return [
        VaspErrorHandler(),
        NonConvergingErrorHandler(),
        FrozenJobErrorHandler(),
        StdErrHandler(),
        StopBeforeWalltime(),
    ]
