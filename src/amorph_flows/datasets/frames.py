"""Frames: configurations with their labels and their provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, overload

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.calculators.singlepoint import SinglePointCalculator
from monty.json import MSONable
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets._columns import from_columns, to_columns
from amorph_flows.errors import InputError
from amorph_flows.hashes import sha256_of


@dataclass(frozen=True)
class Provenance:
    """Where a frame came from.

    Parameters
    ----------
    stage
        The stage of the study, such as ``"melt_quench"``.
    run
        The continuous trajectory that the frame belongs to, such as ``"MgV2O5 1200 K seed 3"``;
        frames of one run are neighbours in time.
    temperature_k
        The temperature that the run was held at, K.
    step
        The MD step within the run.
    time_fs
        The time within the run, fs.
    engine
        The engine that gave the label.
    settings_hash
        Hash of that engine's settings; labels of different hashes must not mix.
    flow_uuid, job_uuid
        The jobflow flow and job.
    parent
        Content hash of the frame that this one was made from.
    grade
        Extrapolation grade when selected.
    """

    stage: str = ""
    run: str = ""
    temperature_k: float | None = None
    step: int | None = None
    time_fs: float | None = None
    engine: str = ""
    settings_hash: str = ""
    flow_uuid: str = ""
    job_uuid: str = ""
    parent: str = ""
    grade: float | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """One configuration, labelled or not.

    Parameters
    ----------
    numbers
        Atomic numbers, shape ``(n_atoms,)``.
    positions
        Cartesian, Å, shape ``(n_atoms, 3)``.
    cell
        Row vectors, Å, shape ``(3, 3)``.
    energy_ev
        Total energy, eV.
    forces
        eV/Å, shape ``(n_atoms, 3)``.
    stress
        eV/Å³, positive in tension, shape ``(3, 3)``.
    provenance
        Where the frame came from.
    magmoms
        Magnetic moment of each atom, µB, shape ``(n_atoms,)``, as the engine defines it: DFT
        integrates the spin density in a sphere about the atom, and CHGNet gives sizes without
        sign. They are no part of a label: None where the engine has none.
    """

    numbers: npt.NDArray[np.int64]
    positions: FloatArray
    cell: FloatArray
    energy_ev: float | None = None
    forces: FloatArray | None = None
    stress: FloatArray | None = None
    provenance: Provenance = field(default_factory=Provenance)
    magmoms: FloatArray | None = None

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.numbers)

    @property
    def energy_ev_atom(self) -> float:
        """Energy per atom, eV.

        Raises
        ------
        InputError
            If the frame has no energy.
        """
        if self.energy_ev is None:
            raise InputError(f"a frame of {self.formula} has no energy; label it first")
        return self.energy_ev / self.n_atoms

    @property
    def is_labelled(self) -> bool:
        """Whether the frame has an energy and forces."""
        return self.energy_ev is not None and self.forces is not None

    @property
    def formula(self) -> str:
        """Reduced formula, such as ``"MgV2O5"``."""
        return Atoms(self.numbers).symbols.formula.reduce()[0].format("metal")

    @cached_property
    def content_hash(self) -> str:
        """Hash of species, cell and wrapped positions (to 1e-6 Å), blind to labels and origin."""
        scaled = np.linalg.solve(self.cell.T, self.positions.T).T
        wrapped = (scaled - np.floor(scaled + 1e-9)) @ self.cell
        rounded = (np.round(array * 1e6) for array in (self.cell, wrapped))
        return sha256_of(*(np.asarray(a, "<i8").tobytes() for a in (self.numbers, *rounded)))

    def with_provenance(self, **changes: Any) -> Frame:
        """Return the frame with some fields of its provenance replaced."""
        return replace(self, provenance=replace(self.provenance, **changes))

    def to_atoms(self) -> Atoms:
        """Return ASE atoms; the labels are held by a single-point calculator."""
        atoms = Atoms(self.numbers, positions=self.positions, cell=self.cell, pbc=True)
        if self.energy_ev is not None:
            labels: dict[str, Any] = {"energy": self.energy_ev}
            if self.forces is not None:
                labels["forces"] = self.forces
            if self.stress is not None:
                labels["stress"] = self.stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
            if self.magmoms is not None:
                labels["magmoms"] = self.magmoms
            atoms.calc = SinglePointCalculator(atoms, **labels)
        return atoms

    @classmethod
    def from_atoms(cls, atoms: Atoms, provenance: Provenance | None = None) -> Frame:
        """Return the frame of ASE atoms with whatever labels their calculator already holds.

        Parameters
        ----------
        atoms
            The configuration; nothing is computed. Moments are taken only where the calculator
            computed them for this very configuration.
        provenance
            Where it came from.
        """
        results = dict(atoms.calc.results) if atoms.calc is not None else {}
        stress = results.get("stress")
        if stress is not None and np.shape(stress) == (6,):
            xx, yy, zz, yz, xz, xy = stress
            stress = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
        forces = results.get("forces")
        energy = results.get("energy")
        magmoms = results.get("magmoms")
        if magmoms is not None and (
            np.shape(magmoms) != (len(atoms),) or atoms.calc.check_state(atoms)
        ):
            magmoms = None
        return cls(
            numbers=np.array(atoms.numbers, dtype=np.int64),
            positions=np.array(atoms.positions),
            cell=np.array(atoms.cell),
            energy_ev=None if energy is None else float(energy),
            forces=None if forces is None else np.array(forces, dtype=float),
            stress=None if stress is None else np.array(stress, dtype=float),
            magmoms=None if magmoms is None else np.array(magmoms, dtype=float),
            provenance=provenance or Provenance(),
        )


class FrameSet(MSONable, Sequence[Frame]):
    """An immutable sequence of frames that is stored as columns, not as nested lists.

    Parameters
    ----------
    frames
        The frames, in order.
    """

    def __init__(self, frames: Iterable[Frame] = ()) -> None:
        self._frames = tuple(frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> FrameSet: ...
    def __getitem__(self, index: int | slice) -> Frame | FrameSet:
        if isinstance(index, slice):
            return FrameSet(self._frames[index])
        return self._frames[index]

    def __add__(self, other: FrameSet) -> FrameSet:
        return FrameSet((*self._frames, *other))

    def __repr__(self) -> str:
        return f"FrameSet({len(self)} frames)"

    def take(self, indices: Iterable[int]) -> FrameSet:
        """Return the frames at some indices, in that order."""
        return FrameSet(self._frames[int(i)] for i in indices)

    def labelled_by(self, calculator: Calculator) -> FrameSet:
        """Return the frames with the energies, forces and stresses of a calculator as labels.

        Parameters
        ----------
        calculator
            Of energy, forces and stress.
        """
        found = []
        for frame in self:
            atoms = frame.to_atoms()
            atoms.calc = calculator
            calculator.calculate(atoms, ["energy", "forces", "stress"])
            found.append(Frame.from_atoms(atoms, frame.provenance))
        return FrameSet(found)

    def labelled(self) -> FrameSet:
        """Return the frames that have an energy and forces."""
        return FrameSet(frame for frame in self if frame.is_labelled)

    def to_atoms(self) -> list[Atoms]:
        """Return ASE atoms with their labels."""
        return [frame.to_atoms() for frame in self]

    @override
    def as_dict(self) -> dict[str, Any]:
        """Return the columns; arrays that not every frame has are masked by ``has_*``."""
        return {
            "@module": type(self).__module__,
            "@class": type(self).__name__,
            "provenance": [asdict(frame.provenance) for frame in self],
            **to_columns(self),
        }

    @classmethod
    @override
    def from_dict(cls, d: dict[str, Any]) -> FrameSet:
        """Return the frames that `as_dict` stored.

        Raises
        ------
        InputError
            If a column is missing or its length does not fit the others.
        """
        try:
            provenance = [Provenance(**p) for p in d["provenance"]]
            return cls(
                Frame(**arrays, provenance=origin)
                for arrays, origin in zip(from_columns(d), provenance, strict=True)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"stored frames are damaged: {error}") from error
