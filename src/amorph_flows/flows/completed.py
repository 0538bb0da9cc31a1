"""What the stages of a study share, put into each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.flows.interface import with_engine
from amorph_flows.flows.large_glass import LargeGlassMaker
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.flows.production import with_goal_for
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.jobs.insertion import IonInsertionMaker
from amorph_flows.structures import parse_ion

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker

_Study = TypeVar("_Study", bound="AmorphousElectrodeMaker")


def completed(study: _Study) -> _Study:
    """Return a copy of a study whose stages have its engine, fit and insertion.

    Parameters
    ----------
    study
        Its Maker.
    """
    ion = str(parse_ion(study.ion))
    learning, voltage, large = study.active_learning, study.voltage, study.large_glass
    if isinstance(large, LargeGlassMaker):
        large = replace(large, insertion=study.insertion)
        if isinstance(study.melt_quench, MeltQuenchMaker):
            large = replace(large, melt_quench=study.melt_quench)
    if isinstance(learning, ActiveLearningMaker) and isinstance(study.fit, FitPotentialMaker):
        learning = replace(learning, fit=study.fit)
    if isinstance(voltage, VoltageMaker):
        insertion = study.insertion
        if isinstance(insertion, IonInsertionMaker):  # the crystal is relaxed in any case
            insertion = replace(insertion, relax_cell=False)
        voltage = replace(voltage, insertion=insertion)
    whole = replace(
        study,
        ion=ion,
        active_learning=learning,
        voltage=voltage,
        large_glass=large,
        production=with_goal_for(study.production, ion),
    )
    return with_engine(whole, study.engine)
