"""The compiled part of reading LAMMPS dumps: the text of frames into arrays.

The ends of all words of 64 bytes are found with one comparison, and eight characters become a
number with a few multiplications, so that no word waits for the one before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic as _typed_intrinsic

PADDING = 128
"""Zero bytes that must follow the text, since blocks and words are loaded whole."""

intrinsic: Any = _typed_intrinsic  # its type counts the typing context as an argument
_BLOCK = 64
_compiled = njit(nogil=True, cache=True, error_model="numpy")
_LONGEST = 16  # characters, as two words of eight
_MOST_DIGITS = 15  # an integer of so many is exact, and so is its rounding after one division
_POWERS = 10.0 ** np.arange(23)  # the powers of ten that doubles hold exactly
_TENS = 10 ** np.arange(9)
_SPACE, _NEWLINE, _MINUS, _PLUS, _DOT, _ZERO, _NINE = (ord(c) for c in " \n-+.09")
_EXPONENTS = (ord("e"), ord("E"))
_UNITS, _TIME, _STEP, _ITEM = (
    np.frombuffer(line, dtype=np.uint8)
    for line in (b"ITEM: UNITS\n", b"ITEM: TIME\n", b"ITEM: TIMESTEP\n", b"ITEM: ")
)

_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_DOTS, _ZEROS = np.uint64(_DOT * 0x0101010101010101), np.uint64(_ZERO * 0x0101010101010101)
_OVER_NINE = np.uint64((0x80 - 10) * 0x0101010101010101)  # lifts a byte over 9 to its top bit
_ALL, _BYTE, _EIGHT = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0xFF), np.uint64(8)
_SEVEN, _TEN, _SIXTEEN, _HALF = np.uint64(7), np.uint64(10), np.uint64(16), np.uint64(32)
_PAIRS = np.uint64(0x000000FF000000FF)
_HIGH_PAIRS, _LOW_PAIRS = np.uint64(100 + (1000000 << 32)), np.uint64(1 + (10000 << 32))


@intrinsic  # type: ignore[untyped-decorator]
def _trailing_zeros(_context: Any, _word: Any) -> Any:
    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), build


def _load(kind: Any, builder: Any, address: Any) -> Any:
    value = builder.load(builder.inttoptr(address, kind.as_pointer()))
    value.align = 1
    return value


@intrinsic  # type: ignore[untyped-decorator]
def _byte(_context: Any, _at: Any) -> Any:
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
def _word_ends(_context: Any, _at: Any) -> Any:
    """Return a bit for each of 64 bytes from an address on: whether it is a space or below."""

    def build(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        kind = ir.VectorType(ir.IntType(8), _BLOCK)
        space = ir.Constant(kind, [ir.Constant(ir.IntType(8), _SPACE)] * _BLOCK)
        block = _load(kind, builder, arguments[0])
        return builder.bitcast(builder.icmp_unsigned("<=", block, space), ir.IntType(_BLOCK))

    return types.uint64(types.int64), build


@_compiled
def _digits(word: Any, n: Any) -> Any:
    """Return value, number of digits and of decimals (-1 without a dot) of up to 8 characters.

    The number of digits is 0 where a character is neither a digit nor the one dot.
    """
    word = word << np.uint64(64 - 8 * n)  # the last character is now the top byte
    dots = word ^ _DOTS
    dots = (dots - _ONES) & ~dots & _TOPS  # the lowest bit is that of the first dot
    decimals = -1
    if dots:
        place = _trailing_zeros(dots) >> 3
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


@_compiled
def _long_number(at: Any, n: Any) -> Any:
    """Return what `_digits` does for 9 to 16 characters."""
    first, n_first, decimals = _digits(_word(at), 8)
    second, n_second, more = _digits(_word(at + 8), n - 8)
    if n_first == 0 or n_second == 0 or (decimals >= 0 and more >= 0):
        return 0, 0, -1
    if decimals >= 0:
        more = decimals + n_second
    return first * _TENS[n_second] + second, n_first + n_second, more


@_compiled
def _scientific(at: Any, end: Any) -> Any:
    """Return the value of a number with an exponent or many digits, and whether it is exact."""
    first, mantissa = at, 0
    while _ZERO <= _byte(at) <= _NINE:
        mantissa = mantissa * 10 + (_byte(at) - _ZERO)
        at += 1
    digits, power = at - first, 0
    if _byte(at) == _DOT:
        at += 1
        first = at
        while _ZERO <= _byte(at) <= _NINE:
            mantissa = mantissa * 10 + (_byte(at) - _ZERO)
            at += 1
        power = first - at
        digits += at - first
    if _byte(at) == _EXPONENTS[0] or _byte(at) == _EXPONENTS[1]:
        at += 1
        sign = -1 if _byte(at) == _MINUS else 1
        at += _byte(at) == _MINUS or _byte(at) == _PLUS
        exponent, first = 0, at
        while _ZERO <= _byte(at) <= _NINE and at - first < 4:
            exponent = exponent * 10 + (_byte(at) - _ZERO)
            at += 1
        power += sign * exponent
        digits *= at > first
    exact = at == end and 0 < digits <= _MOST_DIGITS and -22 <= power <= 22
    if not exact:
        return 0.0, False
    return (mantissa / _POWERS[-power] if power < 0 else mantissa * _POWERS[power]), True


@_compiled
def _long(at: Any, end: Any) -> Any:
    """Return what `_number` does for words without a sign that are not the usual short ones."""
    n = end - at
    if 8 < n <= _LONGEST:
        value, n_digits, decimals = _long_number(at, n)
        if 0 < n_digits <= _MOST_DIGITS:
            return np.float64(value) / _POWERS[max(decimals, 0)], True
    return _scientific(at, end)


@_compiled
def _number(at: Any, end: Any) -> Any:
    """Return the value of a word, and whether it is a decimal number that is exact here."""
    negative = _byte(at) == _MINUS
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


@njit(inline="always")
def _row(at: Any, places: Any, values: Any) -> Any:
    """Fill the wanted values of a row; return where the next begins (0: words are amiss)."""
    block = start = at
    ends = _word_ends(block)
    column = 0
    while column < places.shape[0]:
        while ends == 0:
            block += _BLOCK
            ends = _word_ends(block)
        end = block + _trailing_zeros(ends)
        ends &= ends - np.uint64(1)
        if end == start:
            if _byte(start) != _SPACE:
                return 0
        else:
            place = places[column]
            if place >= 0:
                values[place], exact = _number(start, end)
                if not exact:
                    return 0
            column += 1
        start = end + 1
    at = start - 1
    while _byte(at) == _SPACE:
        at += 1
    return at + 1 if _byte(at) == _NEWLINE else 0


@_compiled
def _begins(at: Any, what: Any) -> Any:
    for i in range(what.shape[0]):  # noqa: SIM110, no generators in compiled code
        if _byte(at + i) != what[i]:
            return False
    return True


@_compiled
def _line_end(at: Any, stop: Any) -> Any:
    while at < stop and _byte(at) != _NEWLINE:
        at += 1
    return at


@_compiled
def _above(at: Any, stop: Any) -> Any:
    """Return step and time (NaN without one) above a header, and where they end (0: not there)."""
    time, exact = np.nan, True
    if _begins(at, _UNITS):
        at = _line_end(at + len(_UNITS), stop) + 1
    if _begins(at, _TIME):
        at += len(_TIME)
        end = _line_end(at, stop)
        time, exact = _number(at, end)
        at = end + 1
    if not exact or not _begins(at, _STEP):
        return 0.0, time, 0
    at += len(_STEP)
    end = _line_end(at, stop)
    step, exact = _number(at, end)
    return step, time, end + 1 if exact else 0


@_compiled
def fill_frames(
    text: Any, start: Any, head: Any, places: Any, slots: Any, lowest: Any,
    origin: Any, positions: Any, steps: Any, times: Any, frame: Any,
) -> Any:  # fmt: skip
    """Fill arrays from frames as long as their headers are alike.

    Parameters
    ----------
    text
        Bytes, of which the last `PADDING` are zeros.
    start
        Where the first frame begins.
    head
        The bytes between step and rows.
    places
        For each column its place among x, y, z and id, -1 where it is none of them.
    slots
        Row in ``positions`` of the atom of each id from ``lowest`` on, -1 where there is none;
        empty where rows stay in the order of the file.
    lowest
        The lowest id.
    origin
        Taken off every position, shape ``(3,)``.
    positions, steps, times
        Filled: shapes ``(n, n_atoms, 3)``, ``(n,)`` and ``(n,)``, NaN where no time is told.
    frame
        The frame to begin with.

    Returns
    -------
    tuple of int
        The frame after the last one filled, and where the text goes on: before its end where a
        header is another or rows are damaged or hold numbers that need more digits.
    """
    begin, n_atoms = text.ctypes.data, positions.shape[1]
    at, stop = begin + start, begin + text.shape[0] - PADDING
    seen, values = np.full(n_atoms, -1), np.zeros(4)
    while at < stop and frame < positions.shape[0]:
        step, time, place = _above(at, stop)
        if place == 0 or not _begins(place, head):
            break
        place += head.shape[0]
        for row in range(n_atoms):
            place = _row(place, places, values)
            slot = row
            if slots.shape[0]:
                key = values[3] - lowest
                slot = slots[np.int64(key)] if 0 <= key < slots.shape[0] else -1
                if slot >= 0:
                    slot = -1 if seen[slot] == frame else slot
                    seen[slot] = frame
            if place == 0 or slot < 0:
                return frame, at - begin
            for axis in range(3):
                positions[frame, slot, axis] = values[axis] - origin[axis]
        if place < stop and not _begins(place, _ITEM):
            break
        steps[frame], times[frame] = step, time
        at = place
        frame += 1
    return frame, at - begin
