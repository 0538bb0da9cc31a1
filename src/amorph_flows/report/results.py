"""The results of a study: each number, how sure it is, and what stands between it and belief."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.remedies import with_remedy
from amorph_flows.report._costs import cpu_seconds_of_stages
from amorph_flows.report._foundations import foundations
from amorph_flows.report._judged import judged
from amorph_flows.report._samples import combined_rows, precise_together, with_note
from amorph_flows.report._times import in_ps, interval_in_ps
from amorph_flows.schemas.judged_number import Cause
from amorph_flows.schemas.study import Quantity, ResultRow, StudyParts

_NOT_SEEN: dict[Quantity, str] = {
    "residence_time": "too few hops of ions can be told apart",
    "memory_time": "the steps of the ions show no memory",
}
"""Why a sound run may have no such number."""


def result_rows(parts: StudyParts) -> list[ResultRow]:
    """Return the results of a study in the order of the report's first table.

    A value that is missing or not finite is refused: it becomes None and the row says why.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    return [_judged(parts, row) for row in _numbers(parts)]


def _numbers(parts: StudyParts) -> list[ResultRow]:
    """Return the rows before they are judged, those of several samples combined."""
    if not parts.samples:
        rows = [*_voltages(parts), *_diffusivities(parts), *_arrhenius(parts)]
        return [with_note(row) for row in rows]
    of_samples = [(sample, parts.of_sample(sample)) for sample in parts.samples]
    transported = [pair for pair in of_samples if pair[0].transport is not None]
    found = [(sample, row) for sample, own in of_samples for row in _voltages(own)]
    for rows_of in (_diffusivities, _arrhenius):
        found += [(sample, row) for sample, own in transported for row in rows_of(own)]
    return combined_rows(parts, found)


def _judged(parts: StudyParts, row: ResultRow) -> ResultRow:
    together = precise_together(row)
    took = cpu_seconds_of_stages(parts) if together else {}
    rests_on = [with_remedy(verdict, "samples", parts.settings, took) for verdict in together]
    rests_on += foundations(parts, row)
    return judged(row, rests_on, _missing(row, rests_on))


def _missing(row: ResultRow, rests_on: Sequence[Verdict]) -> list[Cause]:
    """Return why there is no number, where that is not what a verdict says."""
    seen, failed = row.quantity not in _NOT_SEEN, [v for v in rests_on if not v.passed]
    if row.value is not None or (seen and failed):
        return []
    reason = "the documents hold no value" if seen else _NOT_SEEN[row.quantity]
    return [Cause(question="a number?", answer="NONE", reason=reason, remedy=None)]


def _row(
    quantity: Quantity,
    source: str,
    temperature_k: float | None,
    value: float | None,
    unit: str,
    uncertainty: float | Sequence[float] | None,
    documents: Sequence[str],
) -> ResultRow:
    """Return a row before it is judged."""
    finite = value if value is not None and math.isfinite(value) else None
    return ResultRow(
        quantity=quantity,
        temperature_k=temperature_k,
        structure_source=source,
        value=finite,
        unit=unit,
        uncertainty=_finite(uncertainty) if finite is not None else None,
        documents=list(dict.fromkeys(uuid for uuid in documents if uuid)),
    )


def _finite(uncertainty: float | Sequence[float] | None) -> float | list[float] | None:
    """Return an uncertainty without anything that is not finite."""
    if uncertainty is None:
        return None
    if isinstance(uncertainty, int | float):
        return float(uncertainty) if math.isfinite(uncertainty) else None
    ends = [float(end) for end in uncertainty]
    return ends if all(math.isfinite(end) for end in ends) else None


def _voltages(parts: StudyParts) -> Iterator[ResultRow]:
    for point in parts.voltage.points:
        crystal = point.temperature_k is None
        yield _row(
            "voltage_crystal" if crystal else "average_voltage",
            point.structure_source,
            point.temperature_k,
            point.voltage_v,
            "V",
            point.standard_error_v,
            [parts.voltage.job_uuid, *point.documents],
        )


def _diffusivities(parts: StudyParts) -> Iterator[ResultRow]:
    """Yield one quantity after the other, each by temperature; D that is not positive is none."""
    quantities: list[tuple[Quantity, str, str]] = [
        ("tracer_diffusivity", "tracer_diffusivity_cm2_s", "cm²/s"),
        ("jump_diffusivity", "jump_diffusivity_cm2_s", "cm²/s"),
        ("haven_ratio", "haven_ratio", ""),
        ("conductivity", "conductivity_s_cm", "S/cm"),
        ("residence_time", "residence_time_fs", "ps"),
        ("memory_time", "memory_time_fs", "ps"),
        ("correlation_factor", "correlation_factor", ""),
    ]
    for quantity, field, unit in quantities:
        for point in parts.transport.temperatures:
            value, interval = getattr(point, field), getattr(point, _interval_field(field))
            if unit == "ps":
                value, interval = in_ps(value), interval_in_ps(interval)
            runs = [r.job_uuid for r in parts.production if r.temperature_k == point.temperature_k]
            yield _row(
                quantity,
                "MTP MD",
                point.temperature_k,
                value if value is not None and value > 0 else None,
                unit,
                interval,
                [parts.transport.job_uuid, *runs, parts.potential.job_uuid],
            )


def _interval_field(field: str) -> str:
    stem = field.removesuffix("_cm2_s").removesuffix("_s_cm").removesuffix("_fs")
    return f"{stem}_interval{field.removeprefix(stem)}"


def _arrhenius(parts: StudyParts) -> Iterator[ResultRow]:
    transport = parts.transport
    documents = [
        transport.job_uuid,
        *(run.job_uuid for run in parts.production),
        parts.potential.job_uuid,
    ]
    yield _row(
        "activation_energy",
        "MTP MD",
        None,
        transport.activation_energy_ev,
        "eV",
        transport.activation_energy_interval_ev,
        documents,
    )
    yield _row(
        "diffusivity_300k",
        "MTP MD",
        300.0,
        transport.d_300k_cm2_s,
        "cm²/s",
        transport.d_300k_interval_cm2_s,
        documents,
    )
    yield _row(
        "conductivity_300k",
        "MTP MD",
        300.0,
        transport.conductivity_300k_s_cm,
        "S/cm",
        transport.conductivity_300k_interval_s_cm,
        documents,
    )
