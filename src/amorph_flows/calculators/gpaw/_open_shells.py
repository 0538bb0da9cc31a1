"""Open d shells of a composition, and the magnetic moments to start from."""

from __future__ import annotations

from functools import lru_cache

from ase.formula import Formula
from pymatgen.core import Composition, Element

from amorph_flows.errors import InputError
from amorph_flows.structures.charges import guessed_charges

_FULL_SHELL = 10


def starting_moments(symbols: list[str]) -> list[float] | None:
    """Return the high-spin moments of a composition's ions, or None if its d shells are closed.

    Charges are pymatgen's most likely oxidation states: V4+ (3d1) in MgV2O5 starts from 1, V5+
    (3d0) in V2O5 is closed. An average such as V4.5+ starts from the average, 0.5. Transition
    metals without a charge, or where none can be guessed, start from 1.

    Parameters
    ----------
    symbols
        Element of each atom.

    Returns
    -------
    list or None
        Moment of each atom, μB.
    """
    moments = _moments(Formula.from_list(symbols).reduce()[0].format("hill"))
    return [moments.get(symbol, 0.0) for symbol in symbols] if moments else None


@lru_cache
def _moments(formula: str) -> dict[str, float]:
    """Return the moments of the elements that have one."""
    composition = Composition(formula)
    metals = [element for element in composition.elements if element.is_transition_metal]
    if not metals:
        return {}
    try:
        charges = guessed_charges(composition)
    except InputError:
        charges = dict.fromkeys(composition.elements, 0.0)
    moments = {metal.symbol: _high_spin(metal, charges[metal]) for metal in metals}
    return {symbol: moment for symbol, moment in moments.items() if moment > 0}


def _high_spin(metal: Element, charge: float) -> float:
    """Return the number of unpaired d electrons of an ion, which has lost its s electrons first."""
    n_electrons = metal.group - charge
    return float(min(n_electrons, _FULL_SHELL - n_electrons)) if charge else 1.0
