"""Numbers of the published study beside those of this one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from pymatgen.core import Species

from amorph_flows.references import PublishedPaper, published_paper, rounding_error
from amorph_flows.report._apart import apart, standard_error_of
from amorph_flows.report._basis import glass_formula
from amorph_flows.report._references import matching
from amorph_flows.report._samples import OF_LOGARITHMS
from amorph_flows.schemas.reference import PaperRow, Reference
from amorph_flows.schemas.study import ResultRow, StudyParts

_STRUCTURES = {
    "ab initio MD": "engine MD",
    "SCAN+U": "crystal",
    "crystal relaxed by the potential": "crystal relaxed by MTP",
}
"""Structures of the paper's voltages by the end of their labels."""
_OF_POTENTIAL = "MTP MD"


def is_of_paper(parts: StudyParts) -> bool:
    """Return whether a study is of the glass and the ion of the paper, whatever its protocol.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    published = published_paper().results
    return (glass_formula(parts), parts.ion) == (published.formula, published.ion)


def paper_rows(parts: StudyParts, rows: Sequence[ResultRow]) -> list[PaperRow]:
    """Return each number of the paper beside this study's; none where it is of another glass.

    Parameters
    ----------
    parts
        The documents of the study.
    rows
        Its results.
    """
    if not is_of_paper(parts):
        return []
    paper = published_paper()
    remarks = {remark.quantity: remark.text for remark in paper.remarks}
    found = [*_of_fit(paper, parts), *_of_results(paper, parts, rows), *_of_order(paper, parts)]
    return [
        _compared(row.model_copy(update={"remark": remarks.get(row.quantity, "")})) for row in found
    ]


def _of_fit(paper: PublishedPaper, parts: StudyParts) -> Iterator[PaperRow]:
    for one in paper.numbers:
        if not one.part:
            continue
        errors = parts.potential.errors.get(one.part)
        here = getattr(errors, one.quantity, None)
        yield PaperRow(
            quantity=one.quantity,
            part=one.part,
            paper=float(one.value),
            paper_error=rounding_error(one.value),
            here=here,
            uncertainty=getattr(errors, re.sub("_(rmse|mae)_", r"_\1_error_", one.quantity), None),
            unit=one.unit,
            reason="" if here is not None else "the potential has no such error",
            where=one.where,
        )


def _of_order(paper: PublishedPaper, parts: StudyParts) -> Iterator[PaperRow]:
    ion = Species.from_str(parts.ion).symbol
    orders = {
        sample.temperature_k: order
        for sample in parts.structure.samples
        if (sample.structure_source, sample.formula) == (_OF_POTENTIAL, paper.results.formula)
        for order in sample.order
        if order.species == [ion]
    }
    for one in paper.numbers:
        if one.temperature_k is None:
            continue
        order = orders.get(one.temperature_k)
        here = getattr(order, one.quantity, None)
        yield PaperRow(
            quantity=one.quantity,
            temperature_k=one.temperature_k,
            uncertainty=getattr(order, f"{one.quantity}_scatter", None),
            structure_source=_OF_POTENTIAL,
            paper=float(one.value),
            paper_error=rounding_error(one.value),
            here=here,
            unit=one.unit,
            reason="" if here is not None else "no MD with the potential there in the small cell",
            where=one.where,
        )


def _of_results(
    paper: PublishedPaper, parts: StudyParts, rows: Sequence[ResultRow]
) -> Iterator[PaperRow]:
    at_one_time = {
        point.temperature_k: point.tracer_diffusivity_single_time_cm2_s
        for point in parts.transport.temperatures
    }
    place = f"{paper.results.paper}, "
    for reference in paper.results.references:
        source = _STRUCTURES.get(reference.label.rpartition(", ")[2], _OF_POTENTIAL)
        row = _result(reference, source, rows)
        here = row.value if row else None
        without = f"refused: {row.reason}" if row else "the study has no such result"
        yield PaperRow(
            quantity=reference.quantity,
            temperature_k=reference.temperature_k,
            structure_source=source,
            paper=reference.middle,
            paper_error=rounding_error(Decimal(f"{reference.middle:.9g}")),
            here=here,
            uncertainty=row.uncertainty if row else None,
            by_its_formula=at_one_time.get(row.temperature_k)
            if row and row.quantity == "tracer_diffusivity" and row.temperature_k
            else None,
            unit=reference.unit,
            verdict=row.verdict if row else None,
            reason=without if here is None else "",
            where=reference.source.removeprefix(place),
        )


def _result(reference: Reference, source: str, rows: Sequence[ResultRow]) -> ResultRow | None:
    """Return the result of the same quantity; where there is none, that of the fit at 300 K."""
    fitting = [row for row in rows if row.structure_source == source and matching([reference], row)]
    exact = [row for row in fitting if row.quantity == reference.quantity]
    return next(iter([*exact, *fitting]), None)


def _compared(row: PaperRow) -> PaperRow:
    """Return a row with its difference, in units of the combined error where that is known."""
    if row.here is None:
        return row
    log = row.quantity in OF_LOGARITHMS
    of_paper = row.paper_error / row.paper if log else row.paper_error
    error = standard_error_of(row.here, row.uncertainty, log=log)
    found = apart((row.paper, of_paper), (row.here, error), log=log)
    known = found.n_errors is not None and math.isfinite(found.n_errors)
    return row.model_copy(
        update={
            "difference": found.difference,
            "factor": found.factor,
            "combined_error": found.combined_error,
            "n_errors": found.n_errors if known else None,
            "reason": "" if known else "no error known here",
        }
    )
