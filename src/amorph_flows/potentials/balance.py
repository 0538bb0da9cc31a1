"""Whether the charges of a cell add up to zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from amorph_flows.errors import InputError

_TOLERANCE = 1e-8


def require_neutral(symbols: Iterable[str], charges: dict[str, float]) -> None:
    """Refuse a cell whose charges do not add up to zero.

    Parameters
    ----------
    symbols
        Element symbol of each atom.
    charges
        Charge of an atom of each element, e.

    Raises
    ------
    InputError
        If they do not; the message has the sum and its terms.
    """
    counts = Counter(symbols)
    total = sum(number * charges[symbol] for symbol, number in counts.items())
    if abs(total) > _TOLERANCE * sum(counts.values()):
        terms = ", ".join(f"{n} {symbol} of {charges[symbol]:+g}" for symbol, n in counts.items())
        raise InputError(
            f"the charges do not balance: {terms} add up to {total:+g} e; change the composition, "
            "or use another potential or other oxidation states"
        )
