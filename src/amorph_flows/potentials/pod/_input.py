"""Files that ``fitpod`` reads."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, sqrt

import numpy as np
from ase import Atoms
from ase.geometry import minkowski_reduce

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.schemas.fits import PODSettings

FRAMES_FOLDER = "frames"
NAME = "pod"


def input_lines(training: FrameSet, settings: PODSettings) -> str:
    """Return the file of the data.

    ``fitpod`` adds up ``w_E² dE² / N²`` and ``w_F² |dF|²`` of each frame of N atoms, unlike the
    other fits, where the forces of a frame are divided by N; here by the mean N.

    Parameters
    ----------
    training
        The frames.
    settings
        Weights and ridge.
    """
    n_atoms = float(np.mean([frame.n_atoms for frame in training]))
    values = {
        "file_format": "extxyz",
        "file_extension": "xyz",
        "path_to_training_data_set": f'"{FRAMES_FOLDER}"',
        "fitting_weight_energy": repr(sqrt(settings.energy_weight)),
        "fitting_weight_force": repr(sqrt(settings.force_weight / n_atoms)),
        "fitting_regularization_parameter": repr(settings.ridge),
        "randomize_training_data_set": "0",
        "error_analysis_for_training_data_set": "0",
        "error_analysis_for_test_data_set": "0",
        "basename_for_output_files": NAME,
        "precision_for_pod_coefficients": "14",
    }
    return "".join(f"{key} {value}\n" for key, value in values.items())


def frame_text(frame: Frame, energy_ev: float, cutoff: float) -> str:
    """Return a frame as ``fitpod`` reads it, in a cell whose images it does not overlook.

    Parameters
    ----------
    frame
        With forces.
    energy_ev
        Its energy, eV.
    cutoff
        Å.
    """
    atoms = Atoms(frame.numbers, frame.positions, cell=frame.cell, pbc=True)
    atoms.set_array("forces", np.asarray(frame.forces))
    whole = _with_images(atoms, cutoff)
    copies = len(whole) // len(atoms)
    lattice = " ".join(map(repr, whole.cell.array.ravel().tolist()))
    # fitpod looks for a stress, though it uses none
    stress = " ".join(["0"] * 9)
    head = (
        f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:forces:R:3 '
        f'energy={energy_ev * copies!r} stress="{stress}"'
    )
    rows = np.hstack([whole.positions, whole.get_array("forces")]).tolist()
    atom_lines: Iterable[str] = (
        f"{symbol} {' '.join(map(repr, row))}"
        for symbol, row in zip(whole.get_chemical_symbols(), rows, strict=True)
    )
    return "\n".join([str(len(whole)), head, *atom_lines, ""])


def _with_images(atoms: Atoms, cutoff: float) -> Atoms:
    """Return atoms inside a cell whose faces are apart enough for the images of ``fitpod``.

    It takes as many images along an axis as if that axis stood upright on the others.
    """
    whole = atoms.copy()
    whole.set_cell(minkowski_reduce(whole.cell.array)[0])
    whole.wrap()
    for axis in range(3):
        while _images(_upright(whole.cell.array)[axis], cutoff) < _images(
            _heights(whole.cell.array)[axis], cutoff
        ):
            repeats = [1, 1, 1]
            repeats[axis] = 2
            whole = whole.repeat(repeats)
    return whole


def _images(length: float, cutoff: float) -> int:
    return ceil(cutoff / length)


def _upright(cell: FloatArray) -> list[float]:
    """Return the diagonal of a cell in LAMMPS's axes, Å."""
    return [abs(float(value)) for value in np.diag(np.linalg.qr(cell.T)[1])]


def _heights(cell: FloatArray) -> list[float]:
    """Return the distances of opposite faces, Å."""
    return [1.0 / float(np.linalg.norm(row)) for row in np.linalg.inv(cell).T]
