"""References as they are written in a study file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_args

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.references._units import factor_of, unit_of
from amorph_flows.schemas.reference import Reference, ReferenceQuantity

_KEYS = ("quantity", "value", "unit", "temperature_k", "uncertainty", "source", "label")
_POSITIVE = {
    *("tracer_diffusivity", "jump_diffusivity", "haven_ratio", "conductivity", "density"),
    "activation_energy",
}
_OF_A_TEMPERATURE = {"tracer_diffusivity", "jump_diffusivity", "haven_ratio", "conductivity"}
_LABEL_LETTERS = 40


def reference_of(given: Any) -> Reference:
    """Return one reference, in the units of the results.

    Parameters
    ----------
    given
        Its keys and values.

    Raises
    ------
    InputError
        If a key is missing or not known, or a value cannot be.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            f"got {given!r}; give the name of a set, or keys such as quantity, value, unit, source"
        )
    for key in given:
        if key not in _KEYS:
            raise unknown_name("key", key, _KEYS)
    quantity = _quantity(given.get("quantity"))
    source = _text(given, "source")
    if not source:
        raise InputError(f"{quantity} has no source; say where the value is from")
    if given.get("value") is None:
        raise InputError(f"{quantity} has no value; give a number, or [low, high] of a range")
    unit = given.get("unit")
    factor = factor_of(quantity, None if unit is None else str(unit))
    kelvin = given.get("temperature_k")
    if kelvin is None and quantity in _OF_A_TEMPERATURE:
        raise InputError(f"{quantity} has no temperature_k; give it in K")
    if kelvin is not None and _number("temperature_k", kelvin) <= 0:
        raise InputError(f"temperature_k must be above 0 K, got {kelvin!r}")
    uncertainty = given.get("uncertainty")
    return Reference(
        quantity=quantity,
        value=_value(quantity, given["value"], factor),
        unit=unit_of(quantity),
        temperature_k=None if kelvin is None else float(kelvin),
        uncertainty=None if uncertainty is None else _uncertainty(uncertainty, factor),
        source=source,
        label=_text(given, "label") or _short(source),
    )


def read_references(given: list[Any]) -> list[Reference]:
    """Return the references of a study file, those of named sets in their places.

    Parameters
    ----------
    given
        Names of sets that ship, and mappings with the keys of a reference.

    Raises
    ------
    InputError
        If there is no such set, or something is wrong with a reference.
    """
    from amorph_flows.references._shipped import reference_sets

    found: list[Reference] = []
    for number, one in enumerate(given, start=1):
        try:
            if isinstance(one, str):
                sets = reference_sets()
                if one not in sets:
                    raise unknown_name("reference set", one, sets)
                found += sets[one].references
            else:
                found.append(reference_of(one))
        except InputError as error:
            raise InputError(f"references, number {number}: {error}") from error
    return found


def _quantity(given: Any) -> ReferenceQuantity:
    known: tuple[ReferenceQuantity, ...] = get_args(ReferenceQuantity)
    if given is None:
        raise InputError(f"the quantity is missing; give one of {', '.join(known)}")
    for quantity in known:
        if given == quantity:
            return quantity
    raise unknown_name("quantity", given, known)


def _value(quantity: ReferenceQuantity, given: Any, factor: float) -> float | tuple[float, float]:
    if isinstance(given, list):
        ends = low, high = _pair(f"value of {quantity}", given, factor)
    else:
        low = high = factor * _number(f"value of {quantity}", given)
        ends = None
    if quantity in _POSITIVE and low <= 0:
        raise InputError(f"the value of {quantity} must be above 0, got {given!r}")
    return ends or high


def _uncertainty(given: Any, factor: float) -> float | tuple[float, float]:
    if isinstance(given, list):
        return _pair("uncertainty", given, factor)
    error = factor * _number("uncertainty", given)
    if error < 0:
        raise InputError(f"the uncertainty is {given!r}; a standard error is not negative")
    return error


def _pair(what: str, given: list[Any], factor: float) -> tuple[float, float]:
    if len(given) != 2:
        raise InputError(f"{what} is {given!r}; give a number or [low, high]")
    low, high = (factor * _number(what, end) for end in given)
    if not low < high:
        raise InputError(f"{what} is {given!r}; give [low, high] with low below high")
    return low, high


def _number(what: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        hint = "; write numbers as in 1.0 or 1.0e-3" if isinstance(given, str) else ""
        raise InputError(f"{what} must be a number, got {given!r} ({type(given).__name__}){hint}")
    if not math.isfinite(given):
        raise InputError(f"{what} must be finite, got {given}")
    return float(given)


def _text(given: Mapping[str, Any], key: str) -> str:
    text = given.get(key)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise InputError(f"{key} must be text, got {text!r} ({type(text).__name__})")
    return " ".join(text.split())


def _short(source: str) -> str:
    """Return the beginning of a source as the name in a legend."""
    if len(source) <= _LABEL_LETTERS:
        return source
    return f"{source[: _LABEL_LETTERS - 1].rsplit(' ', 1)[0].rstrip(' ,;:(')}…"
