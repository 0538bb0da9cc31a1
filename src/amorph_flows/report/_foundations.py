"""Foundations of a result: the verdicts that decide which of the four words it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.remedies import value_of, with_remedy
from amorph_flows.report._basis import glass_formula
from amorph_flows.report._costs import cpu_seconds_of_stages
from amorph_flows.report._samples import of_several
from amorph_flows.schemas.labelling import EngineVerdict
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.study import ResultRow, StudyParts

_STAGES = {
    "engine MD": "sampling",
    "MTP MD": "mtp_sampling",
    "crystal by MTP": "potential",
    "crystal relaxed by MTP": "potential",
}
_AMORPHOUS = "amorphous?"
_VOLTAGES = {"average_voltage", "voltage_crystal"}
_OF_ALL_TEMPERATURES = {"activation_energy", "diffusivity_300k", "conductivity_300k"}


def foundations(parts: StudyParts, row: ResultRow) -> list[Verdict]:
    """Return the verdicts that a result rests on, its own first.

    A result of MD with the potential rests on its runs, on active learning, on the potential and
    on the amorphous structures, which for transport are those of the potential's own glass where
    it made one; one of engine MD on the amorphous structures alone; one of the crystal on neither,
    or with the potential on that alone. A run that is not amorphous is no cause of its own where
    its branch was not, and several are one. All rest on the engine; that it is a surrogate is said
    once, at the end. One of several samples rests on what each of them rests on.

    Parameters
    ----------
    parts
        The documents of the study.
    row
        The result.
    """
    samples = [
        parts.of_sample(sample)
        for sample in parts.samples
        if row.quantity in _VOLTAGES or sample.transport is not None
    ]
    if not samples:
        return _of_one(parts, row)
    if row.quantity == "voltage_crystal":
        return _of_one(samples[0], row)
    return _once(
        [*_enough_glasses(parts, row), *of_several([_of_one(sample, row) for sample in samples])]
    )


def _enough_glasses(parts: StudyParts, row: ResultRow) -> list[Verdict]:
    """Return whether a result that glasses are added for is as precise as asked."""
    if parts.enough_glasses is None:
        return []
    quantity, temperature = (
        value_of(parts.settings, f"until.{name}") for name in ("quantity", "temperature_k")
    )
    counts = row.quantity == quantity and temperature in (None, row.temperature_k)
    return _mended(parts, "until", [parts.enough_glasses]) if counts else []


def _of_one(parts: StudyParts, row: ResultRow) -> list[Verdict]:
    """Return the verdicts that a result of one sample rests on."""
    temperatures = _temperatures(parts, row)
    verdicts = [*own_verdicts(parts, row)]
    if row.structure_source.endswith(("MTP MD", "by MTP")):
        verdicts += _production(parts, temperatures)
        loop = parts.active_learning
        verdicts += _mended(parts, "active_learning", [loop.verdict, *filter(None, [loop.goal])])
        verdicts += _mended(parts, "fit", [*parts.potential.verdicts, *parts.dataset.verdicts])
    if row.quantity not in _VOLTAGES and parts.large_quench is not None:
        verdicts += _structures(parts, row, large=parts.large_quench)
    elif row.quantity != "voltage_crystal":
        verdicts += _structures(parts, row)
    engines = (parts.voltage.engine, parts.quench.engine, parts.dataset.engine)
    surrogates = [verdict for engine in engines for verdict in engine.verdicts("energies")]
    return _once([*verdicts, *surrogates])


def own_verdicts(parts: StudyParts, row: ResultRow) -> list[Verdict]:
    """Return the verdicts of the document that holds the number.

    Parameters
    ----------
    parts
        The documents of the study.
    row
        The result.
    """
    if row.quantity in _VOLTAGES:
        own = [
            verdict
            for point in parts.voltage.points
            if (point.structure_source, point.temperature_k)
            == (row.structure_source, row.temperature_k)
            for verdict in point.verdicts
        ]
        return _mended(parts, _STAGES.get(row.structure_source, "voltage"), own)
    if row.quantity in _OF_ALL_TEMPERATURES:
        haven = parts.transport.haven_verdict
        own = [haven] if haven is not None and row.quantity == "conductivity_300k" else []
        own += [*parts.transport.verdicts, *_points(parts, _temperatures(parts, row))]
        return _mended(parts, "production", own)
    return _mended(parts, "production", _points(parts, _temperatures(parts, row)))


def _temperatures(parts: StudyParts, row: ResultRow) -> set[float]:
    """Return the temperatures that a result comes from."""
    if row.quantity in _OF_ALL_TEMPERATURES:
        return set(parts.transport.fitted_temperatures_k)
    return set() if row.temperature_k is None else {row.temperature_k}


def _points(parts: StudyParts, temperatures: set[float]) -> list[Verdict]:
    return [
        verdict
        for point in parts.transport.temperatures
        if point.temperature_k in temperatures
        for verdict in point.verdicts
    ]


def _production(parts: StudyParts, temperatures: set[float]) -> list[Verdict]:
    found = [
        verdict
        for run in parts.production
        if run.temperature_k in temperatures
        for verdict in run.verdicts
        if verdict.question != _AMORPHOUS
    ]
    return _mended(parts, "production", found)


def _held(parts: StudyParts, row: ResultRow) -> dict[float, Verdict]:
    """Return whether the runs that a result is from are amorphous, by temperature."""
    if row.quantity not in _VOLTAGES:
        runs = [(run.temperature_k, run.verdicts) for run in parts.production]
        return {t: v for t, verdicts in runs for v in verdicts if v.question == _AMORPHOUS}
    with_ions = glass_formula(parts)
    return {
        sample.temperature_k: sample.amorphous
        for sample in parts.structure.samples
        if (sample.structure_source, sample.formula) == (row.structure_source, with_ions)
        if sample.temperature_k is not None and sample.amorphous is not None
    }


def _structures(parts: StudyParts, row: ResultRow, large: QuenchDoc | None = None) -> list[Verdict]:
    """Return the verdicts on melt, branches, insertions and runs; without one, the nearest."""
    temperatures, quench = _temperatures(parts, row), large or parts.quench
    insertions = parts.large_insertions if large else parts.insertions
    branches = {branch.temperature_k: branch.amorphous for branch in quench.branches}
    volumes = {b.temperature_k: b.volume for b in quench.branches if b.volume is not None}
    reached = {b.temperature_k: b.goal for b in quench.branches if b.goal is not None}
    sites = {site.temperature_k: site.verdict for site in insertions}
    relaxed = {s.temperature_k: s.relaxed for s in insertions if s.relaxed is not None}
    held = {t: v for t, v in _held(parts, row).items() if t in temperatures}
    [melted, *goals] = _mended(parts, "melt_quench", [quench.melted, *quench.goals])
    if not melted.passed:  # what never melted is the crystal, however it was cooled
        branches = {t: replace(v, remedy=melted.remedy) for t, v in branches.items()}
        held = {t: replace(v, remedy=melted.remedy) for t, v in held.items()}
    inside = _mended(parts, "large_glass", [quench.inside]) if quench.inside else []
    doubted = [
        verdict
        for t, verdict in sorted(held.items(), key=lambda one: one[0])
        if not verdict.passed and all(branch.passed for branch in _nearest(branches, t))
    ]
    judged = [*(verdict for verdict in held.values() if verdict.passed), *doubted[:1]]
    verdicts = [melted, *goals, *inside, *_mended(parts, "melt_quench", judged)]
    for stage, found in (
        ("melt_quench", branches),
        ("large_glass" if large else "melt_quench.branch", volumes),
        ("melt_quench.branch", reached),
        ("insertion", sites),
        ("insertion", relaxed),
    ):
        for temperature in sorted(temperatures):
            verdicts += _mended(parts, stage, _nearest(found, temperature))
    return verdicts


def _nearest(
    found: Mapping[float, Verdict] | Mapping[float | None, Verdict], temperature_k: float
) -> list[Verdict]:
    """Return the verdict at the nearest temperature; empty where none has one."""
    known = [(abs(t - temperature_k), t, verdict) for t, verdict in found.items() if t is not None]
    return [min(known, key=lambda one: one[:2])[2]] if known else []


def _mended(parts: StudyParts, stage: str, verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts of a stage, those that failed with their remedies."""
    took = cpu_seconds_of_stages(parts)
    return [with_remedy(verdict, stage, parts.settings, took) for verdict in verdicts]


def _once(verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts, each reason once, and once and last that the engine is a surrogate."""
    kept: dict[str, Verdict] = {}
    shared: list[Verdict] = []
    for verdict in verdicts:
        if verdict.answer == EngineVerdict.SURROGATE:
            shared.append(verdict)
        else:
            kept.setdefault(verdict.reason, verdict)
    return [*kept.values(), *shared[:1]]
