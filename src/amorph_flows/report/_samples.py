"""Results of several glasses and occupations as one, with the scatter between them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from amorph_flows.analysis import TransportThresholds, TransportVerdict, combine_samples
from amorph_flows.analysis._more_samples import needed
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.report._text import number
from amorph_flows.schemas.combined import CombinedDoc
from amorph_flows.schemas.study import Quantity, ResultRow, SampleParts, StudyParts

NORMAL_95 = 1.959964
OF_LOGARITHMS: set[Quantity] = {
    *("tracer_diffusivity", "jump_diffusivity", "conductivity", "haven_ratio"),
    *("residence_time", "memory_time", "diffusivity_300k", "conductivity_300k"),
}
"""Positive, and spread over decades or ratios."""

ONE_GLASS = "one glass: the scatter between glasses is not in the uncertainty"
_OF_CRYSTAL: Quantity = "voltage_crystal"


def with_note(row: ResultRow) -> ResultRow:
    """Return a result of the only sample, which says what its uncertainty lacks.

    Parameters
    ----------
    row
        The result.
    """
    if row.quantity == _OF_CRYSTAL or row.value is None:
        return row
    return row.model_copy(update={"note": ONE_GLASS})


def combined_rows(
    parts: StudyParts, rows: Iterable[tuple[SampleParts, ResultRow]]
) -> list[ResultRow]:
    """Return one result for each quantity, source and temperature.

    Parameters
    ----------
    parts
        The documents of the study.
    rows
        The results of each sample.
    """
    groups: dict[tuple[object, ...], list[tuple[SampleParts, ResultRow]]] = {}
    for sample, row in rows:
        key = row.quantity, row.structure_source, row.temperature_k
        groups.setdefault(key, []).append((sample, row))
    return [_combined(parts, group) for group in groups.values()]


def precise_together(row: ResultRow) -> list[Verdict]:
    """Return whether all samples together are as precise as each run is to be.

    That is asked of what is combined as logarithms: half the interval, as a standard error, is
    held to the threshold of *precise?*. Of other results nothing is asked.

    Parameters
    ----------
    row
        A result, combined or not.
    """
    found = row.combined
    if found is None or not found.log or not isinstance(row.uncertainty, list):
        return []
    low, high = row.uncertainty
    error, most = math.log(high / low) / (2 * NORMAL_95), TransportThresholds().most_relative_error
    numbers = {"relative_error": error, "n_glasses": found.n_glasses}
    numbers["n_occupations"] = found.n_occupations / found.n_glasses
    ways = []
    if error > most:
        more = needed(most / error, found.shares, found.n_glasses, found.n_occupations)
        if more.glasses:
            numbers["more_glasses"] = more.glasses
            ways.append(f"{more.glasses} more glass{'es' * (more.glasses > 1)}")
        if more.occupations:
            numbers["more_occupations"] = more.occupations
            ways.append(f"{more.occupations} more occupation{'s' * (more.occupations > 1)} of each")
    would = f"; {' or '.join(ways)} would do" if ways else ""
    return [
        Verdict(
            question="precise with all samples?",
            answer=TransportVerdict.IMPRECISE if error > most else TransportVerdict.PRECISE,
            passed=error <= most,
            scope="numerical",
            reason=f"the interval of all {found.n_runs} samples is that of a relative error of "
            f"{number(error, 2)} ({number(most, 2)} asked for){would}",
            numbers=numbers,
            thresholds={"most_relative_error": most},
        )
    ]


def of_several(verdicts: Sequence[Sequence[Verdict]]) -> list[Verdict]:
    """Return the verdicts of several samples, of those that failed in the same way the dearest.

    Parameters
    ----------
    verdicts
        Those of each sample.
    """
    groups: dict[tuple[object, ...], list[Verdict]] = {}
    for of_sample in verdicts:
        seen: Counter[tuple[str, str]] = Counter()
        for verdict in of_sample:
            same = verdict.question, verdict.answer
            seen[same] += 1  # one question is asked at several temperatures
            groups.setdefault((*same, seen[same]), []).append(verdict)
    return [_dearest(group, len(verdicts)) for group in groups.values()]


def _dearest(group: Sequence[Verdict], n_samples: int) -> Verdict:
    """Return the verdict whose remedy costs most, and in how many samples it failed."""
    dearest = max(group, key=lambda v: (v.remedy.core_hours or 0.0) if v.remedy else 0.0)
    shared = len({verdict.reason for verdict in group}) == 1 and len(group) == n_samples
    if dearest.passed or shared:
        return dearest
    return replace(dearest, reason=f"{len(group)} of {n_samples} samples: {dearest.reason}")


def _combined(parts: StudyParts, group: Sequence[tuple[SampleParts, ResultRow]]) -> ResultRow:
    first = group[0][1]
    if first.quantity == _OF_CRYSTAL:
        return first
    documents = list(dict.fromkeys(uuid for _, row in group for uuid in row.documents))
    known = [(sample, row) for sample, row in group if row.value is not None]
    if not known:
        return first.model_copy(update={"documents": documents})
    log = first.quantity in OF_LOGARITHMS
    values = [row.value for _, row in known]
    found = combine_samples(
        [value for value in values if value is not None],
        [standard_error(row.value, row.uncertainty, log=log) for _, row in known],
        [(sample.glass, sample.occupation) for sample, _ in known],
        log=log,
    )
    changes = {
        "value": found.value,
        "uncertainty": None if found.interval is None else list(found.interval),
        "documents": documents,
        "combined": CombinedDoc.from_result(found),
        "note": found.reason + _missing(parts, len(group) - len(known)),
    }
    return first.model_copy(update=changes)


def standard_error(
    value: float | None, uncertainty: float | list[float] | None, *, log: bool
) -> float | None:
    """Return the standard error of a value, from half its interval where that is given.

    Parameters
    ----------
    value, uncertainty
        The value, and its standard error or 95 % interval; None where not known.
    log
        Whether the logarithm is what is normal; the error is then the relative one times the value.
    """
    if uncertainty is None or value is None:
        return None
    if not isinstance(uncertainty, list):
        return uncertainty
    low, high = uncertainty
    if log and low > 0:
        return value * math.log(high / low) / (2 * NORMAL_95)
    return (high - low) / (2 * NORMAL_95)


def _missing(parts: StudyParts, n_refused: int) -> str:
    """Return what is not in a value although the study asked for it."""
    asked = parts.settings.get("n_glasses")
    made = len({sample.glass for sample in parts.samples})
    missing = f"; {n_refused} without a number left out" if n_refused else ""
    if isinstance(asked, int) and asked > made:
        missing += f"; {asked - made} of {asked} glasses failed"
    return missing
