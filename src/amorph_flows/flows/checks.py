"""What a study is refused for before its first calculation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.lammps import check_lammps
from amorph_flows.potentials import get_backend
from amorph_flows.structures import (
    check_structure,
    check_width,
    discharged_charges,
    parse_ion,
    reference_metal,
    supercell_near,
)
from amorph_flows.structures.stoichiometry import count_ions

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


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
    host = supercell_near(structure, maker.cell_lengths_a)
    discharged_charges(
        host,
        maker.ion,
        count_ions(host, maker.ions_per_formula),
        redox_element=maker.insertion.redox_element,
    )
    count_ions(structure, maker.ions_per_formula)
    if discharged is not None:
        _check_discharged(structure, discharged, ion.symbol)
    _check_temperatures(maker)
    _check_times(maker)
    check_width(host * maker.production.supercell, maker.fit.settings.cutoff)
    for cell in (host, metal):
        maker.engine.check(cell)
    get_backend(maker.fit.backend).check()
    check_lammps()


def _check_discharged(structure: Structure, discharged: Structure, ion: str) -> None:
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


def _check_temperatures(maker: AmorphousElectrodeMaker) -> None:
    maker.melt_quench.schedule()
    branches = maker.melt_quench.temperatures_k
    for temperature in maker.insertion_temperatures_k:
        if temperature not in branches:
            raise InputError(
                f"insertion_temperatures_k has {temperature:g} K, but the melt-quench leaves "
                f"branches at {', '.join(f'{t:g}' for t in branches)} K; add it to "
                "melt_quench.branch_temperatures_k"
            )
    for temperature in maker.production_temperatures_k:
        if temperature <= 0:
            raise InputError(f"production_temperatures_k has {temperature:g} K; give more than 0")


def _check_times(maker: AmorphousElectrodeMaker) -> None:
    stages = {
        "melt_quench.branch": maker.melt_quench.branch,
        "sampling": maker.sampling,
        "active_learning": maker.active_learning,
        "mtp_sampling": maker.mtp_sampling,
        "production": maker.production,
    }
    for name, stage in stages.items():
        for field_name in ("time_step_fs", "duration_fs", "production_fs", "damping_fs"):
            value = getattr(stage, field_name, 1.0)
            if value <= 0:
                raise InputError(f"{name}.{field_name} is {value:g}; give more than 0")
        equilibration = getattr(stage, "equilibration_fs", 0.0)
        if equilibration < 0:
            raise InputError(f"{name}.equilibration_fs is {equilibration:g}; give 0 or more")
