"""Runs of a study beside those that its voltages and diffusivities are from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobflow import Flow, Job
from pymatgen.core import Structure

from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.production import produce, without_goal
from amorph_flows.flows.samples import Sample
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.jobs.transport import collect_transport
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.upstream.jobflow import without_what_failed

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


def run_melt(
    study: AmorphousElectrodeMaker, potential: PotentialDoc, sample: Sample
) -> list[Job | Flow]:
    """Return MD with the potential of the melt of a glass; nothing where none is known.

    Parameters
    ----------
    study
        The stages.
    potential
        The potential, or a reference to it.
    sample
        Of the glass.
    """
    quench = study.melt_quench
    if not isinstance(quench, MeltQuenchMaker):
        return []
    melt, melt_k = sample.quench.output["melt"].structure, quench.melt_temperature_k
    return [study.melt_sampling.make(potential, melt, melt_k, sample.formulas[0], "engine's melt")]


def run_host(
    study: AmorphousElectrodeMaker, potential: PotentialDoc, sample: Sample
) -> list[Job | Flow]:
    """Return production without ions, in each cell that production with ions has, if there is any.

    Parameters
    ----------
    study
        The stages.
    potential
        The potential, or a reference to it.
    sample
        Of the glass.
    """
    if not study.produce_host:
        return []
    hosts = {t: label.structure for t, label in sample.branches.items()}
    wanted_k, empty = study.production_temperatures_k, sample.formulas[0]
    stages = [without_goal(study.production), *_smaller(study)]
    return [run for s in stages for run in produce(s, potential, hosts, wanted_k, empty)]


def cool(
    study: AmorphousElectrodeMaker, potential: PotentialDoc, sample: Sample
) -> list[Job | Flow]:
    """Return what finds the glass transition of a sample with ions, if the study has it.

    Parameters
    ----------
    study
        The stages.
    potential
        The potential, or a reference to it.
    sample
        The sample.
    """
    if not study.find_glass_transition:
        return []
    hot = sample.engine_md
    return [study.glass_transition.make(hot[max(hot)].structure, potential)]


def transport_beside(
    study: AmorphousElectrodeMaker, potential: PotentialDoc, crystal: Structure, sample: Sample
) -> dict[str, Flow]:
    """Return what gives diffusivities of a sample beside those of production.

    The outputs are `TransportDoc`, under the names that the report has for them: engine MD that
    goes on, and production in the cell of engine MD.

    Parameters
    ----------
    study
        The stages.
    potential
        The potential, or a reference to it.
    crystal
        The crystal in the engine's cell, or a reference to it.
    sample
        The sample, with ions.
    """
    found: dict[str, Flow] = {}
    if study.find_engine_transport:
        found["engine_transport"] = study.engine_transport.make(
            sample.engine_md, study.sampling, study.ion, sample.full, crystal
        )
    for stage in _smaller(study):
        structures = {t: label.structure for t, label in sample.engine_md.items()}
        given = structures, study.production_temperatures_k, sample.full
        runs = produce(stage, potential, *given, crystal=crystal)
        done = [run.output for run in runs]
        collect = collect_transport(done, study.ion, settings=study.transport)
        collect.name = f"{stage.name} transport"
        without_what_failed(collect)
        found["small_transport"] = Flow([*runs, collect], output=collect.output, name=stage.name)
    return found


def _smaller(study: AmorphousElectrodeMaker) -> list[ProductionMDMaker]:
    """Return production in the cell of engine MD, if the study has it."""
    large = without_goal(study.production)
    if not (study.produce_small and isinstance(large, ProductionMDMaker)):
        return []
    return [replace(large, name=f"small {large.name}", supercell=(1, 1, 1), glass="copy")]
