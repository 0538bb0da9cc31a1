"""Our potentials and frames as motep's objects, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import all_changes
from ase.data import atomic_numbers
from motep.calculator import MTP
from motep.potentials.mtp.data import BasisData, MTPData
from typing_extensions import override

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp import MTPPotential


def to_motep(potential: MTPPotential) -> MTPData:
    """Return a potential as motep holds it.

    Parameters
    ----------
    potential
        A potential with species.
    """
    data = MTPData(
        version=potential.version,
        potential_name=potential.name,
        scaling=potential.scaling,
        species_count=potential.n_species,
        potential_tag=potential.tag,
        radial_basis=BasisData(
            type="RBChebyshev",
            min=np.float64(potential.min_distance),
            max=np.float64(potential.cutoff),
            size=np.int32(potential.radial_coeffs.shape[3]),
        ),
        radial_funcs_count=potential.radial_coeffs.shape[2],
        radial_coeffs=potential.radial_coeffs.copy(),
        alpha_moments_count=potential.n_moments,
        alpha_index_basic_count=len(potential.index_basic),
        alpha_index_basic=potential.index_basic,
        alpha_index_times_count=len(potential.index_times),
        alpha_index_times=potential.index_times,
        alpha_scalar_moments=len(potential.scalar_moments),
        alpha_moment_mapping=potential.scalar_moments,
        species_coeffs=potential.species_coeffs.copy(),
        moment_coeffs=potential.moment_coeffs.copy(),
    )
    data.species = [atomic_numbers[symbol] for symbol in potential.species]
    return data


def from_motep(data: MTPData, potential: MTPPotential) -> MTPPotential:
    """Return a potential with motep's coefficients.

    Parameters
    ----------
    data
        The coefficients.
    potential
        Everything else.
    """
    return replace(
        potential,
        radial_coeffs=np.array(data.radial_coeffs),
        species_coeffs=np.array(data.species_coeffs),
        moment_coeffs=np.array(data.moment_coeffs),
    )


class MotepCalculator(MTP):
    """motep's ASE calculator, engine ``cext``, for one structure after another.

    Parameters
    ----------
    potential
        A potential with species.
    train
        Whether it also computes the derivatives by the parameters.
    """

    def __init__(self, potential: MTPPotential, *, train: bool = False) -> None:
        super().__init__(to_motep(potential), engine="cext", mode="train" if train else "run")
        self._known = set(self.engine.mtp_data.species.tolist())
        self._numbers = np.empty(0, dtype=int)

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Compute all properties; an element that the potential lacks raises an `InputError`."""
        numbers = np.array((atoms or self.atoms).numbers)
        if foreign := set(numbers.tolist()) - self._known:
            raise InputError(
                f"atomic numbers {sorted(foreign)} are not among the species of the potential"
            )
        if not np.array_equal(numbers, self._numbers):
            self.engine.neighbor_list = None
            self._numbers = numbers
        super().calculate(atoms, list(properties), list(system_changes))
        self.results: dict[str, Any] = dict(self.results)
