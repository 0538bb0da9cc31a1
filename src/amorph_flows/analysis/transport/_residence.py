"""How long ions stay where they are, from the hops that are seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.analysis.transport._estimate import Estimate
from amorph_flows.analysis.transport._hops import hops_in_path
from amorph_flows.analysis.transport._msd import IonPath
from amorph_flows.analysis.transport._scatter import Blocks, clustered_variance
from amorph_flows.analysis.transport._spectrum import StepSpectrum

WINDOW_FS = 300.0
"""Stays on both sides of a hop that are looked at; at least three frames."""
LEAST_HOP_A = 1.5
FEWEST_HOPS = 20
MOST_SPREAD = 0.04
"""Mean square of an ion's scatter before and after a hop over the square of the hop: larger where
ions do not hop but diffuse."""


def residence_time(
    paths: Sequence[IonPath], pieces: Sequence[StepSpectrum], memory_time: float
) -> Estimate | None:
    """Return the mean time between two hops of an ion, frames; None where ions do not hop.

    Hops are those of `find_hops`. Two within one window are seen as one or none, for which the rate
    is corrected as that of a counter with that dead time; half of the correction is in the error.

    Parameters
    ----------
    paths, pieces
        The same pieces, as paths and as spectra of their steps.
    memory_time
        Frames, for blocks of time.
    """
    width = max(3, round(WINDOW_FS / paths[0].spacing_fs))
    if min(path.path.shape[2] for path in paths) < 4 * width:
        return None
    seen, spreads, watched = [], [], 0
    for path, piece in zip(paths, pieces, strict=True):
        ions, frames, spread = hops_in_path(path, width, LEAST_HOP_A)
        counts = np.zeros((piece.n_ions, piece.n_steps))
        np.add.at(counts, (ions, np.minimum(frames, piece.n_steps - 1)), 1.0)
        seen.append(counts)
        spreads.append(spread)
        watched += piece.n_ions * (path.path.shape[2] - 2 * width + 1)
    spread = np.concatenate(spreads)
    if len(spread) < FEWEST_HOPS or float(np.median(spread)) > MOST_SPREAD:
        return None
    blocks = Blocks.over(pieces, memory_time)
    variance = clustered_variance(blocks, blocks.deviations(blocks.sums(seen))).both
    rate = len(spread) / watched
    alive = 1 - rate * width
    if alive <= 0.5:
        return None
    relative = np.sqrt(variance / len(spread) ** 2 + ((1 - alive) / 2) ** 2)
    time = alive / rate
    return Estimate(time, float(time * relative), blocks.count - 1.0)
