"""What a study is refused for before its first calculation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.flows.check_settings import check_neutral, check_settings
from amorph_flows.jobs.insertion import charged_host
from amorph_flows.lammps import check_lammps
from amorph_flows.potentials import get_backend
from amorph_flows.structures import (
    check_structure,
    check_width,
    parse_ion,
    reference_metal,
    supercell_near,
)
from amorph_flows.structures.stoichiometry import count_ions

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


MAX_ENGINE_ATOMS = 2000
"""Atoms of the cell that is molten, at most."""


def check_study(
    maker: AmorphousElectrodeMaker, structure: Structure, discharged: Structure | None
) -> None:
    """Refuse a study that cannot be right.

    Parameters
    ----------
    maker
        The study.
    structure
        The crystal without ions.
    discharged
        The crystal with ions.

    Raises
    ------
    InputError, MissingDependencyError
        What is wrong, its value and what to do.
    """
    check_structure(structure)
    ion = parse_ion(maker.ion)
    metal = reference_metal(ion.symbol)
    _check_cell_size(structure, maker.cell_lengths_a)
    host = supercell_near(structure, maker.cell_lengths_a)
    insertion, n_ions = maker.insertion, count_ions(host, maker.ions_per_formula)
    charged = charged_host(host, maker.ion, n_ions, insertion.redox_element, insertion.charges)
    check_neutral(charged, float(ion.oxi_state), n_ions)
    count_ions(structure, maker.ions_per_formula)
    if discharged is not None:
        _check_discharged(structure, discharged, ion.symbol, maker.ions_per_formula)
    check_settings(maker)
    if maker.voltage.relax_cells and not maker.engine.has_stress:
        raise InputError(
            f"engine {maker.engine.info().name} has no stress, so the cells of the voltage cannot "
            "relax; set voltage.relax_cells to false, or use another engine"
        )
    _check_temperatures(maker)
    cutoff = max(settings.cutoff for settings in (maker.fit.settings, *maker.fit.alternatives))
    check_width(host * maker.production.supercell, cutoff)
    for cell in (host, metal):
        maker.engine.check(cell)
    get_backend(maker.fit.backend).check()
    check_lammps()


def _check_cell_size(structure: Structure, lengths_a: tuple[float, float, float]) -> None:
    volume = math.prod(lengths_a)
    n_atoms = len(structure) * max(1.0, volume / structure.volume)
    if math.isfinite(volume) and n_atoms > MAX_ENGINE_ATOMS:
        raise InputError(
            f"cell_lengths_a = {lengths_a} makes a cell of about {n_atoms:.0f} atoms; engine MD "
            f"takes at most {MAX_ENGINE_ATOMS}; production.supercell makes MD with the potential "
            "larger"
        )


def _check_discharged(
    structure: Structure, discharged: Structure, ion: str, ions_per_formula: float
) -> None:
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
            f"ions_per_formula is {ions_per_formula:g}; voltages over different ranges do not "
            "compare"
        )


def _check_temperatures(maker: AmorphousElectrodeMaker) -> None:
    branches = maker.melt_quench.temperatures_k
    for temperature in maker.insertion_temperatures_k:
        if temperature not in branches:
            raise InputError(
                f"insertion_temperatures_k has {temperature:g} K, but the melt-quench leaves "
                f"branches at {', '.join(f'{t:g}' for t in branches)} K; add it to "
                "melt_quench.branch_temperatures_k"
            )
    for temperature in maker.production_temperatures_k:
        if not temperature > 0:
            raise InputError(f"production_temperatures_k has {temperature:g} K; give more than 0")
