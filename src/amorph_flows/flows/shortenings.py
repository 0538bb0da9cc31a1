"""Shortenings of a study against the published protocol."""

from __future__ import annotations

from math import prod

from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.study import Shortening

Extent = dict[str, tuple[float, str]]
"""What makes a study long, large or fine: value and unit by name."""


def extent_of(stage: object, role: str = "") -> Extent:
    """Return what makes a stage long, large or fine; empty for a stage that is not known.

    Parameters
    ----------
    stage
        Any Maker.
    role
        What a Maker that serves several stages is used for.
    """
    found: Extent = {}
    if isinstance(stage, MeltQuenchMaker):
        found["melt"] = stage.melt_duration_fs / 1e3, "ps"
        found["quench"] = stage.quench_duration_fs / 1e3, "ps"
        found |= extent_of(stage.branch, "hold of each branch")
    elif isinstance(stage, SamplingMaker):
        found[role] = stage.duration_fs / 1e3, "ps"
    elif isinstance(stage, FitPotentialMaker):
        if isinstance(stage.settings, MTPSettings):
            found["level of the potential"] = stage.settings.level, ""
        found["cutoff of the potential"] = stage.settings.cutoff, "Å"
    elif isinstance(stage, ActiveLearningMaker):
        found["active learning: unbroken run"] = stage.duration_fs / 1e3, "ps"
        found["active learning: turns at most"] = stage.max_turns, ""
    elif isinstance(stage, ProductionMDMaker):
        found[role] = stage.production_fs / 1e3, "ps"
        found[f"{role} cell, repetitions"] = prod(stage.supercell), ""
    return found


def shortenings_of(published: Extent, here: Extent) -> list[Shortening]:
    """Return the ways in which one study is smaller than another.

    Parameters
    ----------
    published, here
        The larger study and the smaller one.
    """
    return [
        Shortening(what=what, published=value, here=here[what][0], unit=unit)
        for what, (value, unit) in published.items()
        if what in here and here[what][0] < value
    ]
