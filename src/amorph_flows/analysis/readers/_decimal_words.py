"""Compiled reading of decimal numbers from text.

The ends of all words of 64 bytes are found with one comparison, and eight characters become a
number with a few multiplications, so that no word waits for the one before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic as _typed_intrinsic

BLOCK = 64
"""Bytes that are looked through at once."""

compiled = njit(nogil=True, cache=True, error_model="numpy")

intrinsic: Any = _typed_intrinsic  # its type counts the typing context as an argument
_LONGEST = 16  # characters, as two words of eight
_MOST_DIGITS = 15  # an integer of so many is exact, and so is its rounding after one division
_POWERS = 10.0 ** np.arange(23)  # the powers of ten that doubles hold exactly
_TENS = 10 ** np.arange(9)
SPACE, NEWLINE, MINUS, _PLUS, _DOT, _ZERO, _NINE = (ord(c) for c in " \n-+.09")
_EXPONENTS = (ord("e"), ord("E"))

_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_DOTS, _ZEROS = np.uint64(_DOT * 0x0101010101010101), np.uint64(_ZERO * 0x0101010101010101)
_OVER_NINE = np.uint64((0x80 - 10) * 0x0101010101010101)  # lifts a byte over 9 to its top bit
_ALL, _BYTE, _EIGHT = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0xFF), np.uint64(8)
_TEN, _SIXTEEN, _HALF = np.uint64(10), np.uint64(16), np.uint64(32)
_PAIRS = np.uint64(0x000000FF000000FF)
_HIGH_PAIRS, _LOW_PAIRS = np.uint64(100 + (1000000 << 32)), np.uint64(1 + (10000 << 32))


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(_context: Any, _word: Any) -> Any:
    """Return how many of the lowest bits of a word are zero."""

    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), build


def _load(kind: Any, builder: Any, address: Any) -> Any:
    value = builder.load(builder.inttoptr(address, kind.as_pointer()))
    value.align = 1
    return value


@intrinsic  # type: ignore[untyped-decorator]
def byte_at(_context: Any, _at: Any) -> Any:
    """Return the byte at an address."""

    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return _load(ir.IntType(8), builder, arguments[0])

    return types.uint8(types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def _word(_context: Any, _at: Any) -> Any:
    """Return the eight bytes from an address on, the first of them lowest."""

    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return _load(ir.IntType(64), builder, arguments[0])

    return types.uint64(types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def word_ends(_context: Any, _at: Any) -> Any:
    """Return a bit for each of 64 bytes from an address on: whether it is a space or below."""

    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        kind = ir.VectorType(ir.IntType(8), BLOCK)
        space = ir.Constant(kind, [ir.Constant(ir.IntType(8), SPACE)] * BLOCK)
        block = _load(kind, builder, arguments[0])
        return builder.bitcast(builder.icmp_unsigned("<=", block, space), ir.IntType(BLOCK))

    return types.uint64(types.int64), build


@compiled
def _digits(word: Any, n: Any) -> Any:
    """Return value, number of digits and of decimals (-1 without a dot) of up to 8 characters.

    The number of digits is 0 where a character is neither a digit nor the one dot.
    """
    word = word << np.uint64(64 - 8 * n)  # the last character is now the top byte
    dots = word ^ _DOTS
    dots = (dots - _ONES) & ~dots & _TOPS  # the lowest bit is that of the first dot
    decimals = -1
    if dots:
        place = trailing_zeros(dots) >> 3
        below = (np.uint64(1) << np.uint64(8 * place)) - np.uint64(1)
        word = (word & ~((below << _EIGHT) | _BYTE)) | ((word & below) << _EIGHT)
        decimals = 7 - place
        n -= 1
        if n == 0:
            return 0, 0, decimals
    word = (word ^ _ZEROS) & (_ALL << np.uint64(64 - 8 * n))
    if ((word + _OVER_NINE) | word) & _TOPS:
        return 0, 0, decimals
    word = word * _TEN + (word >> _EIGHT)
    high, low = (word & _PAIRS) * _HIGH_PAIRS, ((word >> _SIXTEEN) & _PAIRS) * _LOW_PAIRS
    return np.int64(((high + low) & _ALL) >> _HALF), n, decimals


@compiled
def _long_number(at: Any, n: Any) -> Any:
    """Return what `_digits` does for 9 to 16 characters."""
    first, n_first, decimals = _digits(_word(at), 8)
    second, n_second, more = _digits(_word(at + 8), n - 8)
    if n_first == 0 or n_second == 0 or (decimals >= 0 and more >= 0):
        return 0, 0, -1
    if decimals >= 0:
        more = decimals + n_second
    return first * _TENS[n_second] + second, n_first + n_second, more


@compiled
def _scientific(at: Any, end: Any) -> Any:
    """Return the value of a number with an exponent or many digits, and whether it is exact."""
    first, mantissa = at, 0
    while _ZERO <= byte_at(at) <= _NINE:
        mantissa = mantissa * 10 + (byte_at(at) - _ZERO)
        at += 1
    digits, power = at - first, 0
    if byte_at(at) == _DOT:
        at += 1
        first = at
        while _ZERO <= byte_at(at) <= _NINE:
            mantissa = mantissa * 10 + (byte_at(at) - _ZERO)
            at += 1
        power = first - at
        digits += at - first
    if byte_at(at) == _EXPONENTS[0] or byte_at(at) == _EXPONENTS[1]:
        at += 1
        sign = -1 if byte_at(at) == MINUS else 1
        at += byte_at(at) == MINUS or byte_at(at) == _PLUS
        exponent, first = 0, at
        while _ZERO <= byte_at(at) <= _NINE and at - first < 4:
            exponent = exponent * 10 + (byte_at(at) - _ZERO)
            at += 1
        power += sign * exponent
        digits *= at > first
    exact = at == end and 0 < digits <= _MOST_DIGITS and -22 <= power <= 22
    if not exact:
        return 0.0, False
    return (mantissa / _POWERS[-power] if power < 0 else mantissa * _POWERS[power]), True


@compiled
def _long(at: Any, end: Any) -> Any:
    """Return what `decimal_number` does for unsigned words that are not the usual short ones."""
    n = end - at
    if 8 < n <= _LONGEST:
        value, n_digits, decimals = _long_number(at, n)
        if 0 < n_digits <= _MOST_DIGITS:
            return np.float64(value) / _POWERS[max(decimals, 0)], True
    return _scientific(at, end)


@compiled
def decimal_number(at: Any, end: Any) -> Any:
    """Return the value of a word, and whether it is a decimal number that is exact here."""
    negative = byte_at(at) == MINUS
    at += negative
    n = end - at
    n_digits, decimals, number, exact = 0, -1, 0.0, True
    if 0 < n <= 8:
        value, n_digits, decimals = _digits(_word(at), n)
        number = np.float64(value)
        if decimals > 0:
            number /= _POWERS[decimals]
    if n_digits == 0:
        number, exact = _long(at, end)
    return (-number if negative else number), exact
