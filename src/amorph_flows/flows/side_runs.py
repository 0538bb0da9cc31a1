"""Runs of a study beside those that its voltages and diffusivities are from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobflow import Flow, Job

from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.production import produce, without_goal
from amorph_flows.flows.samples import Sample
from amorph_flows.schemas.potential import PotentialDoc

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
    """Return production without ions, if the study has it.

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
    return produce(without_goal(study.production), potential, hosts, wanted_k, empty)


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


def engine_transport(study: AmorphousElectrodeMaker, sample: Sample) -> list[Job | Flow]:
    """Return engine MD of a sample with ions that goes on for diffusivities, if it does.

    Parameters
    ----------
    study
        The stages.
    sample
        The sample.
    """
    if not study.find_engine_transport:
        return []
    given = sample.engine_md, study.sampling, study.ion, sample.full
    return [study.engine_transport.make(*given)]
