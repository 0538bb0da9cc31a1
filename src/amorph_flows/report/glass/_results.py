"""The results of a study of glasses, from the documents of its stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.active_learning import ActiveLearningDoc
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.glass import GlassStructureDoc
from amorph_flows.schemas.glass_study import GlassResult
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.ion_dynamics import IonDynamicsDoc
from amorph_flows.schemas.spread import SpreadDoc

_SHOWN = ("density", "coordination_", "linkage_", "connectivity", "peak_", "fsdp_", "void_")
_MODULI: dict[str, tuple[Callable[[ElasticDoc], float], str]] = {
    "youngs_modulus": (lambda doc: doc.young_gpa, "GPa"),
    "shear_modulus": (lambda doc: doc.shear_gpa, "GPa"),
    "bulk_modulus": (lambda doc: doc.bulk_gpa, "GPa"),
    "poisson_ratio": (lambda doc: doc.poisson, ""),
}


def glass_results(
    structure: GlassStructureDoc,
    transitions: Sequence[GlassTransitionDoc] = (),
    elastic: Sequence[ElasticDoc] = (),
    ions: IonDynamicsDoc | None = None,
) -> list[GlassResult]:
    """Return the numbers of a study.

    Parameters
    ----------
    structure
        Of all glasses.
    transitions, elastic
        Of each glass that has one.
    ions
        Of all glasses; None where their motion was not looked at.
    """
    found = [
        _spread(name, number)
        for name, number in structure.numbers.items()
        if name.startswith(_SHOWN)
    ]
    found += _cooling(transitions)
    for name, (read, unit) in _MODULI.items():
        if elastic:
            spread = SpreadDoc.of([read(doc) for doc in elastic], unit)
            found.append(_spread(name, spread, [doc.isotropic for doc in elastic]))
    return [*found, *_motion(ions)]


def with_doubt(
    results: Sequence[GlassResult], learning: ActiveLearningDoc | None
) -> list[GlassResult]:
    """Return results, each with the doubt that the potential did not converge where it did not.

    Parameters
    ----------
    results
        The numbers of a study.
    learning
        How the potential was learned; None where it was given.
    """
    if learning is None or learning.verdict.passed:
        return list(results)
    doubt = learning.verdict
    return [one.model_copy(update={"doubts": [doubt, *one.doubts]}) for one in results]


def _spread(name: str, number: SpreadDoc, verdicts: Sequence[Verdict] = ()) -> GlassResult:
    return GlassResult(
        quantity=name,
        value=number.mean,
        unit=number.unit,
        uncertainty=number.standard_deviation,
        n_glasses=len(number.values),
        doubts=[verdict for verdict in verdicts if not verdict.passed],
    )


def _cooling(transitions: Sequence[GlassTransitionDoc]) -> Iterator[GlassResult]:
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
                spread = SpreadDoc.of([value for value, _ in known], unit)
                verdicts = [verdict for _, verdict in known if verdict is not None]
                result = _spread(name, spread, verdicts)
                yield result.model_copy(update={"heating": ensemble})


def _motion(ions: IonDynamicsDoc | None) -> Iterator[GlassResult]:
    if ions is None:
        return
    for one in ions.tracer_diffusivities:
        interval = one.cm2_s.interval
        yield GlassResult(
            quantity="tracer_diffusivity",
            species=one.species,
            temperature_k=one.temperature_k,
            heating=one.heating,
            value=one.cm2_s.value,
            unit="cm²/s",
            uncertainty=None if interval is None else list(interval),
            n_glasses=one.cm2_s.n_glasses,
            doubts=one.doubts,
        )
    for energy in ions.activation_energies:
        interval = energy.ev.interval
        fitted = [
            verdict
            for one in ions.tracer_diffusivities
            if (one.species, one.heating) == (energy.species, energy.heating)
            for verdict in one.doubts
        ]
        yield GlassResult(
            quantity="activation_energy",
            species=energy.species,
            heating=energy.heating,
            value=energy.ev.value,
            unit="eV",
            uncertainty=None if interval is None else list(interval),
            n_glasses=energy.ev.n_glasses,
            doubts=list({verdict.question: verdict for verdict in fitted}.values()),
        )
