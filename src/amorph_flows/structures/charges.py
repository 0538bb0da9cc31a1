"""Charges of a host after the insertion of ions, which reduces its redox element."""

from __future__ import annotations

from math import comb, prod

from pymatgen.core import Composition, Element, Species, Structure

from amorph_flows.errors import InputError
from amorph_flows.structures.ions import parse_element, parse_ion

_MOST_ASSIGNMENTS = 200_000


def discharged_charges(
    host: Structure, ion: str, n_ions: int, redox_element: str | None = None
) -> Structure:
    """Return the host with the charges it has after the insertion of ions.

    The electrons that come with the ions (2 for each Mg2+) go to the redox element: V5+ becomes
    V4+ in MgV2O5. Every atom of it gets the same charge, so where the electrons do not divide
    evenly among the atoms it is a fractional average (1 Mg2+ for 24 V gives V4.917+).

    Parameters
    ----------
    host
        The host without the ions. Charges that it carries are taken as those before insertion;
        without any, they are pymatgen's most likely oxidation states.
    ion
        The inserted ion, such as ``"Mg2+"``.
    n_ions
        How many of it are inserted into this cell.
    redox_element
        The element that takes the electrons; by default the only one that can.

    Returns
    -------
    Structure
        A copy of the host with a charge on every atom, the sum of which neutralises the ions.

    Raises
    ------
    InputError
        If the host is not neutral or its charges cannot be guessed, if the redox element is not
        in the host or cannot be told, or if its charge would leave the range of its oxidation
        states (pymatgen's common and ICSD ones).
    """
    species = parse_ion(ion)
    if int(n_ions) != n_ions or n_ions < 1:
        raise InputError(f"number of {ion} to insert is {n_ions}; give a positive whole number")
    charges = _charges_before(host)
    redox = _redox_element(charges, species, redox_element)
    n_redox = int(host.composition.element_composition[redox])
    reduced = charges[redox] - n_ions * species.oxi_state / n_redox
    lowest, highest = _oxidation_range(redox)
    if not lowest - 1e-9 <= reduced <= highest + 1e-9:
        limit = lowest if species.oxi_state > 0 else highest
        most = int((charges[redox] - limit) * n_redox / species.oxi_state + 1e-9)
        raise InputError(
            f"{n_ions} {ion} would bring the {n_redox} {redox} of the host from charge "
            f"{charges[redox]:+.3g} to {reduced:+.3g}, outside its oxidation states {lowest:+g} to "
            f"{highest:+g}; charge balance allows at most {most} {ion} in this cell"
        )
    charges[redox] = round(reduced, 12)
    discharged = host.copy()
    discharged.add_oxidation_state_by_element({str(el): q for el, q in charges.items()})
    return discharged


def carried_charges(structure: Structure) -> dict[Element, float] | None:
    """Return the mean charge of each element, or None if not every atom carries a charge.

    Parameters
    ----------
    structure
        The structure, with charges (pymatgen's oxidation states) or without.

    Returns
    -------
    dict or None
        Charge, in elementary charges, of each element.
    """
    found: dict[Element, list[float]] = {}
    for site in structure:
        charge = getattr(site.specie, "oxi_state", None)
        if charge is None:
            return None
        found.setdefault(Element(site.specie.symbol), []).append(float(charge))
    return {element: sum(values) / len(values) for element, values in found.items()}


def _charges_before(host: Structure) -> dict[Element, float]:
    """Return the mean charge of each element of a host, as carried or as pymatgen guesses it.

    Parameters
    ----------
    host
        The host, with charges or without.

    Returns
    -------
    dict
        Charge, in elementary charges, of each element.

    Raises
    ------
    InputError
        If the carried charges do not add up to zero, or none can be guessed.
    """
    carried = carried_charges(host)
    if carried is not None:
        if abs(host.charge) > 1e-6:
            raise InputError(
                f"the host carries a net charge of {host.charge:+g} before insertion; "
                "give it without charges, or with charges that add up to zero"
            )
        return carried
    return guessed_charges(host.composition)


def guessed_charges(composition: Composition) -> dict[Element, float]:
    """Return the mean charge of each element as pymatgen guesses it: its most likely states.

    Parameters
    ----------
    composition
        Of a neutral compound; charges that it carries are ignored.

    Returns
    -------
    dict
        Charge, in elementary charges, of each element.

    Raises
    ------
    InputError
        If none can be guessed.
    """
    reduced = composition.element_composition.reduced_composition
    too_many = _n_assignments(reduced) > _MOST_ASSIGNMENTS
    guesses = () if too_many else reduced.oxi_state_guesses()
    if not guesses:
        problem = "too many sets of charges are" if too_many else "no neutral set of charges is"
        raise InputError(
            f"{problem} possible for {reduced.formula}; give the host with its charges"
        )
    return {Element(symbol): float(charge) for symbol, charge in guesses[0].items()}


def _n_assignments(composition: Composition) -> int:
    """Return how many ways there are to give the atoms their ICSD oxidation states."""
    return prod(
        comb(round(n) + len(el.icsd_oxidation_states) - 1, round(n))
        for el, n in composition.items()
        if el.icsd_oxidation_states
    )


def _oxidation_range(element: Element) -> tuple[float, float]:
    states = {*element.common_oxidation_states, *element.icsd_oxidation_states}
    positive = [state for state in states if state > 0]
    return (min(positive), max(positive)) if positive else (0.0, 0.0)


def _redox_element(
    charges: dict[Element, float], ion: Species, redox_element: str | None
) -> Element:
    if redox_element is not None:
        named = parse_element(redox_element)
        if named not in charges:
            raise InputError(
                f"redox element {redox_element!r} is not in the host, which holds "
                f"{', '.join(str(el) for el in charges)}"
            )
        return named
    candidates = [el for el, charge in charges.items() if charge > 0 and _can_take(el, charge, ion)]
    metals = [el for el in candidates if el.is_transition_metal or el.is_rare_earth]
    candidates = metals or candidates
    if len(candidates) != 1:
        found = ", ".join(str(el) for el in candidates) or "none"
        raise InputError(
            f"the element that takes the electrons of {ion} is not clear (candidates: {found}); "
            "name it with redox_element"
        )
    return candidates[0]


def _can_take(element: Element, charge: float, ion: Species) -> bool:
    lowest, highest = _oxidation_range(element)
    return bool(charge > lowest if ion.oxi_state > 0 else charge < highest)
