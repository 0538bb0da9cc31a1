"""Diffusivities from the spectrum of steps at zero frequency, with honest intervals.

D* = S(0)/2 from the mean spectrum of the ions, D_J from that of their summed steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.analysis.transport._averaged_models import AveragedModels
from amorph_flows.analysis.transport._diffusion import Diffusion
from amorph_flows.analysis.transport._ion_paths import IonPath
from amorph_flows.analysis.transport._spectrum import BinnedSpectrum, StepSpectrum
from amorph_flows.errors import TrajectoryError

_FEWEST_FRAMES = 8
_SHORTEST_PIECE = 1 / 16  # of the longest: shorter ones know nothing of slow motion
MOST_MISFIT = 1.8
"""Mean square of the spectrum's deviation from the best model, over what its scatter from one
frequency to the next explains."""
_FEWEST_STEPS = 100  # that thinning leaves


def long_enough(paths: Sequence[IonPath]) -> list[IonPath]:
    """Return the pieces that are long enough for a diffusivity.

    Parameters
    ----------
    paths
        Continuous pieces.

    Raises
    ------
    TrajectoryError
        If no piece has eight frames.
    """
    longest = max((path.path.shape[2] for path in paths), default=0)
    if longest < _FEWEST_FRAMES:
        raise TrajectoryError(
            f"the longest continuous piece has {longest} frames; a diffusivity needs at least "
            f"{_FEWEST_FRAMES}"
        )
    least = max(_FEWEST_FRAMES, longest * _SHORTEST_PIECE)
    return [path for path in paths if path.path.shape[2] >= least]


def step_spectra(paths: Sequence[IonPath]) -> list[StepSpectrum]:
    """Return the spectrum of the steps of each piece.

    Parameters
    ----------
    paths
        Continuous pieces.
    """
    return [StepSpectrum(np.diff(path.path, axis=2), path.run) for path in paths]


def estimate_diffusion(pieces: Sequence[StepSpectrum]) -> Diffusion:
    """Estimate diffusivities and memory.

    Parameters
    ----------
    pieces
        Of the same kind of ions, drift removed.
    """
    average, stride = _adequate(pieces)
    return average.diffusion().per_frame(stride, max(p.n_steps for p in pieces))


def zero_frequency(pieces: Sequence[StepSpectrum]) -> float:
    """Return S(0)/2 without an error, Å² per frame; 0 where the fit gives less.

    Parameters
    ----------
    pieces
        Of the same kind of atoms.
    """
    if not any(piece.steps.any() for piece in pieces):
        return 0.0
    average, stride = _adequate(pieces)
    return max(0.0, average.mean(lambda model: model.at_zero) / 2 / stride)


def _adequate(pieces: Sequence[StepSpectrum]) -> tuple[AveragedModels, int]:
    """Return the models of the densest frames that they describe, and the stride to them.

    Vibration that lasts from frame to frame has peaks that no model has. Every second frame is
    taken until it is scatter: what is slow is all in there.
    """
    stride = 1
    tried: list[tuple[AveragedModels, int]] = []
    while True:
        average = AveragedModels(BinnedSpectrum([piece.thinned(stride) for piece in pieces]))
        tried.append((average, stride))
        if average.misfit <= MOST_MISFIT:
            return tried[-1]
        stride *= 2
        if max(piece.n_steps for piece in pieces) < _FEWEST_STEPS * stride:
            return min(tried, key=lambda each: each[0].misfit)
