"""How long ions stay where they are, from the hops that are seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.analysis.transport._diffusion import Estimate
from amorph_flows.analysis.transport._hops import hops_in_path
from amorph_flows.analysis.transport._ion_paths import IonPath
from amorph_flows.analysis.transport._scatter import Blocks, clustered_variance
from amorph_flows.analysis.transport._spectrum import StepSpectrum
from amorph_flows.arrays import FloatArray

WINDOW_FS = 300.0
"""Stays on both sides of a hop that are looked at; at least three frames."""
LEAST_HOP_A = 1.5
FEWEST_HOPS = 20
MOST_SPREAD = 0.04
"""Mean square of an ion's scatter before and after a hop over the square of the hop: larger where
ions do not hop but diffuse."""
MOST_HIDDEN = 0.3
"""Share of the hops that may be hidden in a window."""


def residence_time(
    paths: Sequence[IonPath], pieces: Sequence[StepSpectrum], memory_time: float
) -> Estimate | None:
    """Return the mean time between two hops of an ion, frames; None where ions do not hop.

    Hops are those of `find_hops`. Two within one window are seen as one or none. How many hide is
    told by a window twice as long, which hides as many more; half of them are in the error.

    Parameters
    ----------
    paths, pieces
        The same pieces, as paths and as spectra of their steps.
    memory_time
        Frames, for blocks of time.
    """
    width = max(3, round(WINDOW_FS / paths[0].spacing_fs))
    if min(path.path.shape[2] for path in paths) < 8 * width:
        return None
    seen, spreads = _hops(paths, pieces, width)
    if len(spreads) < FEWEST_HOPS or float(np.median(spreads)) > MOST_SPREAD:
        return None
    blocks = Blocks.over(pieces, memory_time)
    variance = clustered_variance(blocks, blocks.deviations(blocks.sums(seen))).both
    rate = len(spreads) / _watched(paths, width)
    n_wider = sum(len(hops_in_path(path, 2 * width, LEAST_HOP_A)[0]) for path in paths)
    wider = n_wider / _watched(paths, 2 * width)
    hidden = max(0.0, rate - wider)
    if hidden > MOST_HIDDEN * rate:
        return None
    error = np.hypot(np.sqrt(variance) / _watched(paths, width), hidden / 2)
    time = 1 / (rate + hidden)
    return Estimate(time, float(time**2 * error), blocks.count - 1.0)


def _watched(paths: Sequence[IonPath], width: int) -> int:
    """Return at how many ions and frames a hop can be seen."""
    return sum(path.path.shape[1] * (path.path.shape[2] - 2 * width + 1) for path in paths)


def _hops(
    paths: Sequence[IonPath], pieces: Sequence[StepSpectrum], width: int
) -> tuple[list[FloatArray], FloatArray]:
    """Return the number of hops of each ion at each step, by piece, and the scatter beside each."""
    seen, spreads = [], []
    for path, piece in zip(paths, pieces, strict=True):
        ions, frames, spread = hops_in_path(path, width, LEAST_HOP_A)
        counts = np.zeros((piece.n_ions, piece.n_steps))
        np.add.at(counts, (ions, np.minimum(frames, piece.n_steps - 1)), 1.0)
        seen.append(counts)
        spreads.append(spread)
    return seen, np.concatenate(spreads)
