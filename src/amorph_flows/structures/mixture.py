"""Compositions of glasses: formulas and mixtures, their charges, and grids over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import gcd, isfinite, lcm
from typing import TypeAlias

from pymatgen.core import Composition, Element, Structure

from amorph_flows.errors import InputError
from amorph_flows.structures.charges import guessed_charges
from amorph_flows.structures.ions import parse_element

CompositionLike: TypeAlias = str | Mapping[str, float] | Composition | Structure
"""A formula, amounts of several formulas, or what has a composition."""
_LARGEST_DENOMINATOR = 1000
_NEUTRAL = 1e-6


@dataclass(frozen=True)
class Mixture:
    """A neutral composition in whole numbers of atoms.

    Parameters
    ----------
    formula_unit
        Atoms of the smallest whole formula unit.
    charges
        Mean charge of each element, in elementary charges.
    """

    formula_unit: Composition
    charges: dict[Element, float]

    @property
    def formula(self) -> str:
        """The formula unit, such as ``"NaFePO4"``."""
        return str(self.formula_unit.reduced_formula)

    def units_for(self, n_atoms: int) -> int:
        """Return the number of whole formula units nearest to a number of atoms.

        Parameters
        ----------
        n_atoms
            Wanted atoms.

        Raises
        ------
        InputError
            If that is no whole number, or fewer atoms than one formula unit has.
        """
        size = round(self.formula_unit.num_atoms)
        if not isfinite(n_atoms) or int(n_atoms) != n_atoms or n_atoms < size:
            raise InputError(
                f"n_atoms is {n_atoms}, but one formula unit of {self.formula} has {size} atoms; "
                "give a whole number of at least that, or round the amounts of the mixture"
            )
        return (2 * int(n_atoms) + size - 1) // (2 * size)


def read_mixture(
    composition: CompositionLike | Mixture, oxidation_states: Mapping[str, float] | None = None
) -> Mixture:
    """Return the composition of a formula or a mixture, checked for neutrality.

    Parameters
    ----------
    composition
        Formula such as ``"NaFePO4"``; moles of formulas, in any unit, such as
        ``{"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25}``; or a composition or structure. Amounts are
        read as fractions with denominators up to 1000. A mixture is returned as it is.
    oxidation_states
        Charge of each element. Without, those that pymatgen finds most likely for each formula of
        the mixture, averaged over it; elements that are all metals are neutral.

    Raises
    ------
    InputError
        If a formula cannot be read or names what is no element, amounts are not positive, or the
        charges are unknown or do not add up to zero.
    """
    if isinstance(composition, Mixture):
        return composition
    parts = _parts(composition)
    unit = _whole(parts)
    if oxidation_states is None:
        return Mixture(unit, _likely_charges(parts))
    charges = {parse_element(name): float(q) for name, q in oxidation_states.items()}
    missing = [el.symbol for el in unit if el not in charges]
    if missing:
        raise InputError(
            f"oxidation_states lacks {', '.join(missing)}; give the charge of every element of "
            f"{unit.reduced_formula}"
        )
    charges = {el: charges[el] for el in unit}
    total = sum(n * charges[el] for el, n in unit.items())
    if abs(total) > _NEUTRAL * unit.num_atoms:
        states = ", ".join(f"{el.symbol} {q:+g}" for el, q in charges.items())
        raise InputError(
            f"{unit.reduced_formula} is not neutral: with {states} a formula unit has a charge of "
            f"{total:+g}; change the composition or oxidation_states"
        )
    return Mixture(unit, charges)


def composition_grid(components: list[str], step: float = 0.1) -> list[dict[str, float]]:
    """Return all mixtures of components in equal steps of their mole fractions.

    Parameters
    ----------
    components
        Formulas at the corners of the diagram, such as ``["NaO0.5", "FeO", "PO2.5"]``.
    step
        Step of the mole fractions, 1 divided by a whole number.

    Returns
    -------
    list of dict
        Mole fraction of each component present; three components in steps of 0.1 are 66 mixtures.

    Raises
    ------
    InputError
        If there are no components or one twice, or the step does not divide 1.
    """
    if not components or len(set(components)) < len(components):
        raise InputError(f"components are {components}; give different formulas")
    n_steps = round(1 / step) if isfinite(step) and step > 0 else 0
    if n_steps < 1 or abs(n_steps * step - 1) > 1e-6:
        raise InputError(f"step is {step:g}; give 1 divided by a whole number, such as 0.1")
    grid = []
    for rest in product(range(n_steps + 1), repeat=len(components) - 1):
        if sum(rest) <= n_steps:
            shares = (n_steps - sum(rest), *rest)
            named = zip(components, shares, strict=True)
            grid.append({name: share / n_steps for name, share in named if share})
    return grid


def _parts(composition: CompositionLike) -> list[tuple[Composition, Fraction]]:
    """Return formulas with whole numbers of atoms and how much there is of each."""
    if isinstance(composition, Structure):
        composition = composition.composition
    if isinstance(composition, Composition):
        amounts = composition.element_composition.get_el_amt_dict()
        return [_whole_formula("".join(f"{el}{n:.8g}" for el, n in amounts.items()))]
    if isinstance(composition, str):
        return [_whole_formula(composition)]
    found = []
    for name, amount in composition.items():
        share = _fraction(amount, f"the amount of {name}")
        formula, factor = _whole_formula(name)
        found.append((formula, share * factor))
    if not found:
        raise InputError("the mixture is empty; give moles by formula, as in {'SiO2': 1}")
    return found


def _whole_formula(text: str) -> tuple[Composition, Fraction]:
    """Return the formula in whole numbers, and how many of it the text is."""
    problem = f"composition {text!r} is no formula of elements; write it as in 'NaFePO4'"
    try:
        read = Composition(text)
    except ValueError as exc:
        raise InputError(problem) from exc
    if not len(read) or not all(isinstance(element, Element) for element in read):
        raise InputError(problem)
    symbols = [element.symbol for element in read]
    amounts = {el: _fraction(read[el], f"the amount of {el} in {text}") for el in symbols}
    scale = lcm(*(n.denominator for n in amounts.values()))
    numbers = {el: int(n * scale) for el, n in amounts.items()}
    common = gcd(*numbers.values())
    return Composition({el: n // common for el, n in numbers.items()}), Fraction(common, scale)


def _fraction(amount: float, what: str) -> Fraction:
    if not isinstance(amount, int | float | Fraction) or not 0 < amount < float("inf"):
        raise InputError(f"{what} is {amount!r}; give a number above 0")
    near = Fraction(amount).limit_denominator(_LARGEST_DENOMINATOR)
    if abs(near - amount) > 1e-3 * amount:
        raise InputError(
            f"{what} is {amount:g}; amounts are fractions with denominators up to "
            f"{_LARGEST_DENOMINATOR}"
        )
    return near


def _whole(parts: list[tuple[Composition, Fraction]]) -> Composition:
    """Return the smallest formula unit of a mixture."""
    amounts: dict[str, Fraction] = {}
    for formula, share in parts:
        for element, n in formula.items():
            amounts[element.symbol] = amounts.get(element.symbol, Fraction(0)) + share * int(n)
    scale = lcm(*(n.denominator for n in amounts.values()))
    numbers = {el: int(n * scale) for el, n in amounts.items()}
    common = gcd(*numbers.values())
    return Composition({el: n // common for el, n in numbers.items()})


def _likely_charges(parts: list[tuple[Composition, Fraction]]) -> dict[Element, float]:
    """Return the charges of each formula, averaged over the atoms of each element."""
    charge: dict[Element, float] = {}
    number: dict[Element, float] = {}
    for formula, share in parts:
        if all(element.is_metal for element in formula):
            likely = dict.fromkeys(formula, 0.0)
        else:
            try:
                likely = guessed_charges(formula)
            except InputError as exc:
                raise InputError(
                    f"{formula.reduced_formula} is not neutral with any oxidation states that are "
                    "known for its elements; change the composition or give oxidation_states"
                ) from exc
        for element, n in formula.items():
            charge[element] = charge.get(element, 0.0) + float(share) * n * likely[element]
            number[element] = number.get(element, 0.0) + float(share) * n
    return {element: round(charge[element] / number[element], 9) for element in number}
