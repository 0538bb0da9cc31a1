"""What is timed on a machine: calls of an engine, steps of MD, steps of a fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

from monty.json import MSONable
from pymatgen.core import Structure

from amorph_flows.engines import Engine
from amorph_flows.schemas.fits import ClassicalSettings, FitSettings
from amorph_flows.schemas.potential import PotentialDoc

GRADIENT_STEPS = 4.0
"""Steps of a fit that take as long as the gradients of all atoms, from which the active set is."""


def size_of(structure: Structure) -> str:
    """Return the number of atoms and the formula, such as ``"56 atoms of V2O5"``.

    Parameters
    ----------
    structure
        The cell.
    """
    return f"{len(structure)} atoms of {structure.composition.reduced_formula}"


@dataclass
class Timed(MSONable, ABC):
    """A piece of work that takes the same time whenever it is done.

    Parameters
    ----------
    structure
        What it is done with.
    """

    structure: Structure

    @cached_property
    def key(self) -> str:
        """What its time depends on, the machine left out."""
        return f"{self.what}, {self.structure.volume / len(self.structure):.1f} Å³ an atom"

    @property
    @abstractmethod
    def what(self) -> str:
        """What it is, for people."""

    @property
    @abstractmethod
    def unit(self) -> str:
        """What is counted."""


@dataclass
class EngineCall(Timed):
    """Energy and forces of a cell by an engine.

    Parameters
    ----------
    engine
        The engine.
    """

    engine: Engine

    @cached_property
    def key(self) -> str:
        """What its time depends on, the machine left out."""
        info, density = self.engine.info(), self.structure.volume / len(self.structure)
        return f"{self.what}, {density:.1f} Å³ an atom, {info.version} {info.settings_hash}"

    @property
    def what(self) -> str:
        """What it is, for people."""
        return f"{self.engine.info().name}, energy and forces of {size_of(self.structure)}"

    @property
    def unit(self) -> str:
        """What is counted."""
        return "calls"


@dataclass
class WithPotential(Timed):
    """Work with a potential.

    Parameters
    ----------
    settings
        How the potential is fitted in the study, or those of one that is given.
    """

    settings: FitSettings | ClassicalSettings

    @property
    def method(self) -> str:
        """The potential, for people."""
        settings = self.settings
        model = settings.model if isinstance(settings, FitSettings) else settings.method
        return f"{model} by {settings.backend}, {settings.cutoff:g} Å"


@dataclass
class PotentialStep(WithPotential):
    """One step of MD of a cell.

    Parameters
    ----------
    every
        Steps between extrapolation grades; 0: none.
    """

    every: int

    @property
    def what(self) -> str:
        """What it is, for people."""
        graded = f", graded every {self.every} steps" if self.every else ""
        return f"{self.method}: MD of {size_of(self.structure)}{graded}"

    @property
    def unit(self) -> str:
        """What is counted."""
        return "steps"


@dataclass
class GivenPotentialStep(PotentialStep):
    """One step of MD of a cell with a potential that is there already.

    Parameters
    ----------
    potential
        The potential.
    """

    potential: PotentialDoc

    @property
    def method(self) -> str:
        """The potential, for people."""
        given = self.potential
        return f"{given.method} of {'-'.join(given.species)}, {given.sha256[:8]}"


@dataclass
class FitStep(WithPotential):
    """One step of a fit, for each atom of each training frame."""

    @property
    def what(self) -> str:
        """What it is, for people."""
        return f"{self.method}: step of a fit to frames of {size_of(self.structure)}"

    @property
    def unit(self) -> str:
        """What is counted."""
        return "atoms times steps"


@dataclass
class ActiveSetSearch(WithPotential):
    """The search for an active set, in frames that are few; what grows with them is a fit's."""

    @property
    def what(self) -> str:
        """What it is, for people."""
        return f"{self.method}: active set in frames of {size_of(self.structure)}"

    @property
    def unit(self) -> str:
        """What is counted."""
        return "searches"
