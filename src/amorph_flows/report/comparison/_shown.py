"""Studies and their differences as text."""

from __future__ import annotations

from amorph_flows.report._names import NAMES
from amorph_flows.report._text import NOTHING, formula, number, uncertainty
from amorph_flows.schemas.comparison import (
    ComparedStudy,
    ComparedValue,
    ComparisonRow,
    Difference,
)


def shown_value(value: ComparedValue | None, unit: str) -> str:
    """Return a value with unit, uncertainty and word as text.

    Parameters
    ----------
    value
        Of one study; None where it has none.
    unit
        Of the value.
    """
    if value is None or value.value is None:
        return NOTHING if value is None else f"{NOTHING} {value.verdict or ''}".strip()
    told = f"{number(value.value, 3)} {unit}".strip()
    if isinstance(value.uncertainty, list):
        told += f", {uncertainty(value.uncertainty)}"
    elif value.uncertainty is not None:
        told += f" {uncertainty(value.uncertainty)}"
    return f"{told}, {value.verdict}" if value.verdict else told


def shown_difference(difference: Difference, unit: str) -> str:
    """Return a difference as text: a factor of what spreads over decades.

    Parameters
    ----------
    difference
        Of one study to the first.
    unit
        Of the values.
    """
    if difference.factor is not None:
        return f"× {number(difference.factor, 3)}"
    if difference.difference is None:
        return NOTHING
    sign = "+" if difference.difference >= 0 else ""
    return f"{sign}{number(difference.difference, 2)} {unit}".strip()


def shown_name(row: ComparisonRow) -> str:
    """Return what a row is of.

    Parameters
    ----------
    row
        One quantity.
    """
    name = NAMES.get(row.quantity, row.quantity)
    return f"{name}, {formula(row.formula)}" if row.formula else name


def word_of(difference: Difference) -> str:
    """Return whether two results agree in one word, or that it cannot be told.

    Parameters
    ----------
    difference
        Of one study to the first.
    """
    if difference.agree is None:
        return "not compared" if difference.difference is None else "not known"
    return "agree" if difference.agree else "differ"


def shown_study(study: ComparedStudy) -> dict[str, str]:
    """Return what a study rests on as text.

    Parameters
    ----------
    study
        The study.
    """
    basis = study.basis
    uses: dict[str, list[str]] = {}
    for use, engine in basis.engines.items():
        uses.setdefault(f"{engine.name} {engine.settings_hash[:8]}", []).append(use)
    glasses = f"{basis.n_glasses} glass{'es' * (basis.n_glasses > 1)}"
    occupations = f"{basis.n_occupations} occupation{'s' * (basis.n_occupations > 1)}"
    return {
        "name": study.name,
        "glass": f"{formula(basis.formula)}, {study.ion}",
        "preset": study.preset,
        "engines": "; ".join(f"{engine} ({', '.join(of)})" for engine, of in uses.items()),
        "potential": f"{basis.potential} {basis.potential_sha256[:8]}",
        "samples": f"{glasses}, {occupations} of each",
    }
