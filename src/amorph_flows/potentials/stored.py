"""Stored potentials, turned into an ASE calculator or the input lines of LAMMPS."""

from __future__ import annotations

from pathlib import Path

from ase.calculators.calculator import Calculator
from jobflow import JobStore

from amorph_flows.errors import InputError
from amorph_flows.potentials.base import get_backend
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.store import load_potential

LAMMPS_FILE = "potential.in"


def load_calculator(store: JobStore, uuid: str) -> Calculator:
    """Return an ASE calculator of a stored potential: energy, forces and stress.

    Parameters
    ----------
    store
        A connected job store.
    uuid
        uuid of the potential, or the beginning of it.

    Raises
    ------
    InputError
        If the document is not a potential or its files were changed.

    Examples
    --------
    >>> atoms.calc = load_calculator(open_store("v2o5-study"), "3f2a91c0")
    """
    doc = load_potential(store, uuid)
    check_files(doc)
    return get_backend(doc.backend).calculator(doc)


def write_lammps(
    doc: PotentialDoc, folder: str | Path, elements: list[str] | None = None
) -> list[str]:
    """Write what LAMMPS needs to run a potential into a folder and return the input lines.

    The lines are in ``potential.in`` as well, for ``include potential.in``; run LAMMPS in the
    folder.

    Parameters
    ----------
    doc
        The potential.
    folder
        Made if absent.
    elements
        Element symbol of each LAMMPS type, in order; None: the species of the potential.

    Raises
    ------
    InputError
        If LAMMPS has no pair style for the potential, it lacks an element, or its files were
        changed.
    MissingDependencyError
        If LAMMPS or what its pair style needs is missing here.
    """
    check_files(doc)
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    types = elements or list(doc.species)
    style = get_backend(doc.backend).pair_style(doc, types, home, None)
    if not style.commands:
        raise InputError(
            f"LAMMPS has no pair style for potentials of {doc.backend!r} here; LammpsMD runs them "
            "through `fix external` and load_calculator gives an ASE calculator"
        )
    heading = ["# types: " + ", ".join(f"{i} {e}" for i, e in enumerate(types, start=1))]
    units = [f"# needs `units metal` and `atom_style {style.atom_style}`"]
    units += [f"# charges: {_listed(style.charges, types)}"] if style.charges else []
    units += [f"# needs `{line}` before the cell is read" for line in style.before_box]
    (home / LAMMPS_FILE).write_text("\n".join([*heading, *units, *style.commands, ""]))
    return style.commands


def _listed(charges: dict[str, float], types: list[str]) -> str:
    return ", ".join(f"{element} {charges[element]:+g}" for element in types)


def check_files(doc: PotentialDoc) -> None:
    """Raise an error if the files of a potential are not those that were stored.

    Parameters
    ----------
    doc
        The potential; one without a hash passes.
    """
    digest = doc.files_sha256()
    if doc.sha256 and digest != doc.sha256:
        raise InputError(
            f"the files of potential {doc.job_uuid} have sha256 {digest[:12]}…, but its document "
            f"says {doc.sha256[:12]}…; they have been changed, so fit it again"
        )
