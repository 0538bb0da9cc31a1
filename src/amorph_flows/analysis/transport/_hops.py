"""Hops of ions between cages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._ion_paths import IonPath, ion_paths
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError


@dataclass(frozen=True)
class Hops:
    """Hops found in a trajectory, in order of ion and time.

    Parameters
    ----------
    ions
        Which ion hopped, counted among the ions.
    times_fs
        When, fs from the start of its continuous piece.
    vectors_a
        From the mean position before to that after, Å, shape ``(n_hops, 3)``.
    rate_per_ion_ps
        Hops per ion and ps.
    residence_fs
        Times between neighbouring hops of the same ion, fs.
    back_fraction
        Share of such pairs of hops of which the second undoes the first; 0.5 and more of the length
        is regained.
    """

    ions: IntArray
    times_fs: FloatArray
    vectors_a: FloatArray
    rate_per_ion_ps: float
    residence_fs: FloatArray
    back_fraction: float | None

    @property
    def lengths_a(self) -> FloatArray:
        """Lengths of the hops, Å."""
        lengths: FloatArray = np.linalg.norm(self.vectors_a, axis=1)
        return lengths


def find_hops(
    trajectory: Trajectory,
    ion: str,
    window_fs: float,
    least_a: float = 1.5,
    drift: Drift = "host",
) -> Hops:
    """Find the moves of ions from one cage to another.

    With A and B the frames within a window before and after a time, the ion hops where
    p = √(<|r_B - <r>_A|²> <|r_A - <r>_B|²>) has its maximum above a threshold (Candelier et al.,
    Phys. Rev. Lett. 105, 135702 (2010)); a clean hop of length l has p = l² and more.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol.
    window_fs
        Length of A and of B, fs: several vibrations, less than the stay in a cage.
    least_a
        Shortest hop, Å: p exceeds its square.
    drift
        Which drift to remove.

    Raises
    ------
    InputError
        If there is no such ion, or no continuous piece has room for two windows of two frames.
    """
    spacing = trajectory.frame_spacing_fs
    width = round(window_fs / spacing)
    paths = [p for p in ion_paths(trajectory, ion, drift) if p.path.shape[2] >= 2 * width]
    if width < 2 or not paths:
        raise InputError(
            f"window_fs is {window_fs:g}; two windows of two or more frames ({spacing:g} fs apart) "
            "must fit into a continuous piece"
        )
    found = [_in_piece(path, width, least_a) for path in paths]
    ions, frames, vectors = (np.concatenate([f[i] for f in found]) for i in range(3))
    watched = sum(p.path.shape[1] * (p.path.shape[2] - 2 * width + 1) for p in paths) * spacing
    residence, back = _pairs(found, spacing)
    return Hops(
        ions=ions.astype(np.int64),
        times_fs=frames * spacing,
        vectors_a=vectors,
        rate_per_ion_ps=len(ions) / watched * 1000,
        residence_fs=residence,
        back_fraction=float(np.mean(back)) if len(back) else None,
    )


def hops_in_path(
    path: IonPath, width: int, least_a: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return ion and frame of every hop in one piece, and how far the ion scatters beside it.

    Parameters
    ----------
    path
        The piece.
    width
        Frames before and after.
    least_a
        Shortest hop, Å.

    Returns
    -------
    tuple
        The last is the mean square distance from the mean positions before and after, over the
        square of the hop.
    """
    spread, vector, ions, frames = _candidates(path, width, least_a)
    apart = np.sum(vector[:, ions, frames] ** 2, axis=0)
    beside = (spread[ions, frames] + spread[ions, frames + width]) / 2
    return ions, frames + width, beside / np.maximum(apart, 1e-12)


def _in_piece(
    path: IonPath, width: int, least_a: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ion, frame and vector of every hop in one piece."""
    _, vector, ions, frames = _candidates(path, width, least_a)
    return ions.astype(float), (frames + width).astype(float), vector[:, ions, frames].T


def _candidates(
    path: IonPath, width: int, least_a: float
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Return spreads within windows, vectors between neighbouring ones, and the maxima."""
    sums = np.cumsum(path.path, axis=2)
    squares = np.cumsum(np.einsum("xat,xat->at", path.path, path.path), axis=1)
    sums = np.concatenate([np.zeros((*sums.shape[:2], 1)), sums], axis=2)
    squares = np.concatenate([np.zeros((len(squares), 1)), squares], axis=1)
    mean = (sums[:, :, width:] - sums[:, :, :-width]) / width
    spread = (squares[:, width:] - squares[:, :-width]) / width - np.sum(mean**2, axis=0)
    vector = mean[:, :, width:] - mean[:, :, :-width]
    apart = np.sum(vector**2, axis=0)
    hop = np.sqrt((spread[:, width:] + apart) * (spread[:, :-width] + apart))
    return spread, vector, *_peaks(hop, least_a**2)


def _peaks(values: FloatArray, threshold: float) -> tuple[IntArray, IntArray]:
    """Return row and column of the maximum of every run of values above a threshold."""
    above = np.pad(values > threshold, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(above, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, stops = np.nonzero(change == -1)
    tops = [start + int(np.argmax(values[row, start:stop]))
            for row, start, stop in zip(rows, starts, stops, strict=True)]  # fmt: skip
    return rows, np.array(tops, dtype=np.int64)


def _pairs(
    found: list[tuple[FloatArray, FloatArray, FloatArray]], spacing: float
) -> tuple[FloatArray, FloatArray]:
    """Return times between neighbouring hops of an ion, and whether the second goes back."""
    residence, back = [np.empty(0)], [np.empty(0)]
    for ions, frames, vectors in found:
        same = np.diff(ions) == 0
        residence.append(np.diff(frames)[same] * spacing)
        left = np.linalg.norm(vectors[1:] + vectors[:-1], axis=1)
        back.append((left < 0.5 * np.linalg.norm(vectors[:-1], axis=1))[same])
    return np.concatenate(residence), np.concatenate(back)
