"""What backends have in common whose potentials LAMMPS itself has the pair style of."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, cast

from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.potentials.base import GradeSettings, PairStyle, require_elements
from amorph_flows.potentials.d_optimality import DOptimalBackend
from amorph_flows.potentials.in_process._calculator import LammpsCalculator
from amorph_flows.potentials.in_process._potential import NativePotential
from amorph_flows.potentials.requirements import check_lammps_package
from amorph_flows.schemas.potential import PotentialDoc

Potential = TypeVar("Potential", bound=NativePotential[Any])


class NativeBackend(DOptimalBackend, Generic[Potential]):
    """A backend whose potentials LAMMPS runs by a pair style of its own."""

    licence: ClassVar[str] = "GPL-2.0 (LAMMPS)"

    @staticmethod
    @abstractmethod
    def parse(files: Mapping[str, bytes]) -> NativePotential[Any]:
        """Return the potential of some files.

        Parameters
        ----------
        files
            By name.

        Raises
        ------
        InputError
            If one is absent, truncated or something else.
        """

    @override
    def check(self) -> None:
        check_lammps_package()

    def potential(self, files: Mapping[str, bytes]) -> Potential:
        """Return a potential.

        Parameters
        ----------
        files
            Its files.

        Raises
        ------
        InputError
            If they are damaged or something else's.
        """
        return cast("Potential", _parsed(self.parse, tuple(sorted(files.items()))))

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return LAMMPS in this process."""
        return LammpsCalculator(self.potential(doc.files))

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Write the files and return the pair style, watched where it is graded."""
        require_elements(doc.species, elements)
        potential = self.potential(doc.files).of_elements(elements)
        potential.write(directory)
        return PairStyle(potential.pair_commands(elements), is_watched=grade is not None)


# a run that is graded as it goes asks for the same files again and again
@lru_cache(maxsize=4)
def _parsed(
    parse: Callable[[Mapping[str, bytes]], NativePotential[Any]],
    files: tuple[tuple[str, bytes], ...],
) -> NativePotential[Any]:
    return parse(dict(files))
