"""The cost of changes: the jobs that run again, longer or larger by what is changed."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from amorph_flows.remedies._case import ATOMS
from amorph_flows.remedies._settings import Settings, set_value, value_of

_AFTER_LEARNING = ("mtp_sampling", "melt_sampling", "large_glass", "production", "voltage")
_AFTER_LABELS = ("fit", "active_learning", *_AFTER_LEARNING)
OF_A_GLASS = ("melt_quench", "sampling", "mtp_sampling", "large_glass", "production", "voltage")
"""Stages that each glass has; what crystals take in the voltage is small."""
OF_COMPOSITION = ("glasses", "transition", "elastic", "ions")
"""Stages of a study of glasses that starts from a composition, after its potential."""
RUN_AGAIN: dict[str, tuple[str, ...]] = {
    "n_glasses": ("melt_quench", "sampling", *_AFTER_LABELS),
    "until": OF_A_GLASS,
    "n_occupations": ("sampling", *_AFTER_LABELS),
    "engine": ("melt_quench", "sampling", *_AFTER_LABELS),
    "melt_quench": ("melt_quench", "sampling", *_AFTER_LABELS),
    "insertion": ("sampling", *_AFTER_LABELS),
    "sampling": ("sampling", *_AFTER_LABELS),
    "fit": _AFTER_LABELS,
    "active_learning": ("active_learning", *_AFTER_LEARNING),
    "mtp_sampling": ("mtp_sampling", "voltage"),
    "large_glass": ("large_glass", "production"),
    "production": ("production",),
    "production_temperatures_k": ("production",),
    "voltage": ("voltage",),
    "learning": ("learning", *OF_COMPOSITION),
    "glasses": OF_COMPOSITION,
    **{stage: (stage,) for stage in OF_COMPOSITION[1:]},
}
"""The stages that run again where a key of a stage is changed."""
_KEPT = {
    "n_glasses": ("melt_quench", "sampling"),
    "until": OF_A_GLASS,
    "n_occupations": ("sampling",),
}
"""The stages whose jobs stay where a key asks for more of them."""
_HELD = ("start_nvt", "start_npt", "melt_nvt", "melt_npt", "relax")
"""Parts of the schedule of a glass besides its cooling."""
_OF_GLASSES = ("melt_quench", "large_glass")


def core_hours(
    changes: Mapping[str, Any], settings: Settings, cpu_seconds: Mapping[str, float | None]
) -> float | None:
    """Return what the jobs that run again cost; None where that is not known.

    Parameters
    ----------
    changes
        New values by key; what runs again for several of them is counted once.
    settings
        Of the study, before.
    cpu_seconds
        What the jobs of each stage took, s; a stage that the study has not is not there.
    """
    stages = {key: key.partition(".")[0] for key in changes}
    new = {"n_glasses" if key == "until.most_glasses" else key: changes[key] for key in changes}
    known = set(stages.values()) <= set(RUN_AGAIN) and "until.budget_core_hours" not in changes
    if not (cpu_seconds and known) or any(value_of(settings, key) is None for key in new):
        return None
    changed = settings
    for key, value in new.items():
        changed = set_value(changed, key, value)
    total = 0.0
    for stage in dict.fromkeys(again for first in stages.values() for again in RUN_AGAIN[first]):
        took = cpu_seconds.get(stage, 0.0)
        if took is None:
            return None
        ratio = _extent(stage, changed) / _extent(stage, settings)
        ratio *= _samples(stage, changed) / _samples(stage, settings)
        causes = [first for first in stages.values() if stage in RUN_AGAIN[first]]
        total += took * (ratio - all(stage in _KEPT.get(first, ()) for first in causes))
    return float(f"{total / 3600:.3g}")


def _samples(stage: str, settings: Settings) -> int:
    """Return of how many glasses, or occupations of all of them, a stage has jobs."""
    glasses, occupations = (settings.get(key) or 1 for key in ("n_glasses", "n_occupations"))
    if stage == "melt_sampling":
        return 1
    quenched = stage == "production" and value_of(settings, "production.glass") == "quenched"
    return glasses if stage in _OF_GLASSES or quenched else glasses * occupations


def _extent(stage: str, settings: Settings) -> float:
    """Return what the cost of a stage is in proportion to, from its settings; 1 if nothing."""
    of_composition = stage in OF_COMPOSITION
    return (_extent_of_glasses if of_composition else _extent_of_crystal)(stage, settings)


def _extent_of_crystal(stage: str, settings: Settings) -> float:
    """Return it of a stage of a study that starts from a crystal."""

    def of(key: str) -> Any:
        return value_of(settings, f"{stage}.{key}")

    def many(key: str) -> int:
        return len(value_of(settings, key) or ())

    def most_fs(length: str, goal: str) -> float:
        """Return the length of a run, its budget where it has a goal."""
        most_ps = of(f"{goal}.budget_ps")
        return float(of(length) or 0.0 if most_ps is None else most_ps * 1e3)

    step = of("time_step_fs")
    if stage == "melt_quench" and step and of("melt_duration_fs") is not None:
        hold_fs = most_fs("branch.duration_fs", "branch.until")
        holds = (len(of("branch_temperatures_k")) + 1) * hold_fs
        melt = most_fs("melt_duration_fs", "until")
        return float(melt + of("quench_duration_fs") + holds) / float(step)
    if stage == "sampling" and step and of("duration_fs"):
        return most_fs("duration_fs", "until") / float(step)
    if stage == "active_learning" and step and of("max_turns"):
        return float(of("duration_fs")) * of("max_turns") * of("n_seeds") / float(step)
    if stage == "voltage" and of("n_snapshots"):
        return float(of("n_snapshots"))
    if stage in ("production", "mtp_sampling") and step and of("supercell"):
        temperatures = many("production_temperatures_k") if stage == "production" else 1
        length, most_ps = of("production_fs"), of("until.budget_ps")
        if of("until.budget_core_hours") and not most_ps:
            return float(of("until.budget_core_hours")) * max(temperatures, 1)
        length = length if most_ps is None else most_ps * 1e3
        run = (of("equilibration_fs") + length) / step
        return float(run * prod(of("supercell")) * max(temperatures, 1))
    return 1.0


def _extent_of_glasses(stage: str, settings: Settings) -> float:
    """Return it of a stage of a study that starts from a composition."""
    atoms = float(value_of(settings, ATOMS) or 1.0)

    def of(key: str) -> Any:
        return value_of(settings, f"{stage}.{key}")

    if stage == "glasses" and of("schedule.rate_k_per_ps"):
        cooling = of("schedule.melt_temperature_k") - of("schedule.final_temperature_k")
        held = sum(of(f"schedule.{part}_fs") for part in _HELD)
        length = held + cooling / of("schedule.rate_k_per_ps") * 1e3
        return float(atoms * length / of("schedule.time_step_fs"))
    if stage == "transition" and of("production.production_fs"):
        hold = of("production.equilibration_fs") + of("production.production_fs")
        return float(atoms * hold * len(of("temperatures_k")))
    if stage == "ions" and of("production_fs"):
        kelvin = of("temperatures_k")
        heating = sum(abs(t - of("start_temperature_k")) for t in kelvin) / of("rate_k_per_ps")
        held = (of("equilibration_fs") + of("production_fs")) * len(kelvin)
        return float(atoms * (heating * 1e3 + held) / of("time_step_fs"))
    return atoms
