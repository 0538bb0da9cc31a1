"""The crystal that is molten: as given, or relaxed by the engine first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobflow import Job
from pymatgen.core import Structure

from amorph_flows.engines import Engine
from amorph_flows.jobs.crystal import repeat_relaxed
from amorph_flows.structures import axis_multiples, supercell_by_axes
from amorph_flows.structures.stoichiometry import multiples_for_ions


@dataclass(frozen=True, eq=False)
class Crystal:
    """A crystal in the cell that is molten.

    Parameters
    ----------
    given
        The cell before it is relaxed; its formula and size are those of the relaxed one.
    cell
        What is molten: the same, or a reference to it relaxed.
    jobs
        What relaxes it.
    relaxed
        Reference to the `RelaxDoc` of the cell; None: it is as given.
    """

    given: Structure
    cell: Structure
    jobs: tuple[Job, ...] = ()
    relaxed: Any = None

    @classmethod
    def as_given(cls, cell: Structure) -> Crystal:
        """Return a crystal that is molten as it is.

        Parameters
        ----------
        cell
            In the cell that is molten.
        """
        return cls(cell, cell)

    @classmethod
    def near(
        cls,
        structure: Structure,
        lengths_a: tuple[float, float, float],
        contents: Sequence[float] = (),
        engine: Engine | None = None,
    ) -> Crystal:
        """Return a crystal in the cell whose lengths come nearest to those wanted.

        Where that cell does not hold a whole number of ions at each content, it is the least
        larger one that does.

        Parameters
        ----------
        structure
            The crystal.
        lengths_a
            Lengths, Å, in any order.
        contents
            Ions for each reduced formula.
        engine
            What relaxes atoms and cell of the crystal first; None: it is molten as given.
        """
        multiples = multiples_of_melt(structure, lengths_a, contents)
        cell = supercell_by_axes(structure, multiples)
        if engine is None:
            return cls.as_given(cell)
        relax = engine.relax(structure)
        relax.name = "relax the crystal"
        repeat = repeat_relaxed(relax.output, multiples)
        repeat.name = "cell of the melt"
        return cls(cell, repeat.output.structure, (relax, repeat), repeat.output)

    def repeated(self, multiples: tuple[int, int, int]) -> Crystal:
        """Return the crystal in a larger cell, with the jobs that are needed beside its own.

        Parameters
        ----------
        multiples
            Repetitions along the axes.
        """
        larger = supercell_by_axes(self.given, multiples)
        if self.relaxed is None:
            return self.as_given(larger)
        repeat = repeat_relaxed(self.relaxed, multiples)
        repeat.name = "large cell of the melt"
        return Crystal(larger, repeat.output.structure, (repeat,), repeat.output)


def multiples_of_melt(
    structure: Structure, lengths_a: tuple[float, float, float], contents: Sequence[float]
) -> tuple[int, int, int]:
    """Return how often a crystal is repeated along a, b, c to the cell that is molten.

    Parameters
    ----------
    structure
        The crystal.
    lengths_a
        Lengths, Å, in any order, that the cell comes nearest to.
    contents
        Ions for each reduced formula; the cell holds a whole number of ions at each.

    Raises
    ------
    InputError
        If the lengths are none, or no cell of up to 20 times the size holds the contents.
    """
    near = axis_multiples(structure.lattice.abc, lengths_a)
    return multiples_for_ions(structure, contents, near)
