"""Results of several studies side by side, with their differences where these say something."""

from __future__ import annotations

import math
from collections.abc import Mapping

from amorph_flows.errors import InputError
from amorph_flows.report._apart import apart, standard_error_of
from amorph_flows.report._samples import NORMAL_95, OF_LOGARITHMS, ONE_GLASS
from amorph_flows.report._text import number
from amorph_flows.report.comparison._allowed import remarks, why_not
from amorph_flows.schemas.comparison import (
    ComparedStudy,
    ComparedValue,
    ComparisonDoc,
    ComparisonRow,
    Difference,
    StructureRow,
)
from amorph_flows.schemas.study import ResultRow, StudyDoc

RULE = (
    "Two results agree where their difference is at most 1.96 times its combined error, the root "
    "of the sum of both squared standard errors. A 95 % interval counts as 1.96 standard errors to "
    "either side, and results that spread over decades are compared by their logarithms. That is "
    "the 95 % interval of the difference (N. Schenker and J. F. Gentleman, Am. Stat. 55, 182 "
    "(2001)), and the same as an E_n of at most 1 in ISO 13528; two intervals may overlap although "
    "the results differ."
)
_Key = tuple[str, str, float | None, str, str]


def compare_studies(studies: Mapping[str, StudyDoc]) -> ComparisonDoc:
    """Return the results of several studies side by side.

    Differences are to the first study, and are only taken where ion, glass and the settings of the
    engines that a result rests on are the same; else they say why not.

    Parameters
    ----------
    studies
        Documents by the name of the study, at least two.

    Raises
    ------
    InputError
        If there are fewer than two, or one was made by a version that did not keep its basis.
    """
    if len(studies) < 2:
        raise InputError(f"{len(studies)} study to compare; give at least two")
    compared = [_study(name, document) for name, document in studies.items()]
    tables = [_table(document) for document in studies.values()]
    known = [key for table in tables for key, one in table.items() if one.value is not None]
    keys = [key for key in dict.fromkeys(k for table in tables for k in table) if key in known]
    return ComparisonDoc(
        studies=compared,
        rows=[_row(compared, key, [table.get(key) for table in tables]) for key in keys],
        remarks=remarks(compared),
        rule=RULE,
    )


def _study(name: str, document: StudyDoc) -> ComparedStudy:
    if document.basis is None:
        raise InputError(
            f"the report of {name} does not say what it rests on, as it was made by an older "
            "version; `amorph run` makes it anew"
        )
    return ComparedStudy(
        name=name,
        title=document.title,
        ion=document.ion,
        preset=document.preset,
        basis=document.basis,
    )


def _table(document: StudyDoc) -> dict[_Key, ComparedValue]:
    """Return the numbers of a study by what they are."""
    basis = document.basis
    assert basis is not None
    found = {_key_of(row, basis.formula): _result(row) for row in document.results}
    return found | {_key_of(row, row.formula): _structural(row) for row in basis.structure}


def _key_of(row: ResultRow | StructureRow, formula: str) -> _Key:
    name = row.quantity if isinstance(row, ResultRow) else row.name
    # A glass has its formula in the key of its structure alone: results are of glasses with ions.
    of = "" if isinstance(row, ResultRow) else formula
    return name, row.structure_source, row.temperature_k, row.unit, of


def _result(row: ResultRow) -> ComparedValue:
    return ComparedValue(
        value=row.value, uncertainty=row.uncertainty, verdict=row.verdict, note=row.note
    )


def _structural(row: StructureRow) -> ComparedValue:
    note = ONE_GLASS if row.n_glasses < 2 else ""
    return ComparedValue(value=row.value, uncertainty=row.uncertainty, verdict=None, note=note)


def _row(
    studies: list[ComparedStudy], key: _Key, values: list[ComparedValue | None]
) -> ComparisonRow:
    quantity, source, temperature_k, unit, formula = key
    return ComparisonRow(
        quantity=quantity,
        formula=formula,
        temperature_k=temperature_k,
        structure_source=source,
        unit=unit,
        values=values,
        differences=[
            _difference((studies[0], studies[n]), (values[0], values[n]), quantity, source)
            for n in range(1, len(studies))
        ],
    )


def _difference(
    studies: tuple[ComparedStudy, ComparedStudy],
    values: tuple[ComparedValue | None, ComparedValue | None],
    quantity: str,
    source: str,
) -> Difference:
    """Return the second value against the first, or why they may not be compared."""
    name = studies[1].name
    without = [
        study.name
        for study, one in zip(studies, values, strict=True)
        if one is None or one.value is None
    ]
    reason = f"no number of {' and '.join(without)}" if without else ""
    reason = reason or why_not(*studies, quantity, source)
    first, second = (None if one is None else one.value for one in values)
    if reason or first is None or second is None:
        return Difference(study=name, reason=reason)
    log = quantity in OF_LOGARITHMS
    errors = [standard_error_of(one.value, one.uncertainty, log=log) for one in values if one]
    found = apart((first, errors[0]), (second, errors[1]), log=log)
    if found.n_errors is None:
        unknown = [study.name for study, e in zip(studies, errors, strict=True) if e is None]
        reason = f"no error known of {' and '.join(unknown)}"
        return Difference(
            study=name, difference=found.difference, factor=found.factor, reason=reason
        )
    return Difference(
        study=name,
        difference=found.difference,
        factor=found.factor,
        combined_error=found.combined_error,
        n_errors=found.n_errors if math.isfinite(found.n_errors) else None,
        agree=found.n_errors <= NORMAL_95,
        reason=f"{number(found.n_errors, 2)} combined errors apart",
    )
