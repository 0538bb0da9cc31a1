"""Flows: one Maker for each stage, and the whole study."""

from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.flows.batch_active_learning import BatchActiveLearningMaker
from amorph_flows.flows.elastic import ElasticMaker
from amorph_flows.flows.electrode import AmorphousElectrodeMaker
from amorph_flows.flows.glass import GlassStructureMaker
from amorph_flows.flows.glass_making import GlassMaker
from amorph_flows.flows.glass_study import GlassStudyMaker
from amorph_flows.flows.glass_transition import GlassTransitionMaker
from amorph_flows.flows.ion_dynamics import IonDynamicsMaker
from amorph_flows.flows.large_glass import LargeGlassMaker
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.flows.potential_comparison import ComparePotentialsMaker
from amorph_flows.flows.relabel import RelabelMaker
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.jobs.insertion import IonInsertionMaker
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.jobs.random_structure import RandomStructureMaker
from amorph_flows.jobs.sampling import SamplingMaker

__all__ = [
    "ActiveLearningMaker",
    "AmorphousElectrodeMaker",
    "BatchActiveLearningMaker",
    "ComparePotentialsMaker",
    "ElasticMaker",
    "FitPotentialMaker",
    "GlassMaker",
    "GlassStructureMaker",
    "GlassStudyMaker",
    "GlassTransitionMaker",
    "IonDynamicsMaker",
    "IonInsertionMaker",
    "LargeGlassMaker",
    "MeltQuenchMaker",
    "ProductionMDMaker",
    "RandomStructureMaker",
    "RelabelMaker",
    "SamplingMaker",
    "VoltageMaker",
]
