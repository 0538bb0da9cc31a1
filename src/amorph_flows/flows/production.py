"""Production at each temperature, in copies of the engine's cell or in a glass of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from jobflow import Flow, Job
from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.flows.checks import check_stage
from amorph_flows.flows.crystal import Crystal
from amorph_flows.flows.interface import LargeGlass, PotentialMD
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import ProductionUntil
from amorph_flows.structures.stoichiometry import count_ions


def with_goal_for(production: PotentialMD, ion: str) -> PotentialMD:
    """Return a stage whose goal is the diffusivity of an ion, where it has a goal of no other.

    Parameters
    ----------
    production
        The stage.
    ion
        Such as ``"Mg2+"``.
    """
    if not isinstance(production, ProductionMDMaker) or production.until.ion:
        return production
    return replace(production, until=production.until.model_copy(update={"ion": ion}))


def without_goal(production: PotentialMD) -> PotentialMD:
    """Return a stage that is as long as asked, such as for a host without ions.

    Parameters
    ----------
    production
        The stage.
    """
    if not isinstance(production, ProductionMDMaker):
        return production
    return replace(production, until=ProductionUntil())


def check_no_goal(**stages: PotentialMD) -> None:
    """Refuse stages of a study whose length is that of others but that have a goal.

    Parameters
    ----------
    **stages
        By name.

    Raises
    ------
    InputError
        If one has.
    """
    for name, stage in stages.items():
        if isinstance(stage, ProductionMDMaker) and stage.until.is_set:
            raise InputError(f"{name}.until is set, but only production.until makes runs longer")


def quenches_its_glass(production: PotentialMD) -> bool:
    """Return whether production is run in a glass that the potential quenched.

    Parameters
    ----------
    production
        The stage.
    """
    return isinstance(production, ProductionMDMaker) and production.glass == "quenched"


def check_large_glass(
    stage: LargeGlass,
    production: PotentialMD,
    host: Structure,
    ion: str,
    ions_per_formula: float,
) -> None:
    """Refuse settings with which no glass for production could be made.

    Parameters
    ----------
    stage
        What makes it.
    production
        The stage that is run in it.
    host
        The crystal in the engine's cell.
    ion, ions_per_formula
        What it takes up, and how many for each reduced formula.

    Raises
    ------
    InputError, MissingDependencyError
        What the stage says.
    """
    if quenches_its_glass(production):
        large = _repeated(host, production)
        check_stage("large_glass", stage, large, ion, count_ions(large, ions_per_formula))


def make_large_glass(
    stage: LargeGlass,
    production: PotentialMD,
    potential: PotentialDoc,
    host: Crystal,
    ion: str,
    ions_per_formula: float,
    branches_k: Iterable[float],
    temperatures_k: Iterable[float],
) -> Flow:
    """Return the flow that makes the glass for production, with ions where it is run.

    Parameters
    ----------
    stage
        What makes it.
    production
        The stage that is run in it.
    potential
        The potential, or a reference to it.
    host
        The crystal in the engine's cell.
    ion, ions_per_formula
        What it takes up, and how many for each reduced formula.
    branches_k
        Branches of the quench, K.
    temperatures_k
        Of production, K.
    """
    large = (
        host.repeated(production.supercell) if isinstance(production, ProductionMDMaker) else host
    )
    used_k = tuple(dict.fromkeys(start for start, _ in _starts(branches_k, temperatures_k)))
    n_ions = count_ions(large.given, ions_per_formula)
    glass = stage.make(potential, large.cell, ion, n_ions, used_k)
    if large is host or not large.jobs:
        return glass
    return Flow([*large.jobs, glass], output=glass.output, name=glass.name)


def produce(
    production: PotentialMD,
    potential: PotentialDoc,
    structures: Mapping[float, Structure],
    temperatures_k: Iterable[float],
    formula: str,
    origin: str = "end of engine MD at {:g} K",
    one_cell: bool = False,
    crystal: Structure | None = None,
) -> list[Job | Flow]:
    """Return production at each temperature, from the structure of the nearest lower one.

    Parameters
    ----------
    production
        The stage.
    potential
        The potential, or a reference to it.
    structures
        Where it may start, by temperature, K.
    temperatures_k
        Of production, K.
    formula
        What is run.
    origin
        Where the structures came from, with a place for the temperature.
    one_cell
        Whether the structures are as large as the cell of production already.
    crystal
        What they are glasses of, or a reference to it; a stage of one's own is not given it.
    """
    if isinstance(production, ProductionMDMaker) and one_cell:
        production = replace(production, supercell=(1, 1, 1))
    elif isinstance(production, ProductionMDMaker) and max(production.supercell) > 1:
        origin = f"{' × '.join(map(str, production.supercell))} copies of the {origin}"
    make = production.make
    if isinstance(production, ProductionMDMaker):
        make = partial(production.of_glass, crystal=crystal)
    return [
        make(potential, structures[start], temperature, formula, _named(origin, start, temperature))
        for start, temperature in _starts(structures, temperatures_k)
    ]


def _repeated(host: Structure, production: PotentialMD) -> Structure:
    return host * production.supercell if isinstance(production, ProductionMDMaker) else host


def _starts(
    sampled_k: Iterable[float], temperatures_k: Iterable[float]
) -> list[tuple[float, float]]:
    """Return each temperature behind the nearest lower one that was sampled, else the lowest."""
    known = sorted(sampled_k)
    return [(max((s for s in known if s <= t), default=known[0]), t) for t in temperatures_k]


def _named(origin: str, start_k: float, temperature_k: float) -> str:
    """Return where the structure that production starts from came from."""
    named = origin.format(start_k)
    if start_k == temperature_k:
        return named
    return f"{named} (an assumption: none was made at {temperature_k:g} K)"
