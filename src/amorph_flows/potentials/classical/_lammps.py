"""What LAMMPS reads of a classical potential."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from amorph_flows.potentials.classical._forms import INNERMOST_A, Buckingham, Pedone
from amorph_flows.potentials.classical._parameters import ClassicalParameters

TABLE_FILE = "potential.table"
ANGLE_FILE = "potential.nb3b"

_TABLE_POINTS = 10_000


def lammps_commands(
    parameters: ClassicalParameters, elements: list[str], folder: Path, prefix: str = ""
) -> list[str]:
    """Write the tables of a potential into a folder and return LAMMPS's input lines.

    Parameters
    ----------
    parameters
        Of at least these elements.
    elements
        Element symbol of each LAMMPS type, in order.
    folder
        Where the tables go.
    prefix
        What leads from where LAMMPS runs to the folder.
    """
    species_of = {element: species for species, element in parameters.elements.items()}
    types = [species_of[element] for element in elements]
    settings = parameters.settings
    damped = settings.coulomb == "damped-shifted"
    number = {species: n for n, species in enumerate(types, start=1)}
    pairs = [pair for pair in parameters.pairs if set(pair.between) <= set(types)]
    pedone = [pair for pair in pairs if isinstance(pair, Pedone)]
    tables = [pair for pair in pairs if isinstance(pair, Buckingham)]
    angles = [a for a in parameters.angles if {a.center, *a.ends} <= set(types)]
    styles = [
        f"coul/dsf {settings.damping!r} {settings.coulomb_cutoff!r}"
        if damped
        else f"coul/long {settings.coulomb_cutoff!r}"
    ]
    lines = [f"pair_coeff * * {'coul/dsf' if damped else 'coul/long'}"]
    if not damped:
        # with its default, 12, forces are no derivatives of the energy beyond 5 digits
        lines.append("pair_modify pair coul/long table 16")
    if pedone:
        styles.append(f"pedone {settings.pair_cutoff!r}")
        # without the shift each pair that crosses the cutoff changes the total energy
        lines.append("pair_modify pair pedone shift yes")
        lines += [
            f"pair_coeff {_types(number, pair)} pedone {pair.d!r} {pair.a!r} {pair.r0!r} {pair.c!r}"
            for pair in pedone
        ]
    if tables:
        (folder / TABLE_FILE).write_text("\n".join(_table(p, settings.pair_cutoff) for p in tables))
        styles.append(f"table spline {_TABLE_POINTS}")
        lines += [
            f"pair_coeff {_types(number, pair)} table {prefix}{TABLE_FILE} {_title(pair)} "
            f"{settings.pair_cutoff!r}"
            for pair in tables
        ]
    if angles:
        named = {name for angle in angles for name in (angle.center, *angle.ends)}
        (folder / ANGLE_FILE).write_text(_angle_text(parameters, sorted(named)))
        styles.append("nb3b/screened")
        names = " ".join(s if s in named else "NULL" for s in types)
        lines.append(f"pair_coeff * * nb3b/screened {prefix}{ANGLE_FILE} {names}")
    kspace = [] if damped else [f"kspace_style pppm {settings.accuracy!r}"]
    return [f"pair_style hybrid/overlay {' '.join(styles)}", *lines, *kspace]


def _types(number: dict[str, int], pair: Pedone | Buckingham) -> str:
    first, second = sorted(number[species] for species in pair.between)
    return f"{first} {second}"


def _title(pair: Buckingham) -> str:
    return "_".join(pair.between)


def _table(pair: Buckingham, cutoff: float) -> str:
    """Return the section of a pair, equally spaced in r squared and shifted to 0 at the cutoff."""
    r = np.sqrt(np.linspace(INNERMOST_A**2, cutoff**2, _TABLE_POINTS))
    energy, force = pair.energy_and_force(r)
    columns = zip(r, energy - energy[-1], force, strict=True)
    rows = [f"{n} {x:.17g} {e:.17g} {f:.17g}" for n, (x, e, f) in enumerate(columns, start=1)]
    heading = [
        _title(pair),
        f"N {_TABLE_POINTS} RSQ {INNERMOST_A!r} {cutoff!r}",
        "",
    ]
    return "\n".join([*heading, *rows, ""])


def _angle_text(parameters: ClassicalParameters, species: list[str]) -> str:
    """Return the file of ``nb3b/screened``, which has a line for every triple."""
    angles = {
        (a.center, ends[0], ends[1]): a
        for a in parameters.angles
        for ends in (a.ends, a.ends[::-1])
    }
    lines = ["# UNITS: metal"]
    for center, first, second in product(species, repeat=3):
        angle = angles.get((center, first, second))
        numbers = (
            "0 0 1 0"
            if angle is None
            else f"{angle.k!r} {angle.theta0!r} {angle.rho or 1.0!r} {angle.cutoff or 0.0!r}"
        )
        lines.append(f"{center} {first} {second} {numbers}")
    return "\n".join([*lines, ""])
