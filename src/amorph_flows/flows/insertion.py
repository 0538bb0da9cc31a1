"""Insertion of ions into a host."""

from __future__ import annotations

from dataclasses import dataclass

from jobflow import Job, Maker
from pymatgen.core import Structure

from amorph_flows.jobs.insertion import insert_ions


@dataclass
class IonInsertionMaker(Maker):
    """Find the sites of an ion in a host and the occupations of lowest Ewald energy.

    Parameters
    ----------
    name
        Name of the jobs.
    redox_element
        The element of the host that is reduced; None finds it.
    charges
        Charge of each host element after insertion; None derives them.
    tolerances
        Distances of `amorph_flows.structures.find_void_sites`, Å, that differ from its defaults.
    n_best
        How many occupations to keep.
    seed
        Seed of the search.
    """

    name: str = "insertion"
    redox_element: str | None = None
    charges: dict[str, float] | None = None
    tolerances: dict[str, float] | None = None
    n_best: int = 10
    seed: int = 0

    def make(
        self, structure: Structure, ion: str, n_ions: int, temperature_k: float | None = None
    ) -> Job:
        """Return the job; its output is a `SiteSetDoc`.

        Parameters
        ----------
        structure
            The empty host, or a reference to it.
        ion
            Such as ``"Mg2+"``.
        n_ions
            How many ions to place.
        temperature_k
            Temperature of the branch that the host was held at, K; None for a crystal.
        """
        job = insert_ions(
            structure,
            ion,
            n_ions,
            temperature_k=temperature_k,
            redox_element=self.redox_element,
            charges=self.charges,
            tolerances=self.tolerances,
            n_best=self.n_best,
            seed=self.seed,
        )
        where = "crystal" if temperature_k is None else f"{temperature_k:g} K"
        job.name = f"{self.name} {ion} {where}"
        return job
