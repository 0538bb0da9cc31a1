"""Configurations with velocities: conversion between structures and ASE atoms."""

from __future__ import annotations

import numpy as np
from ase import Atoms, units
from pymatgen.core import Structure

from amorph_flows.errors import InputError


def to_atoms(structure: Structure) -> Atoms:
    """Return ASE atoms; velocities (Å/fs) in the site property ``velocities`` are taken over.

    Parameters
    ----------
    structure
        An ordered structure; charges of its species are ignored.

    Raises
    ------
    InputError
        If a site is partially occupied.
    """
    if not structure.is_ordered:
        raise InputError(
            f"{structure.composition.reduced_formula} has partially occupied sites; "
            "an engine needs an ordered structure"
        )
    atoms = Atoms(
        [site.specie.Z for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=True,
    )
    if has_velocities(structure):
        velocities = np.array(structure.site_properties["velocities"], dtype=float)
        atoms.set_velocities(velocities / units.fs)
    return atoms


def has_velocities(structure: Structure) -> bool:
    """Return whether every site has a velocity."""
    velocities = structure.site_properties.get("velocities")
    return velocities is not None and all(v is not None for v in velocities)


def to_structure(atoms: Atoms, velocities: bool = False) -> Structure:
    """Return the structure of ASE atoms, positions not wrapped.

    Parameters
    ----------
    atoms
        The configuration.
    velocities
        Whether to keep the velocities, Å/fs, as site property.
    """
    properties = {"velocities": (atoms.get_velocities() * units.fs).tolist()} if velocities else {}
    return Structure(
        atoms.cell.array,
        atoms.get_chemical_symbols(),
        atoms.positions,
        coords_are_cartesian=True,
        site_properties=properties,
    )


def draw_velocities(atoms: Atoms, temperature_k: float, seed: int) -> None:
    """Give atoms Maxwell-Boltzmann velocities of exactly one temperature, at rest as a whole.

    Parameters
    ----------
    atoms
        Changed in place.
    temperature_k
        Temperature, K.
    seed
        Seed of the generator.
    """
    masses = atoms.get_masses()[:, None]
    rng = np.random.default_rng(seed)
    velocities = rng.standard_normal((len(atoms), 3)) / np.sqrt(masses)
    velocities -= (masses * velocities).sum(axis=0) / masses.sum()
    atoms.set_velocities(velocities)
    found = temperature_of(atoms)
    if found > 0:
        atoms.set_velocities(velocities * np.sqrt(temperature_k / found))


def temperature_of(atoms: Atoms) -> float:
    """Return the kinetic temperature with 3N - 3 degrees of freedom, K."""
    freedom = 3 * max(len(atoms) - 1, 1)
    return float(2 * atoms.get_kinetic_energy() / (freedom * units.kB))
