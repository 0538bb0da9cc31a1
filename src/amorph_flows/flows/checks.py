"""Checks of a study before its first calculation."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, runtime_checkable

from pymatgen.core import Structure

from amorph_flows.analysis.structure.order import check_fixed_planes
from amorph_flows.engines import AseEngine, Engine
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.structures import check_structure, check_width

_MAX_ENGINE_ATOMS = 2000
"""Atoms of the cell that is molten, at most."""


@runtime_checkable
class CheckedStage(Protocol):
    """A stage that knows what its fields may be."""

    def check(self, structure: Structure, *known: Any) -> None:
        """Raise InputError or MissingDependencyError where the stage could not run.

        The message begins with the name of the field that is wrong.
        """


def check_stage(name: str, stage: object, structure: Structure, *known: Any) -> None:
    """Call the check of a stage, if it has one.

    Parameters
    ----------
    name
        The field that holds the stage; put in front of the field that its error names.
    stage
        Any Maker.
    structure
        What the stage starts from, or a structure as large and of the same elements.
    *known
        Other arguments of its ``make`` that are known before the run.

    Raises
    ------
    InputError, MissingDependencyError
        What the stage says.
    """
    if not isinstance(stage, CheckedStage):
        return
    try:
        stage.check(structure, *known)
    except InputError as error:
        message = str(error)
        first = re.split(r"\W", message, maxsplit=1)[0]
        names_a_field = is_dataclass(stage) and first in {field.name for field in fields(stage)}
        raise InputError(f"{name}{'.' if names_a_field else ': '}{message}") from error


def check_engine(engine: Engine, *structures: Structure) -> None:
    """Refuse an engine that cannot compute here, with the line that names another.

    Parameters
    ----------
    engine
        Of a study.
    *structures
        What it will be asked about.

    Raises
    ------
    InputError, MissingDependencyError
        What the engine says.
    """
    try:
        for structure in structures:
            engine.check(structure)
    except MissingDependencyError as error:
        if isinstance(engine, AseEngine):
            raise
        raise MissingDependencyError(
            error.what,
            error.extra,
            error.hint,
            instead=f"compute without {engine.info().name}: write 'engine: CHGNet' in the study "
            "file, in Python engine=AseEngine()",
        ) from error


def atoms_of(elements: Sequence[str]) -> Structure:
    """Return a structure of one atom of each element, for checks that ask for the elements alone.

    Parameters
    ----------
    elements
        Their symbols.
    """
    places = [[9.0 * index, 0.0, 0.0] for index in range(len(elements))]
    cell = [[9.0 * len(elements), 0, 0], [0, 9, 0], [0, 0, 9]]
    return Structure(cell, elements, places, coords_are_cartesian=True)


def require_stress(engine: Engine, what: str) -> None:
    """Refuse a barostat with an engine that has no stress.

    Parameters
    ----------
    engine
        The engine.
    what
        What asks for a barostat: the setting and its value.

    Raises
    ------
    InputError
        If the engine has no stress.
    """
    if not engine.has_stress:
        raise InputError(
            f"{what}, but the engine {engine.info().name} has no stress, which a barostat needs; "
            "use NVT or another potential"
        )


def check_cell_size(
    structure: Structure, lengths_a: tuple[float, float, float], multiples: tuple[int, int, int]
) -> None:
    """Refuse a cell with more atoms than an engine can run MD of.

    Parameters
    ----------
    structure
        The crystal.
    lengths_a
        Lengths asked of the cell that is molten, Å.
    multiples
        How often the crystal is repeated along a, b, c for it and the contents of ions.

    Raises
    ------
    InputError
        If it would hold more than `_MAX_ENGINE_ATOMS`.
    """
    n_atoms = len(structure) * math.prod(multiples)
    if n_atoms > _MAX_ENGINE_ATOMS:
        raise InputError(
            f"cell_lengths_a = {lengths_a} with ions_per_formula makes a cell of {n_atoms} atoms; "
            f"engine MD takes at most {_MAX_ENGINE_ATOMS}; production.supercell makes MD with the "
            "potential larger"
        )


def check_discharged(
    structure: Structure, discharged: Structure, ion: str, ions_per_formula: float
) -> None:
    """Refuse a discharged crystal that is not the crystal with its ions.

    Parameters
    ----------
    structure, discharged
        The crystal without and with ions.
    ion
        Element symbol of the ion.
    ions_per_formula
        Ions for each reduced formula of the crystal.

    Raises
    ------
    InputError
        If host or number of ions differ.
    """
    check_structure(discharged)
    if ion not in discharged.composition:
        raise InputError(
            f"discharged_structure is {discharged.composition.reduced_formula} and holds no {ion}"
        )
    host = discharged.composition - {ion: discharged.composition[ion]}
    if host.reduced_formula != structure.composition.reduced_formula:
        raise InputError(
            f"discharged_structure without {ion} is {host.reduced_formula}, but structure is "
            f"{structure.composition.reduced_formula}"
        )
    held = discharged.composition[ion] / host.get_reduced_composition_and_factor()[1]
    if abs(held - ions_per_formula) > 1e-6:
        raise InputError(
            f"discharged_structure has {held:g} {ion} for each {host.reduced_formula}, but "
            f"ions_per_formula is {ions_per_formula:g}; voltages over different ranges cannot be "
            "compared"
        )


def check_npt_width(name: str, cell: Structure, cutoff_a: float) -> None:
    """Refuse a barostat in a cell narrower than twice the cutoff, which it may shrink.

    Parameters
    ----------
    name
        The stage that has the barostat.
    cell
        Its cell.
    cutoff_a
        Cutoff of the potential, Å.

    Raises
    ------
    InputError
        If the cell is narrower.
    """
    try:
        check_width(cell, cutoff_a)
    except InputError as error:
        raise InputError(f"{name}.ensemble is 'npt', but {error}; or use 'nvt'") from error


def check_lattice_planes(
    lattice_planes: Mapping[str, tuple[int, int, int]], elements: Collection[str]
) -> None:
    """Refuse planes of an element that the study has not, or numbers that are not positive.

    Parameters
    ----------
    lattice_planes
        Planes per cell along a, b, c by element.
    elements
        Of host and ion.

    Raises
    ------
    InputError
        What is wrong.
    """
    for element, numbers in lattice_planes.items():
        if element not in elements:
            raise InputError(
                f"lattice_planes has {element}; the study has {', '.join(sorted(elements))}"
            )
        check_fixed_planes(numbers, f"lattice_planes has {tuple(numbers)} for {element}")


def check_temperatures(
    insertion_k: Sequence[float], production_k: Sequence[float], branches_k: Sequence[float]
) -> None:
    """Refuse temperatures that no branch has or that are not positive.

    Parameters
    ----------
    insertion_k, production_k
        Temperatures of insertion and of production, K.
    branches_k
        Temperatures of the branches of the melt-quench, K.

    Raises
    ------
    InputError
        If there are no temperatures, one is not positive, or ions would go into a branch that the
        melt-quench does not leave.
    """
    given = {"insertion_temperatures_k": insertion_k, "production_temperatures_k": production_k}
    for name, temperatures in given.items():
        if not temperatures:
            raise InputError(f"{name} is empty; give at least one temperature")
    for temperature in insertion_k:
        if temperature not in branches_k:
            raise InputError(
                f"insertion_temperatures_k has {temperature:g} K, but the melt-quench leaves "
                f"branches at {', '.join(f'{t:g}' for t in branches_k)} K; add it to "
                "melt_quench.branch_temperatures_k"
            )
    for temperature in production_k:
        if not temperature > 0:
            raise InputError(f"production_temperatures_k has {temperature:g} K; give more than 0")
