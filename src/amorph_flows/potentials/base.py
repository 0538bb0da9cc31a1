"""The base class of potential backends, and their registry."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Self

from ase.calculators.calculator import Calculator
from pydantic import Field

from amorph_flows.errors import InputError, MissingDependencyError, unknown_name
from amorph_flows.schemas.base import Document
from amorph_flows.schemas.potential import PotentialDoc

GRADES_FILE = "grades.txt"
"""Where a run of LAMMPS writes step, grade and index of the stage, one line each."""


class GradeSettings(Document):
    """When a run saves a configuration and when it stops."""

    every: int = Field(default=10, ge=1, description="steps between grades")
    select: float = Field(
        default=2.0,
        gt=0,
        description="grade above which a step extrapolates and its configuration is saved",
    )
    stop: float | None = Field(
        default=10.0,
        gt=0,
        allow_inf_nan=False,  # JSON has neither, and some managers send settings as JSON
        description="grade above which the run stops; None: none does",
    )
    save: bool = Field(default=True, description="whether configurations are saved at all")
    save_file: str = Field(default="selected.cfg", description="MLIP-2 file they are saved to")

    @classmethod
    def watched(cls, every: int, select: float) -> Self | None:
        """Return grades that are looked at alone: no run stops and nothing is saved.

        Parameters
        ----------
        every
            Steps between grades; 0: there are none, and None is returned.
        select
            Grade above which a step counts as extrapolating.
        """
        return cls(every=every, select=select, stop=None, save=False) if every else None

    def breaks(self, grade: float) -> bool:
        """Return whether a run stops at a grade.

        Parameters
        ----------
        grade
            Extrapolation grade; one that is not a number does not.
        """
        return self.stop is not None and grade > self.stop


@dataclass(frozen=True)
class PairStyle:
    """How LAMMPS runs a potential.

    Parameters
    ----------
    commands
        Input lines from ``plugin load`` to ``pair_coeff``, and those of ``kspace_style``. Empty
        where LAMMPS gets energies and forces from the backend's calculator through
        ``fix external``.
    charges
        Charge of an atom of each element, e, which the data file has to hold; empty where the
        potential has no charges.
    is_watched
        Whether the grades of a run are those of the backend's `LearnedBackend.grades`, since the
        pair style has none: LAMMPS then runs in a process that looks at it.
    before_box
        Input lines that come before the data file is read, such as ``newton off``.
    """

    commands: list[str]
    charges: dict[str, float] = field(default_factory=dict)
    is_watched: bool = False
    before_box: list[str] = field(default_factory=list)

    @property
    def atom_style(self) -> Literal["atomic", "charge"]:
        """LAMMPS's ``atom_style`` that the potential needs."""
        return "charge" if self.charges else "atomic"


def require_elements(species: Iterable[str], elements: Iterable[str]) -> None:
    """Refuse elements that a potential lacks.

    Parameters
    ----------
    species
        Element symbols of the potential.
    elements
        Element symbols that it is asked about.

    Raises
    ------
    InputError
        If one is not among its species.
    """
    known = list(species)
    if missing := sorted(set(elements) - set(known)):
        raise InputError(f"the potential of {', '.join(known)} lacks {', '.join(missing)}")


class PotentialBackend(ABC):
    """One method of potentials; a `LearnedBackend` also fits them.

    The potential travels as a `PotentialDoc`; ``doc.files`` holds its files.
    """

    name: ClassVar[str]

    @abstractmethod
    def check(self) -> None:
        """Raise `MissingDependencyError` if the backend cannot be used here."""

    @abstractmethod
    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return an ASE calculator of energy, forces and stress.

        Parameters
        ----------
        doc
            The potential.
        """

    def has_stress(self, doc: PotentialDoc) -> bool:
        """Return whether a potential gives stresses, which a barostat needs.

        Parameters
        ----------
        doc
            The potential.
        """
        del doc
        return True

    @abstractmethod
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Write what LAMMPS reads into a folder and return the input lines.

        Parameters
        ----------
        doc
            The potential.
        elements
            Element symbol of each LAMMPS type, in order.
        directory
            The run's folder.
        grade
            When to save and stop; None runs without grades.

        Raises
        ------
        InputError
            If the potential lacks an element, or has no grades although ``grade`` asks for them.
        MissingDependencyError
            If LAMMPS is missing.
        """


_BACKENDS: dict[str, type[PotentialBackend]] = {}
_MODULES = {
    "ace": "amorph_flows.potentials.ace._backend",
    "aenet": "amorph_flows.potentials.aenet._backend",
    "classical": "amorph_flows.potentials.classical._backend",
    "gap": "amorph_flows.potentials.gap._backend",
    "mace": "amorph_flows.potentials.mace._backend",
    "motep": "amorph_flows.potentials.mtp.motep._backend",
    "mtp": "amorph_flows.potentials.mtp._backend",
    "nequip": "amorph_flows.potentials.nequip._backend",
    "pod": "amorph_flows.potentials.pod._backend",
    "pretrained": "amorph_flows.potentials.pretrained._backend",
    "qsnap": "amorph_flows.potentials.snap._backend",
    "sevenn": "amorph_flows.potentials.sevenn._backend",
    "snap": "amorph_flows.potentials.snap._backend",
}
"""Where the backends of this package register themselves."""


def register(backend: type[PotentialBackend]) -> type[PotentialBackend]:
    """Register a backend under its name; use as a class decorator."""
    _BACKENDS[backend.name] = backend
    return backend


def backend_names() -> list[str]:
    """Return the names of all backends, sorted: those of this package and registered ones."""
    return sorted({*_MODULES, *_BACKENDS})


def get_backend(name: str) -> PotentialBackend:
    """Return the backend of a name.

    Parameters
    ----------
    name
        Such as ``"mtp"``; a backend of your own is named ``"package.module:Class"``, which every
        process that runs its jobs can import.

    Raises
    ------
    InputError
        If no backend has this name.
    """
    if ":" in name:
        return _imported(name)
    if name not in _BACKENDS and name in _MODULES:
        importlib.import_module(_MODULES[name])
    if name not in _BACKENDS:
        raise unknown_name("potential backend", name, backend_names())
    return _BACKENDS[name]()


def _imported(name: str) -> PotentialBackend:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(str(error.name), hint=f"install what holds {name}") from error
    if not (isinstance(found, type) and issubclass(found, PotentialBackend)):
        raise InputError(
            f"{name!r} is not a potential backend; give a subclass of PotentialBackend"
        )
    return found()
