"""Moment tensor potentials: files, grades, and two trainers, a C++ kernel and motep."""

from __future__ import annotations

from amorph_flows.potentials.mtp._active_set import active_set
from amorph_flows.potentials.mtp._calculator import MTPCalculator
from amorph_flows.potentials.mtp._file import MTPPotential, parse_mtp, read_mtp
from amorph_flows.potentials.mtp._settings import TrainingSettings
from amorph_flows.potentials.mtp._trainer import MTPTrainer, Progress, TrainingResult
from amorph_flows.potentials.mtp._untrained import untrained
from amorph_flows.potentials.mtp.plugin import build_plugin

__all__ = [
    "MTPCalculator",
    "MTPPotential",
    "MTPTrainer",
    "Progress",
    "TrainingResult",
    "TrainingSettings",
    "active_set",
    "build_plugin",
    "parse_mtp",
    "read_mtp",
    "untrained",
]
