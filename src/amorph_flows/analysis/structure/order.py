"""Directional long-range order of one sublattice: how far its atoms are from lattice planes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import auto

import numpy as np

from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    mask_of,
    one_frame,
    symbols_of,
)
from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

PLANE_NUMBERS = range(2, 9)


class LatticeVerdict(Answer):
    """Whether the atoms have the lattice that their disorder is measured against."""

    LATTICE = auto()
    PARTIAL_LATTICE = auto()
    NO_LATTICE = auto()


@dataclass(frozen=True)
class LatticeThresholds:
    """Limits within which a largest structure factor counts as a lattice.

    Parameters
    ----------
    chance_probability
        Largest allowed probability that atoms at random would reach the structure factor.
    structure_factor
        Smallest structure factor; 0.5 is a Debye-Waller factor of displacements of 0.19 plane
        spacings, where the planes begin to overlap.
    """

    chance_probability: float = 0.01
    structure_factor: float = 0.5


@dataclass(frozen=True)
class LongRangeOrder:
    """Deviations of a sublattice from its planes, in units of the plane spacing.

    Deviations are absolute, so the largest disorder always lies in the octant (+++) or its
    opposite, whatever the structure: it is √(along_a² + along_b² + along_c²) and points along
    (along_a, along_b, along_c). Its direction says nothing on how displacements along the axes go
    together. Two structures are on one lattice only if their plane numbers are the same.

    Parameters
    ----------
    species
        Elements of the sublattice.
    maximum, minimum
        Largest and smallest disorder over the directions.
    along_a, along_b, along_c
        Disorder along the cell vectors.
    maximum_direction, minimum_direction
        Unit vectors along (a, b, c), shape ``(3,)``.
    directions
        The Fibonacci sphere, shape ``(n_directions, 3)``.
    disorder
        Disorder along each direction, shape ``(n_directions,)``.
    plane_numbers
        Lattice planes per cell along a, b, c.
    structure_factors
        Structure factor of these planes, from 0 (none) to 1 (perfect), shape ``(3,)``.
    chance_probabilities
        Probability that as many atoms placed at random reach them, shape ``(3,)``.
    n_atoms
        Atoms of the sublattice.
    lattice
        Whether there are planes along all, some or none of the axes.
    """

    species: tuple[str, ...]
    maximum: float
    minimum: float
    along_a: float
    along_b: float
    along_c: float
    maximum_direction: FloatArray
    minimum_direction: FloatArray
    directions: FloatArray
    disorder: FloatArray
    plane_numbers: tuple[int, int, int]
    structure_factors: FloatArray
    chance_probabilities: FloatArray
    n_atoms: int
    lattice: Verdict

    @property
    def verdict(self) -> Answer | str:
        """The answer of `lattice`."""
        return self.lattice.answer

    @property
    def reason(self) -> str:
        """The reason of `lattice`."""
        return self.lattice.reason


def fibonacci_sphere(n_directions: int) -> FloatArray:
    """Return unit vectors spread evenly over the sphere, shape ``(n_directions, 3)``.

    Parameters
    ----------
    n_directions
        Number of directions.

    Raises
    ------
    InputError
        If the number is not positive.
    """
    if n_directions < 1:
        raise InputError(f"n_directions is {n_directions}; at least 1 is needed")
    index = np.arange(n_directions) + 0.5
    height = 1.0 - 2.0 * index / n_directions
    angle = np.pi * (3.0 - np.sqrt(5.0)) * index
    radius = np.sqrt(1.0 - height**2)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height])


def long_range_order(
    structure: StructureLike,
    species: str | Iterable[str],
    n_directions: int = 700,
    plane_numbers: Iterable[int] = PLANE_NUMBERS,
    thresholds: LatticeThresholds | None = None,
    fixed_planes: tuple[int, int, int] | None = None,
) -> LongRangeOrder:
    """Return the directional disorder of a sublattice (J. Appl. Phys. 137, 025101).

    Along each cell vector the planes are the k equidistant ones with the largest structure factor
    ``|<exp(2πi k u)>|`` of the fractional coordinates u; its phase places them and the mean
    residual refines their origin (least squares). With d_ia the absolute deviation of atom i from
    its plane along axis a, in plane spacings, the disorder along the unit vector n is
    ``<|Σ_a n_a d_ia|>`` over the atoms. As ``d_ia`` is never negative, the maximum lies in the
    octant (+++) by construction; see `LongRangeOrder`.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    species
        Element or elements of the sublattice.
    n_directions
        Directions of the Fibonacci sphere.
    plane_numbers
        Numbers k of planes per cell to try.
    thresholds
        When a structure factor counts as a lattice.
    fixed_planes
        Planes per cell along a, b, c, where structures, such as those of several temperatures,
        are to be compared on one lattice; None: the strongest of ``plane_numbers``, which may
        differ from structure to structure.

    Raises
    ------
    InputError
        If the species is absent, a number of planes or directions is not positive, there are
        not three fixed planes, or a trajectory has several frames.
    """
    limits = thresholds or LatticeThresholds()
    directions = fibonacci_sphere(n_directions)
    tried = _numbers_to_try(plane_numbers, fixed_planes)
    fractional = _fractional_coordinates(structure, species)
    axes = [_nearest_planes(fractional[:, axis], tried[axis]) for axis in range(3)]
    numbers, factors, deviations = zip(*axes, strict=True)
    d_ia = np.stack(deviations, axis=1)
    disorder = np.abs(d_ia @ directions.T).mean(axis=0)
    along = d_ia.mean(axis=0)
    chances = _chance_probability(np.array(factors), len(d_ia), len(tried[0]))
    return LongRangeOrder(
        species=tuple(symbols_of(species)),
        maximum=float(disorder.max()),
        minimum=float(disorder.min()),
        along_a=float(along[0]),
        along_b=float(along[1]),
        along_c=float(along[2]),
        maximum_direction=directions[disorder.argmax()],
        minimum_direction=directions[disorder.argmin()],
        directions=directions,
        disorder=disorder,
        plane_numbers=(int(numbers[0]), int(numbers[1]), int(numbers[2])),
        structure_factors=np.array(factors),
        chance_probabilities=chances,
        n_atoms=len(d_ia),
        lattice=_judge_lattice(np.array(factors), chances, limits),
    )


def check_fixed_planes(planes: Sequence[int], given: str) -> None:
    """Refuse fixed planes that are not three positive numbers.

    Parameters
    ----------
    planes
        Planes per cell along a, b, c.
    given
        Beginning of the error: the setting and its value.

    Raises
    ------
    InputError
        If there are not three, or one is below 1.
    """
    if len(planes) != 3 or min(planes) < 1:
        raise InputError(f"{given}; give three numbers of 1 and more")


def _numbers_to_try(
    plane_numbers: Iterable[int], fixed: tuple[int, int, int] | None
) -> list[IntArray]:
    """Return the numbers of planes that each axis chooses from."""
    if fixed is not None:
        check_fixed_planes(fixed, f"fixed_planes is {fixed}")
        return [np.array([number], dtype=np.int64) for number in fixed]
    tried = np.array(sorted(set(plane_numbers)), dtype=np.int64)
    if len(tried) == 0 or tried[0] < 1:
        raise InputError(f"plane_numbers are {tried.tolist()}; give numbers of 1 and more")
    return [tried] * 3


def _fractional_coordinates(structure: StructureLike, species: str | Iterable[str]) -> FloatArray:
    frame = one_frame(structure)
    chosen = mask_of(frame.numbers, species)
    coordinates: FloatArray = frame.positions[0, chosen] @ np.linalg.inv(frame.cells[0])
    return coordinates


def _nearest_planes(u: FloatArray, plane_numbers: IntArray) -> tuple[int, float, FloatArray]:
    """Return the number of planes, their structure factor and each atom's absolute deviation."""
    amplitudes = np.exp(2j * np.pi * plane_numbers[:, None] * u).mean(axis=1)
    strongest = np.abs(amplitudes).max()
    best = int(np.argmax(np.abs(amplitudes) > strongest - 1e-9))  # a lattice repeats at 2k, 3k
    k = int(plane_numbers[best])
    deviation = k * u - np.angle(amplitudes[best]) / (2.0 * np.pi)
    deviation -= np.round(deviation)
    deviation -= deviation.mean()
    return k, float(np.abs(amplitudes[best])), np.abs(deviation - np.round(deviation))


def _chance_probability(factors: FloatArray, n_atoms: int, n_trials: int) -> FloatArray:
    """Return P(the largest of n_trials structure factors of random atoms exceeds the given).

    For uniform random coordinates ``|<exp(2πi k u)>|²`` is exponential with mean 1 / n_atoms.
    """
    chance: FloatArray = 1.0 - (1.0 - np.exp(-n_atoms * factors**2)) ** n_trials
    return chance


def _judge_lattice(factors: FloatArray, chances: FloatArray, limits: LatticeThresholds) -> Verdict:
    found = (factors >= limits.structure_factor) & (chances <= limits.chance_probability)
    axes = list(zip("abc", factors, chances, strict=True))
    measured = ", ".join(
        f"{axis} {factor:.2f} (chance {chance:.2g})" for axis, factor, chance in axes
    )
    answer = LatticeVerdict.NO_LATTICE
    reason = f"no planes, so the deviations mean little: {measured}"
    if found.all():
        answer = LatticeVerdict.LATTICE
        reason = f"planes along every axis: structure factors {measured}"
    elif found.any():
        answer = LatticeVerdict.PARTIAL_LATTICE
        without = ", ".join(np.array(["a", "b", "c"])[~found])
        reason = f"no planes along {without}, so deviations there mean little: {measured}"
    return Verdict(
        question="lattice?",
        answer=answer,
        passed=answer is LatticeVerdict.LATTICE,
        scope="numerical",
        reason=reason,
        numbers={
            **{f"structure_factor_{axis}": factor for axis, factor, _ in axes},
            **{f"chance_probability_{axis}": chance for axis, _, chance in axes},
        },
        thresholds=asdict(limits),
    )
