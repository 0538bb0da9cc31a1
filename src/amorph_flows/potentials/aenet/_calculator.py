"""The calculator of atomic energy networks: files for predict.x and what it prints."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.aenet._input import network_name, predict_in, structure_name, xsf
from amorph_flows.potentials.aenet._output import Predicted, predictions
from amorph_flows.potentials.aenet._programs import run
from amorph_flows.potentials.base import require_elements

_STRAIN = 1e-3


class AENETCalculator(Calculator):
    """Energy, forces and stress of a periodic cell by predict.x, one process a question.

    It prints energies to 1e-8 eV and forces to 1e-6 eV/Å. Stresses, which it lacks, are central
    differences of the energy of twelve strained cells.

    Parameters
    ----------
    files
        Networks by file name.
    species
        Element symbols.
    member
        Which of the networks of each element.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, files: Mapping[str, bytes], species: list[str], member: int = 0) -> None:
        super().__init__()
        self.species, self._member = species, member
        self._files = {name: files[name] for name in (network_name(e, member) for e in species)}

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = None,
        system_changes: Any = all_changes,
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        require_elements(self.species, self.atoms.get_chemical_symbols())
        if not self.atoms.pbc.all():
            raise InputError("AENET potentials are run on periodic cells; set pbc and a cell")
        frame = Frame(self.atoms.numbers, self.atoms.positions, self.atoms.cell.array)
        [found] = self.predict([frame])
        self.results = {
            "energy": found.energy_ev,
            "free_energy": found.energy_ev,
            "forces": found.forces,
        }
        if "stress" in (properties or ()):
            self.results["stress"] = self._stress(frame)

    def _stress(self, frame: Frame) -> FloatArray:
        pairs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
        strained = []
        for i, j in pairs:
            for sign in (1, -1):
                deform = np.eye(3)
                deform[i, j] += 0.5 * sign * _STRAIN
                deform[j, i] += 0.5 * sign * _STRAIN
                moved = frame.positions @ deform, frame.cell @ deform
                strained.append(Frame(frame.numbers, *moved))
        energies = [found.energy_ev for found in self.predict(strained, forces=False)]
        volume = abs(float(np.linalg.det(frame.cell)))
        return np.diff(np.reshape(energies, (6, 2))[:, ::-1], axis=1)[:, 0] / (2 * _STRAIN * volume)

    def predict(self, frames: list[Frame], *, forces: bool = True) -> list[Predicted]:
        """Return energies and forces of frames by one run of predict.x.

        Parameters
        ----------
        frames
            Periodic configurations.
        forces
            Whether to compute them.

        Raises
        ------
        CalculationError
            If predict.x fails.
        InputError
            If a frame has an element that the potential lacks.
        """
        for frame in frames:
            require_elements(self.species, frame.to_atoms().get_chemical_symbols())
        with tempfile.TemporaryDirectory(prefix="amorph-aenet-") as name:
            folder = Path(name)
            for network, content in self._files.items():
                (folder / network).write_bytes(content)
            for index, frame in enumerate(frames):
                (folder / structure_name(index)).write_text(xsf(frame))
            asked = predict_in(self.species, self._member, len(frames), forces=forces)
            (folder / "predict.in").write_text(asked)
            said = run("predict", folder)
        return predictions(said, [frame.n_atoms for frame in frames], forces=forces)


class Answered(Calculator):
    """Forces of frames that one run of predict.x gave beforehand.

    Parameters
    ----------
    calculator
        What is asked.
    frames
        All frames that this will be asked about.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def __init__(self, calculator: AENETCalculator, frames: FrameSet) -> None:
        super().__init__()
        found = calculator.predict(list(frames)) if len(frames) else []
        self._found = {_key(f.to_atoms()): one for f, one in zip(frames, found, strict=True)}

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = None,
        system_changes: Any = all_changes,
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        found = self._found[_key(self.atoms)]
        self.results = {"energy": found.energy_ev, "forces": found.forces}


def _key(atoms: Atoms) -> bytes:
    return bytes(atoms.numbers.tobytes() + atoms.positions.tobytes() + atoms.cell.array.tobytes())
