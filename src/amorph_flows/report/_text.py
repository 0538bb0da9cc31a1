"""Text of the report: numbers, formulas and sentences for people."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SIGNS = {"+": "⁺", "-": "⁻"}
NOTHING = "–"


def formula(text: str) -> str:
    """Return a formula with its numbers lowered, such as MgV₂O₅.

    Parameters
    ----------
    text
        A plain formula.
    """
    return text.translate(_SUBSCRIPTS)


def formulas_in(text: str) -> str:
    """Return a sentence with the numbers of its formulas lowered.

    Parameters
    ----------
    text
        Such as ``"MgV2O5 from 2 cells"``.
    """
    return re.sub(r"\b(?:[A-Z][a-z]?\d*){2,}\b", lambda found: formula(found[0]), text)


def charged(ion: str) -> str:
    """Return an ion with its charge raised, such as Mg²⁺.

    Parameters
    ----------
    ion
        Such as ``"Mg2+"``.
    """
    return re.sub(
        r"(\d*)([+-])$", lambda end: f"{end[1].translate(_SUPERSCRIPTS)}{_SIGNS[end[2]]}", ion
    )


def number(value: float | int | None, digits: int = 3) -> str:
    """Return a number with so many significant digits, powers of ten written out.

    Parameters
    ----------
    value
        The number; None and what is not finite give a dash.
    digits
        Significant digits; integers keep all of theirs.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if isinstance(value, int):
        return f"{value}".replace("-", "−")
    exponent = _exponent(value, digits)
    if -4 < exponent < 5:
        decimals = max(0, digits - 1 - exponent)
        return f"{value:.{decimals}f}".replace("-", "−")
    mantissa = f"{value / 10.0**exponent:.{digits - 1}f}".replace("-", "−")
    return f"{mantissa} × 10{str(exponent).translate(_SUPERSCRIPTS)}"


def uncertainty(value: float | Sequence[float] | None) -> str:
    """Return a standard error with its sign, or the ends of a 95 % interval.

    Parameters
    ----------
    value
        As in a `ResultRow`.
    """
    if value is None:
        return NOTHING
    if isinstance(value, int | float):
        return f"± {number(float(value), 2)}"
    low, high = (number(float(end)) for end in value)
    power = low.partition(" × ")[2]
    if power and power == high.partition(" × ")[2]:
        return f"95 %: ({low.partition(' ')[0]} to {high.partition(' ')[0]}) × {power}"
    return f"95 %: {low} to {high}"


def temperature(value: float | None) -> str:
    """Return a temperature with its unit, or a dash."""
    return NOTHING if value is None else f"{value:g} K"


def plain_name(*words: str) -> str:
    """Return the name of a figure, such as ``"rdf-MgV2O5-300K"``, of letters, digits and hyphens.

    Parameters
    ----------
    *words
        What tells it from others.
    """
    joined = [re.sub(r"(?<=\d) K$", "K", word).replace(" ", "-") for word in words]
    return re.sub(r"[^A-Za-z0-9-]+", "", "-".join(joined))


def sentence(clauses: Sequence[str]) -> str:
    """Return clauses joined to one sentence.

    Parameters
    ----------
    clauses
        At least one, without full stops.
    """
    joined = "; ".join(clause.strip().rstrip(".") for clause in clauses)
    return f"{capitalised(joined)}."


def with_full_stop(reason: str) -> str:
    """Return a reason as a sentence; one that was cut ends as it was cut.

    Parameters
    ----------
    reason
        Without a capital letter and a full stop.
    """
    told = capitalised(reason)
    return told if told.endswith("…") else f"{told.rstrip('.')}."


def cut(text: str, most: int) -> str:
    """Return a text of so many letters at most, cut between words.

    Parameters
    ----------
    text
        The text.
    most
        Letters at most.
    """
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rsplit(' ', 1)[0].rstrip(' ,;:(')}…"


def brief(clauses: Sequence[str], most: int) -> str:
    """Return clauses as one sentence of so many letters at most, and how many were left out.

    Parameters
    ----------
    clauses
        At least one, without full stops.
    most
        Letters at most.
    """
    for n in range(len(clauses), 0, -1):
        left = [f"and {len(clauses) - n} more"] if n < len(clauses) else []
        told = sentence([*clauses[:n], *left])
        if len(told) <= most:
            return told
    tail = f"; and {len(clauses) - 1} more." if len(clauses) > 1 else ""
    return cut(capitalised(clauses[0]), most - len(tail)) + tail


def _exponent(value: float, digits: int) -> int:
    """Return the power of ten that the number has once it is rounded."""
    return int(f"{value:.{digits - 1}e}".split("e")[1])


def capitalised(text: str) -> str:
    """Return a sentence with its first word capitalised; a single letter is a symbol and stays.

    Parameters
    ----------
    text
        The sentence.
    """
    return f"{text[:1].upper()}{text[1:]}" if text[1:2].isalpha() else text
