"""The check of a whole study before its first calculation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.flows.checks import (
    check_cell_size,
    check_discharged,
    check_engine,
    check_lattice_planes,
    check_npt_width,
    check_stage,
    check_temperatures,
)
from amorph_flows.flows.crystal import multiples_of_melt
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.flows.production import check_large_glass, check_no_goal, quenches_its_glass
from amorph_flows.flows.samples import check_samples
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.jobs.glass_goal import check_glasses_until
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.structures import (
    check_structure,
    check_width,
    parse_ion,
    reference_metal,
    supercell_by_axes,
)
from amorph_flows.structures.stoichiometry import count_ions, repeated_for_ions

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


def check_study(
    given: AmorphousElectrodeMaker,
    study: AmorphousElectrodeMaker,
    structure: Structure,
    discharged_structure: Structure | None,
) -> None:
    """Refuse what cannot be right in a study.

    Parameters
    ----------
    given
        The Maker of the study.
    study
        The same with what its stages share put into them.
    structure, discharged_structure
        The crystal without and with ions.

    Raises
    ------
    InputError, MissingDependencyError
        What is wrong, its value and what to do.
    """
    check_structure(structure)
    ion = parse_ion(given.ion)
    metal = reference_metal(ion.symbol)
    highest = _highest_content(given)
    multiples = multiples_of_melt(structure, given.cell_lengths_a, given.contents)
    check_cell_size(structure, given.cell_lengths_a, multiples)
    host = supercell_by_axes(structure, multiples)
    crystal = repeated_for_ions(structure, [highest])
    n_in_crystal = count_ions(crystal, highest)
    ions_in_host = [count_ions(host, content) for content in given.contents]
    if discharged_structure is not None:
        check_discharged(structure, discharged_structure, ion.symbol, highest)
    check_engine(given.engine, host, metal)
    if given.relax_crystal and not given.engine.has_stress:
        raise InputError(
            f"relax_crystal is true, but engine {given.engine.info().name} has no stress, so no "
            "cell can relax; set relax_crystal to false, or use another engine"
        )
    check_lattice_planes(given.lattice_planes, {*host.symbol_set, ion.symbol})
    large = [study.large_glass] if quenches_its_glass(study.production) else []
    check_glasses_until(given.until, given.n_glasses)
    if given.until.is_set and not isinstance(study.voltage, VoltageMaker):
        raise InputError(
            f"until adds glasses, but voltage, a {type(study.voltage).__name__}, cannot add "
            "their voltages; use a VoltageMaker, or give n_glasses and no until"
        )
    check_samples(given.n_glasses, given.n_occupations, study.insertion, study.melt_quench, *large)
    check_stage("melt_quench", study.melt_quench, host)
    for n_ions in ions_in_host:
        check_stage("insertion", study.insertion, host, study.ion, n_ions)
    check_stage("sampling", study.sampling, host)
    check_stage("fit", study.fit, host)
    check_stage("active_learning", study.active_learning, host)
    check_no_goal(mtp_sampling=study.mtp_sampling, melt_sampling=study.melt_sampling)
    check_stage("mtp_sampling", study.mtp_sampling, host)
    check_stage("melt_sampling", study.melt_sampling, host)
    check_stage("production", study.production, host)
    check_large_glass(study.large_glass, study.production, host, study.ion, highest)
    check_stage("voltage", study.voltage, crystal, study.ion, n_in_crystal)
    _check_transport(study)
    if given.find_glass_transition:
        check_stage("glass_transition", study.glass_transition, host, True)
    branches_k = study.melt_quench.temperatures_k
    check_temperatures(given.insertion_temperatures_k, given.production_temperatures_k, branches_k)
    fit, production = given.fit, given.production
    if isinstance(fit, FitPotentialMaker) and isinstance(production, ProductionMDMaker):
        check_width(host * production.supercell, fit.cutoff_a)
    if isinstance(fit, FitPotentialMaker):
        sampling = given.mtp_sampling
        if isinstance(sampling, ProductionMDMaker) and sampling.ensemble == "npt":
            check_npt_width("mtp_sampling", host * sampling.supercell, fit.cutoff_a)


def _highest_content(given: AmorphousElectrodeMaker) -> float:
    """Return the highest content of ions; refuse contents that are none or not all different."""
    contents = given.contents
    if not contents or min(contents) <= 0 or len(set(contents)) < len(contents):
        raise InputError(
            f"ions_per_formula is {given.ions_per_formula}; give one number above 0, or several "
            "that differ, such as [0.25, 0.5, 1.0]; the glass without ions is always there"
        )
    return given.highest_content


def _check_transport(study: AmorphousElectrodeMaker) -> None:
    """Refuse diffusivities that no run of the study could give."""
    production = study.production
    if isinstance(production, ProductionMDMaker):
        study.transport.check(production.production_fs, "transport")
    elif study.produce_small:
        raise InputError(
            f"produce_small is true, but production, a {type(production).__name__}, has no cell "
            "that could be smaller; use a ProductionMDMaker, or set produce_small to false"
        )
    if study.find_engine_transport:
        study.engine_transport.check(study.sampling)
