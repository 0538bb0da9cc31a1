"""The results of a study of glasses, each with its word and what stands in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from amorph_flows.analysis.verdict import Verdict, first_failed
from amorph_flows.remedies import Settings, with_remedy
from amorph_flows.report._judged import judged
from amorph_flows.runtime.cpu_time import cpu_seconds_of, total_seconds
from amorph_flows.schemas.active_learning import ActiveLearningDoc
from amorph_flows.schemas.combined import CombinedDoc
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.glass import GlassStructureDoc
from amorph_flows.schemas.glass_making import GlassesDoc
from amorph_flows.schemas.glass_study import GlassResult
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.ion_dynamics import HeatedActivation, HeatedDiffusivity, IonDynamicsDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.spread import SpreadDoc

_SHOWN = ("density", "coordination_", "linkage_", "connectivity", "peak_", "fsdp_", "void_")
_MODULI: dict[str, tuple[Callable[[ElasticDoc], float], str]] = {
    "youngs_modulus": (lambda doc: doc.young_gpa, "GPa"),
    "shear_modulus": (lambda doc: doc.shear_gpa, "GPa"),
    "bulk_modulus": (lambda doc: doc.bulk_gpa, "GPa"),
    "poisson_ratio": (lambda doc: doc.poisson, ""),
}
_ONE_GLASS = "of one glass, so that the scatter between glasses is not known"

Number = tuple[GlassResult, str, list[Verdict]]
"""A number that is not judged yet, the stage that it is from, and the verdicts on it."""


@dataclass(frozen=True)
class GlassParts:
    """The documents of a study of glasses, those that failed left out.

    Parameters
    ----------
    preset
        The protocol.
    made
        How the glasses were made.
    runs
        Of each glass.
    potential
        Of all stages.
    structure
        What the glasses are like.
    transitions, elastic
        Of each glass.
    ions
        How ions move; None where it was not asked for.
    learning
        How the potential was learned; None where it was given.
    references
        Values from elsewhere.
    settings
        Of the study's Maker, by the keys of a study file's overrides.
    """

    preset: str
    made: GlassesDoc
    runs: Sequence[TrajectoryDoc]
    potential: PotentialDoc
    structure: GlassStructureDoc
    transitions: Sequence[GlassTransitionDoc] = ()
    elastic: Sequence[ElasticDoc] = ()
    ions: IonDynamicsDoc | None = None
    learning: ActiveLearningDoc | None = None
    references: Sequence[Reference] = ()
    settings: Settings = field(default_factory=dict)

    @cached_property
    def cpu_seconds(self) -> dict[str, float | None]:
        """CPU time of each stage, s; None where it is not known."""
        took: dict[str, float | None] = {"glasses": cpu_seconds_of(self.runs)}
        if self.learning is not None:
            took["learning"] = total_seconds(t.cpu_seconds for t in self.learning.generations)
            took["first labels"] = None
        if self.transitions:
            took["transition"] = cpu_seconds_of(self.transitions)
        if self.elastic:
            took["elastic"] = total_seconds(doc.inputs_cpu_seconds for doc in self.elastic)
        if self.ions is not None:
            took["ions"] = self.ions.inputs_cpu_seconds
        return took


def glass_results(parts: GlassParts) -> list[GlassResult]:
    """Return the numbers of a study.

    Each rests on the verdicts on itself, on the runs that made the glasses, on the potential, on
    how that was learned, and on the engine of its labels.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    shared = _foundations(parts)
    return [
        judged(
            one if one.n_glasses > 1 else one.model_copy(update={"note": _ONE_GLASS}),
            [*_mended(parts, stage, verdicts), *shared],
        )
        for one, stage, verdicts in _numbers(parts)
    ]


def _foundations(parts: GlassParts) -> list[Verdict]:
    """Return the verdicts that all results rest on, the first of each question that failed."""
    of_runs = first_failed(verdict for run in parts.runs for verdict in run.verdicts)
    learned = []
    if parts.learning is not None:
        learned = [parts.learning.verdict, *filter(None, [parts.learning.goal])]
    made = [*filter(None, [parts.structure.amorphous, parts.made.cooling]), *of_runs]
    return [
        *_mended(parts, "glasses.schedule", made),
        *_mended(parts, "learning", learned),
        *_mended(parts, "learning.fit", parts.potential.verdicts),
        *parts.potential.engine.verdicts("energies"),
    ]


def _mended(parts: GlassParts, stage: str, verdicts: Sequence[Verdict]) -> list[Verdict]:
    took = parts.cpu_seconds
    return [with_remedy(verdict, stage, parts.settings, took) for verdict in verdicts]


def _numbers(parts: GlassParts) -> Iterator[Number]:
    structure = parts.structure
    for name, number in structure.numbers.items():
        if name.startswith(_SHOWN):
            on_it = [structure.verdicts[name]] if name in structure.verdicts else []
            yield _spread(name, number), "structure", on_it
    yield from _cooling(parts.transitions)
    for name, (read, unit) in _MODULI.items():
        if parts.elastic:
            spread = SpreadDoc.of([read(doc) for doc in parts.elastic], unit)
            yield _spread(name, spread), "elastic", first_failed(e.isotropic for e in parts.elastic)
    if parts.ions is not None:
        yield from _motion(parts.ions)


def _spread(name: str, number: SpreadDoc) -> GlassResult:
    return GlassResult(
        quantity=name,
        value=number.mean,
        unit=number.unit,
        uncertainty=number.standard_deviation,
        n_glasses=len(number.values),
    )


def _cooling(transitions: Sequence[GlassTransitionDoc]) -> Iterator[Number]:
    """Yield glass transitions under npt and nvt, and the expansion on both sides under npt."""
    for ensemble in ("npt", "nvt"):
        docs = [doc for doc in transitions if doc.ensemble == ensemble]
        found: list[tuple[str, str, list[tuple[float | None, Verdict | None]]]]
        found = [("glass_transition", "K", [(d.temperature_k, d.transition) for d in docs])]
        if ensemble == "npt":
            of_volume = [doc.volume_transition for doc in docs]
            for name in ("glass_expansion", "liquid_expansion"):
                values = [getattr(doc, f"{name}_per_k") for doc in docs]
                found.append((name, "1/K", list(zip(values, of_volume, strict=True))))
        for name, unit, numbers in found:
            known = [(value, verdict) for value, verdict in numbers if value is not None]
            if known:
                result = _spread(name, SpreadDoc.of([value for value, _ in known], unit))
                heated = result.model_copy(update={"heating": ensemble})
                yield heated, "transition", first_failed(verdict for _, verdict in known)


def _motion(ions: IonDynamicsDoc) -> Iterator[Number]:
    for one in ions.tracer_diffusivities:
        result = _combined("tracer_diffusivity", one, one.cm2_s, "cm²/s")
        held_at = {"temperature_k": one.temperature_k}
        yield result.model_copy(update=held_at), "ions", one.doubts
    for energy in ions.activation_energies:
        fitted = [
            verdict
            for one in ions.tracer_diffusivities
            if (one.species, one.heating) == (energy.species, energy.heating)
            for verdict in one.doubts
        ]
        yield _combined("activation_energy", energy, energy.ev, "eV"), "ions", first_failed(fitted)


def _combined(
    name: str, of: HeatedDiffusivity | HeatedActivation, found: CombinedDoc, unit: str
) -> GlassResult:
    return GlassResult(
        quantity=name,
        species=of.species,
        heating=of.heating,
        value=found.value,
        unit=unit,
        uncertainty=None if found.interval is None else list(found.interval),
        n_glasses=found.n_glasses,
    )
