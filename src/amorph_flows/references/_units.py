"""Units in which a reference may be given."""

from __future__ import annotations

import re

from ase import units

from amorph_flows.errors import InputError
from amorph_flows.schemas.reference import ReferenceQuantity

_DIFFUSIVITY = {"cm2/s": 1.0, "m2/s": 1e4, "mm2/s": 1e-2, "nm2/ns": 1e-5, "Å2/ps": 1e-4}
_VOLTAGE = {"V": 1.0, "mV": 1e-3}
_PER_MOLE = units.kJ / units.mol
FACTORS: dict[ReferenceQuantity, dict[str, float]] = {
    "average_voltage": _VOLTAGE,
    "voltage_crystal": _VOLTAGE,
    "tracer_diffusivity": _DIFFUSIVITY,
    "jump_diffusivity": _DIFFUSIVITY,
    "haven_ratio": {},
    "conductivity": {"S/cm": 1.0, "mS/cm": 1e-3, "µS/cm": 1e-6, "S/m": 1e-2},
    "activation_energy": {
        "eV": 1.0,
        "meV": 1e-3,
        "kJ/mol": _PER_MOLE,
        "kcal/mol": 4.184 * _PER_MOLE,
    },
    "density": {"g/cm3": 1.0, "kg/m3": 1e-3},
}
"""What a value is multiplied by to be in the first of its units."""

_SPELLINGS = str.maketrans(
    {"¹": "1", "²": "2", "³": "3", "⁻": "-", "\N{MINUS SIGN}": "-", "^": None, " ": None, "A": "Å"}
)
_PRETTY = str.maketrans("23", "²³")


def unit_of(quantity: ReferenceQuantity) -> str:
    """Return the unit of a quantity in the results, empty for a ratio.

    Parameters
    ----------
    quantity
        The quantity.
    """
    return next(iter(FACTORS[quantity]), "").translate(_PRETTY)


def factor_of(quantity: ReferenceQuantity, unit: str | None) -> float:
    """Return what a value is multiplied by to be in the unit of the results.

    Parameters
    ----------
    quantity
        The quantity.
    unit
        As it was given.

    Raises
    ------
    InputError
        If there is none although one is needed, or it is none of the quantity's.
    """
    known = FACTORS[quantity]
    if not known:
        if unit not in (None, "", "1"):
            raise InputError(f"{quantity} has no unit, got {unit!r}; leave it out")
        return 1.0
    listed = ", ".join(one.translate(_PRETTY) for one in known)
    if not unit or not unit.strip():
        raise InputError(f"the unit is missing; give one of {listed}")
    found = {_spelt(one): factor for one, factor in known.items()}.get(_spelt(unit))
    if found is None:
        raise InputError(f"{unit!r} is no unit of {quantity}; give one of {listed}")
    return found


def _spelt(unit: str) -> str:
    """Return a unit in one spelling, so that ``cm^2 s^-1`` and ``cm²/s`` are the same."""
    plain = re.sub(r"^[uμ](?=S)", "µ", unit.strip().translate(_SPELLINGS))
    return re.sub(
        r"(mol|cm|ps|ns|s|m)-([1-3])$", lambda per: f"/{per[1]}{per[2].replace('1', '')}", plain
    )
