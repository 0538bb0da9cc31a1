"""Rows of a LAMMPS dump whose numbers have few digits, as nearly always, read by compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_SPACE, _NEWLINE, _PLUS, _MINUS, _DOT, _ZERO, _NINE = (ord(c) for c in " \n+-.09")
_E = (ord("e"), ord("E"))
_MOST_DIGITS = 15  # a whole number of so many is exact
_MOST_POWER = 22  # so is this power of ten, and so the one rounding of their product is right
_POWERS = 10.0 ** np.arange(_MOST_POWER + 1)


@njit(nogil=True, cache=True)
def _exponent(text: Any, at: Any) -> Any:
    """Return the value of an exponent such as e-05, and where it ends; 0 where there is none."""
    if text[at] not in _E:
        return 0, 0
    at += 1
    sign = -1 if text[at] == _MINUS else 1
    at += text[at] == _MINUS or text[at] == _PLUS
    first, value = at, 0
    while _ZERO <= text[at] <= _NINE:
        value = 10 * value + (text[at] - _ZERO)
        at += 1
    return sign * value, at if 0 < at - first < 4 else 0


@njit(nogil=True, cache=True, error_model="numpy")
def fill_rows(text: Any, places: Any, values: Any) -> Any:  # noqa: C901, calls cost a third
    """Fill numbers from rows of words and return whether all of them could be read here.

    Parameters
    ----------
    text
        Bytes, a line for each row.
    places
        For each column of the text its column in ``values``, -1 where it is not wanted.
    values
        Filled, shape ``(n_rows, n_wanted)``, up to a row that has fewer or more words than columns
        or a number that cannot be rounded correctly here.
    """
    at = 0
    for row in range(values.shape[0]):
        for place in places:
            while text[at] == _SPACE:
                at += 1
            start = at
            if place < 0:
                while text[at] > _SPACE:
                    at += 1
            else:
                at += text[at] == _MINUS
                first, number, power = at, 0, 0
                while _ZERO <= text[at] <= _NINE:
                    number = 10 * number + (text[at] - _ZERO)
                    at += 1
                n_digits = at - first
                if text[at] == _DOT:
                    at += 1
                    first = at
                    while _ZERO <= text[at] <= _NINE:
                        number = 10 * number + (text[at] - _ZERO)
                        at += 1
                    power = first - at
                    n_digits -= power
                if text[at] > _SPACE:
                    exponent, at = _exponent(text, at)
                    power += exponent
                if not (0 < n_digits <= _MOST_DIGITS and abs(power) <= _MOST_POWER and at):
                    return False
                value = number * _POWERS[power] if power > 0 else number / _POWERS[-power]
                values[row, place] = -value if text[start] == _MINUS else value
            if at == start or text[at] > _SPACE:
                return False
        while text[at] == _SPACE:
            at += 1
        if text[at] != _NEWLINE:
            return False
        at += 1
    return True
