"""A backend for another kind of potential: pair potentials, fitted by least squares.

The energy of an atom is a constant of its element plus half the energy of its pairs,

    E_i = c_i + 1/2 sum_j sum_k a_k (1 - r_ij / r_c)^(k + 2),   k = 0 ... size - 1,

so everything is linear in the coefficients. The extrapolation grade needs the gradients of the
atoms' energies with respect to the coefficients; these are the rows of a matrix.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.data import chemical_symbols
from ase.neighborlist import neighbor_list
from ase.stress import full_3x3_to_voigt_6_stress
from pydantic import Field

from amorph_flows.datasets import FrameSet, maxvol
from amorph_flows.errors import InputError
from amorph_flows.potentials import Fit, GradeSettings, LearnedBackend, PairStyle
from amorph_flows.potentials.learned import require_settings
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc

NOISE = 1e-8
POTENTIAL_FILE, GRADE_FILE = "pair_potential.json", "grading.json"


# --8<-- [start:model]
@dataclass(frozen=True)
class PairPotential:
    """Coefficients: one constant an element, then ``size`` numbers for each pair of elements."""

    species: tuple[str, ...]
    cutoff: float
    size: int
    coefficients: tuple[float, ...] = ()

    @property
    def columns(self) -> dict[tuple[str, str], slice]:
        """Where the coefficients of each pair of elements are."""
        pairs = combinations_with_replacement(self.species, 2)
        starts = (len(self.species) + n * self.size for n in range(10**6))
        found = {pair: slice(s, s + self.size) for pair, s in zip(pairs, starts, strict=False)}
        return found | {(b, a): where for (a, b), where in found.items()}

    @property
    def n_parameters(self) -> int:
        """Number of coefficients."""
        n = len(self.species)
        return n + n * (n + 1) // 2 * self.size

    def design(self, atoms: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the atoms' energies, the forces and the stress for each coefficient.

        Shapes ``(n_atoms, p)``, ``(n_atoms, 3, p)`` and ``(3, 3, p)``; eV, eV/Å, eV/Å³.
        """
        for symbol in atoms.symbols:
            if symbol not in self.species:
                raise InputError(f"the potential of {', '.join(self.species)} lacks {symbol}")
        symbols, p = list(atoms.symbols), self.n_parameters
        energies, forces = np.zeros((len(atoms), p)), np.zeros((len(atoms), 3, p))
        stress = np.zeros((3, 3, p))
        energies[range(len(atoms)), [self.species.index(s) for s in symbols]] = 1.0
        columns, powers = self.columns, np.arange(2, self.size + 2)
        for i, j, r, vector in zip(*neighbor_list("ijdD", atoms, self.cutoff), strict=True):
            where, inside = columns[symbols[i], symbols[j]], 1.0 - r / self.cutoff
            slope = -powers * inside ** (powers - 1) / self.cutoff
            energies[i, where] += 0.5 * inside**powers
            forces[i, :, where] += np.outer(vector / r, slope)
            stress[:, :, where] += 0.5 * np.multiply.outer(np.outer(vector, vector) / r, slope)
        return energies, forces, stress / atoms.get_volume()

    def to_file(self) -> bytes:
        """Return the contents of its file, which keep every bit of a number."""
        return json.dumps(vars(self)).encode()

    @classmethod
    def from_files(cls, files: dict[str, bytes]) -> PairPotential:
        """Return the potential that stored files hold."""
        try:
            fields = json.loads(files[POTENTIAL_FILE])
            names = {name: tuple(fields[name]) for name in ("species", "coefficients")}
            return cls(**{**fields, **names})
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"the pair potential cannot be read: {error}") from error


# --8<-- [end:model]
# --8<-- [start:calculator]
class PairCalculator(Calculator):
    """ASE calculator of a pair potential."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces", "stress"]

    def __init__(self, potential: PairPotential) -> None:
        super().__init__()
        self.potential = potential

    def calculate(
        self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes
    ) -> None:
        """Compute energy, forces and stress."""
        super().calculate(atoms, properties, system_changes)
        energies, forces, stress = self.potential.design(self.atoms)
        x = np.array(self.potential.coefficients)
        self.results = {
            "energy": float((energies @ x).sum()),
            "forces": forces @ x,
            "stress": full_3x3_to_voigt_6_stress(stress @ x),
        }


# --8<-- [end:calculator]
# --8<-- [start:backend]
class PairSettings(FitSettings):
    """How a pair potential is fitted."""

    method: ClassVar[str] = "pair potential"

    backend: Literal["pair_potential:PairBackend"] = "pair_potential:PairBackend"
    size: int = Field(default=6, ge=1, description="coefficients of each pair of elements")


class PairBackend(LearnedBackend):
    """Pair potentials, fitted by conjugate gradients."""

    name: ClassVar[str] = "pair_potential:PairBackend"
    settings_type: ClassVar[type[FitSettings]] = PairSettings

    def check(self) -> None:
        """Check nothing: only NumPy and ASE are needed."""

    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,  # noqa: ARG002 least squares has one minimum
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Minimise the squared errors by conjugate gradients."""
        model = require_settings(settings, PairSettings)
        began = time.process_time()
        _check(training)
        first = _start(training, model, start)
        matrix, target = _equations(first, training, settings)
        scale = np.linalg.norm(matrix, axis=0)
        scale[scale == 0.0] = 1.0
        matrix /= scale
        history: list[tuple[float, float]] = []
        noise = np.array(first.coefficients) * scale
        for x in _conjugate_gradients(matrix, target, noise, settings.max_steps):
            loss = float(np.sum((matrix @ x - target) ** 2))
            history.append((time.process_time() - began, loss))
        fitted = replace(first, coefficients=tuple((x / scale).tolist()))
        return Fit(
            files={POTENTIAL_FILE: fitted.to_file()},
            species=list(fitted.species),
            n_parameters=fitted.n_parameters,
            cpu_seconds=time.process_time() - began,
            history=history,
        )

    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return an ASE calculator."""
        return PairCalculator(PairPotential.from_files(doc.files))

    def grade_files(
        self,
        fit: Fit,
        training: FrameSet,
        settings: FitSettings,  # noqa: ARG002 the file says all
    ) -> dict[str, bytes]:
        """Return the matrix that turns gradients into grades, and whose it is."""
        matrix = _grading(_gradients(PairPotential.from_files(fit.files), training))
        held = {"potential": _digest(fit.files), "matrix": matrix.tolist()}
        return {GRADE_FILE: json.dumps(held).encode()}

    def grades(self, doc: PotentialDoc, frames: FrameSet) -> np.ndarray:
        """Return the largest grade of each frame."""
        held = json.loads(doc.files[GRADE_FILE])
        if held["potential"] != _digest(doc.files):
            raise InputError("the matrix of the grades belongs to another potential; fit it again")
        rows = _gradients(PairPotential.from_files(doc.files), frames)
        return np.array([np.abs(row @ np.array(held["matrix"])).max() for row in rows])

    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates that extrapolate most, each beyond those chosen before."""
        potential = PairPotential.from_files(doc.files)
        known, offered = (_gradients(potential, frames) for frames in (training, candidates))
        chosen: list[int] = []
        while len(chosen) < limit:
            matrix = _grading([*known, *(offered[n] for n in chosen)])
            grades = [np.abs(rows @ matrix).max() for rows in offered]
            best = int(np.argmax(grades))
            if grades[best] < 1.1 or best in chosen:
                break
            chosen.append(best)
        return chosen

    def pair_style(
        self,
        doc: PotentialDoc,
        elements: list[str],
        directory: Path,  # noqa: ARG002 nothing is written
        grade: GradeSettings | None,  # noqa: ARG002 LAMMPS asks the calculator
    ) -> PairStyle:
        """Return no commands: LAMMPS gets its forces from the calculator."""
        if missing := sorted(set(elements) - set(doc.species)):
            raise InputError(f"the potential of {', '.join(doc.species)} lacks {missing[0]}")
        return PairStyle(commands=[])


# --8<-- [end:backend]
def _check(training: FrameSet) -> None:
    if not len(training):
        raise InputError("no frames to fit to")
    for number, frame in enumerate(training):
        if not frame.is_labelled or frame.stress is None:
            raise InputError(f"training frame {number} lacks its energy, forces or stress")


def _start(training: FrameSet, settings: PairSettings, start: PotentialDoc | None) -> PairPotential:
    """Return the potential to start from: an earlier one with what is new added, or noise."""
    numbers = sorted({int(n) for frame in training for n in frame.numbers})
    present = [chemical_symbols[n] for n in numbers]
    former = None
    if start is not None:
        former = PairPotential.from_files(start.files)
        if (former.cutoff, former.size) != (settings.cutoff, settings.size):
            raise InputError("the potential to start from has another basis; fit a new one")
        present = [*former.species, *(s for s in present if s not in former.species)]
    new = PairPotential(tuple(present), settings.cutoff, settings.size)
    x = np.random.default_rng(settings.seed).normal(size=new.n_parameters)
    if former is not None:
        x[:] = 0.0
        held = np.array(former.coefficients)
        x[: len(former.species)] = held[: len(former.species)]
        for pair, where in former.columns.items():
            x[new.columns[pair]] = held[where]
    return replace(new, coefficients=tuple(x.tolist()))


def _equations(
    potential: PairPotential, frames: FrameSet, settings: FitSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted equations of all labels."""
    rows, targets = [], []
    for frame in frames:
        energies, forces, stress = potential.design(frame.to_atoms())
        volume = abs(np.linalg.det(frame.cell))
        for weight, found, label in (
            (settings.energy_weight / frame.n_atoms, energies.sum(axis=0), frame.energy_ev),
            (settings.force_weight, forces, frame.forces),
            (settings.stress_weight * volume**2 / frame.n_atoms, stress, frame.stress),
        ):
            rows.append(weight**0.5 * found.reshape(-1, potential.n_parameters))
            targets.append(weight**0.5 * np.reshape(label, -1))
    return np.concatenate(rows), np.concatenate(targets)


def _conjugate_gradients(matrix: np.ndarray, target: np.ndarray, x: np.ndarray, steps: int) -> Any:
    """Yield the start and the result of each step of the least squares."""
    yield x
    residual = matrix.T @ (target - matrix @ x)
    direction, norm = residual, residual @ residual
    for _ in range(steps):
        if norm < NOISE**2:
            return
        image = matrix @ direction
        step = norm / (image @ image)
        x = x + step * direction
        residual = matrix.T @ (target - matrix @ x)
        before, norm = norm, residual @ residual
        direction = residual + norm / before * direction
        yield x


def _gradients(potential: PairPotential, frames: FrameSet) -> list[np.ndarray]:
    """Return the gradients of each frame's atomic energies with respect to the coefficients."""
    return [potential.design(frame.to_atoms())[0] for frame in frames]


def _grading(gradients: list[np.ndarray]) -> np.ndarray:
    """Return M so that ``max |g M|`` is the grade of an atom whose gradient is g.

    The rows of largest volume span the directions that the training atoms reach. In the other
    directions, a row of the size of the noise makes the grade large.
    """
    rows = np.concatenate(gradients)
    _, sizes, directions = np.linalg.svd(rows, full_matrices=True)
    rank = int(np.sum(sizes > NOISE * sizes[0]))
    reached = directions[:rank].T
    active = (rows @ reached)[maxvol(rows @ reached)]
    unreached = directions[rank:].T / (NOISE * sizes[0])
    return np.hstack([reached @ np.linalg.inv(active), unreached])


def _digest(files: dict[str, bytes]) -> str:
    return hashlib.sha256(files[POTENTIAL_FILE]).hexdigest()
