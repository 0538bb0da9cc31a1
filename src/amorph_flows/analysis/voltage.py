"""Insertion voltages from total energies: one average, and the steps of a profile."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from amorph_flows.errors import InputError


@dataclass(frozen=True)
class VoltageStep:
    """The voltage between two neighbours on the lower hull.

    Parameters
    ----------
    from_ions, to_ions
        Ions per formula at its ends.
    voltage_v
        Against the ion's metal, V.
    interval_v
        Its 95 % interval, V; None where an energy has no error.
    """

    from_ions: float
    to_ions: float
    voltage_v: float
    interval_v: tuple[float, float] | None


@dataclass(frozen=True)
class VoltageProfile:
    """Voltage against the content of ions.

    Parameters
    ----------
    steps
        From the lowest content to the highest.
    above_hull_ev
        How far each content lies above the lower hull, eV per formula, in the order that they were
        given in; zero on it.
    """

    steps: tuple[VoltageStep, ...]
    above_hull_ev: tuple[float, ...]


def average_voltage(
    inserted_ev: float, removed_ev: float, metal_ev_atom: float, n_ions: int, charge: float
) -> float:
    """Return the average voltage of inserting ions, against the ion's metal, V.

    ``V = -(E(inserted) - E(removed) - n E(metal)) / (n z)`` with energies in eV, which is Eq. 1
    of Choyal et al., Small (2025), for n ions of charge z instead of one Mg2+.

    Parameters
    ----------
    inserted_ev
        Total energy with the ions, eV.
    removed_ev
        Total energy of the same host without them, eV.
    metal_ev_atom
        Energy of one atom of the metal, eV.
    n_ions
        Number of ions.
    charge
        Charge of an ion, in elementary charges.

    Raises
    ------
    InputError
        If there are no ions or they carry no positive charge.
    """
    if n_ions < 1 or charge <= 0:
        raise InputError(
            f"a voltage needs ions with a positive charge; n_ions is {n_ions}, charge is {charge:g}"
        )
    return -(inserted_ev - removed_ev - n_ions * metal_ev_atom) / (n_ions * charge)


def voltage_profile(
    contents: npt.ArrayLike,
    energies_ev: npt.ArrayLike,
    half_widths_ev: npt.ArrayLike,
    metal_ev_atom: float,
    charge: float,
) -> VoltageProfile:
    """Return the voltages between neighbours on the lower hull of energy against content.

    Between contents x and y the voltage is ``-(E(y) - E(x) - (y - x) E(metal)) / ((y - x) z)``
    with energies per formula, which is Eq. 1 of Choyal et al., Small (2025), between two contents.
    A content above the hull would separate into its neighbours, so that the voltage across it is
    one, and voltages only fall (Aydinol et al., Phys. Rev. B 56, 1354 (1997)). Intervals hold for
    the neighbours that were found: energies that differ by less than their errors may order
    otherwise.

    Parameters
    ----------
    contents
        Ions per formula, two or more that differ, shape ``(n,)``.
    energies_ev
        Energy at each, eV per formula, shape ``(n,)``.
    half_widths_ev
        Half-widths of their 95 % intervals, eV per formula, shape ``(n,)``; NaN where unknown.
    metal_ev_atom
        Energy of one atom of the metal, eV.
    charge
        Charge of an ion, in elementary charges.

    Raises
    ------
    InputError
        If there are fewer than two contents, two are equal, an energy is not finite, or ions carry
        no positive charge.
    """
    x, energies = np.asarray(contents, float), np.asarray(energies_ev, float)
    widths = np.asarray(half_widths_ev, float)
    if len(x) < 2 or len(np.unique(x)) < len(x):
        raise InputError(
            f"contents are {x.tolist()}; a voltage profile needs two or more that differ"
        )
    if not np.all(np.isfinite(energies)):
        raise InputError(f"energies are {energies.tolist()}; each content needs a finite one")
    if charge <= 0:
        raise InputError(f"charge is {charge:g}; a voltage needs ions with a positive one")
    hull = _lower_hull(x, energies)
    steps = []
    for low, high in pairwise(hull):
        width = x[high] - x[low]
        volts = -((energies[high] - energies[low]) / width - metal_ev_atom) / charge
        half = float(np.hypot(widths[low], widths[high]) / (width * charge))
        interval = (float(volts - half), float(volts + half)) if np.isfinite(half) else None
        steps.append(VoltageStep(float(x[low]), float(x[high]), float(volts), interval))
    above = energies - np.interp(x, x[hull], energies[hull])
    above[hull] = 0.0
    return VoltageProfile(tuple(steps), tuple(above.tolist()))


def _lower_hull(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> list[int]:
    """Return which points lie on the lower convex hull, in order of x."""
    hull: list[int] = []
    for point in np.argsort(x).tolist():
        while len(hull) > 1 and _is_above(x, y, hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _is_above(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], low: int, point: int, high: int
) -> bool:
    """Return whether a point lies on or above the line between its neighbours."""
    share = (x[point] - x[low]) / (x[high] - x[low])
    return bool(y[point] >= y[low] + share * (y[high] - y[low]))
