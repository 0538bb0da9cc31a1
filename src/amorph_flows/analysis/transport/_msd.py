"""Mean-square displacements of ions and of their centre, over all lags and time origins."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import fft

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._ion_paths import IonPath, ion_paths
from amorph_flows.analysis.transport._unwrap import n_threads, warn_of_long_steps
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import TrajectoryError


@dataclass(frozen=True)
class MeanSquaredDisplacement:
    """Mean-square displacements against lag.

    Parameters
    ----------
    lags_fs
        fs, shape ``(n_lags,)``, from zero.
    msd_a2
        <|Δr(t)|²>, over ions and time origins, Å².
    msd_axes_a2
        The same along the Cartesian axes x, y, z, shape ``(n_lags, 3)``.
    mscd_a2
        <|Σ Δr(t)|²>/N, N times that of the centre of the ions, Å².
    n_origins
        Time origins behind each lag.
    n_ions
        Number of ions, N.
    drift
        Which drift was removed.
    """

    lags_fs: FloatArray
    msd_a2: FloatArray
    msd_axes_a2: FloatArray
    mscd_a2: FloatArray
    n_origins: FloatArray
    n_ions: int
    drift: str


def mean_squared_displacement(
    trajectory: Trajectory | Sequence[Trajectory],
    ion: str,
    drift: Drift = "host",
    discontinuities: Sequence[int] | None = None,
) -> MeanSquaredDisplacement:
    """Return the mean-square displacements of one element over all lags and time origins.

    Eqs. 2 and 3 of Choyal et al., Small (2025), as sums of autocorrelations by FFT (Calandrini
    et al., Collection SFN 12, 201 (2011)). Nothing is averaged across a discontinuity.

    Parameters
    ----------
    trajectory
        One trajectory, or several of the same system, which are averaged.
    ion
        Element symbol.
    drift
        What is removed before: ``"none"``, ``"cell"`` (the centre of mass of all atoms) or
        ``"host"`` (the mean displacement of all other elements).
    discontinuities
        First frames of new pieces, for a single trajectory; found here if not given.

    Returns
    -------
    MeanSquaredDisplacement
        Lags up to the length of the longest continuous piece.

    Raises
    ------
    InputError
        If there is no such ion or drift.
    TrajectoryError
        If trajectories differ in their spacing of frames or in their ions.

    Warns
    -----
    UnwrappingWarning
        If a step within a piece is too long to unwrap.
    """
    several = [trajectory] if isinstance(trajectory, Trajectory) else trajectory
    paths = [p for one in several for p in ion_paths(one, ion, drift, discontinuities)]
    warn_of_long_steps(max((p.longest_step for p in paths), default=0.0))
    return average_paths(paths, drift)


def average_paths(paths: Sequence[IonPath], drift: str) -> MeanSquaredDisplacement:
    """Return the mean-square displacements over several paths of the same ions.

    Parameters
    ----------
    paths
        Continuous pieces.
    drift
        Which drift they are free of.

    Raises
    ------
    TrajectoryError
        If there is none, or they differ in their spacing of frames or in their ions.
    """
    if not paths:
        raise TrajectoryError(
            "there is no continuous piece of two frames; give at least one trajectory that has one"
        )
    total = _Sums.of(paths[0])
    for path in paths[1:]:
        total = total.plus(_Sums.of(path))
    return total.averages(drift)


@dataclass(frozen=True)
class _Sums:
    """Sums over time origins: rows x, y, z of the ions, then of their centre's."""

    ions: FloatArray
    centre: FloatArray
    n_origins: FloatArray
    n_ions: int
    spacing_fs: float

    @classmethod
    def of(cls, path: IonPath) -> _Sums:
        n_ions, n_frames = path.path.shape[1:]
        centre = path.path.sum(axis=1, keepdims=True)
        with ThreadPoolExecutor(n_threads(6)) as pool:
            sums = np.array(list(pool.map(_squared_displacement_sum, [*path.path, *centre])))
        return cls(sums[:3], sums[3:], np.arange(n_frames, 0, -1.0), n_ions, path.spacing_fs)

    def plus(self, other: _Sums) -> _Sums:
        if abs(other.spacing_fs - self.spacing_fs) > 1e-3 * self.spacing_fs:
            raise TrajectoryError(
                f"trajectories have frames every {self.spacing_fs:g} and {other.spacing_fs:g} fs; "
                "select frames so that they agree"
            )
        if other.n_ions != self.n_ions:
            raise TrajectoryError(
                f"trajectories have {self.n_ions} and {other.n_ions} ions; one system is needed"
            )
        return _Sums(
            _padded_sum(self.ions, other.ions),
            _padded_sum(self.centre, other.centre),
            _padded_sum(self.n_origins, other.n_origins),
            self.n_ions,
            self.spacing_fs,
        )

    def averages(self, drift: str) -> MeanSquaredDisplacement:
        count = self.n_origins * self.n_ions
        axes = np.maximum(self.ions / count, 0.0)
        return MeanSquaredDisplacement(
            lags_fs=self.spacing_fs * np.arange(float(len(count))),
            msd_a2=axes.sum(0),
            msd_axes_a2=axes.T.copy(),
            mscd_a2=np.maximum(self.centre.sum(0) / count, 0.0),
            n_origins=self.n_origins,
            n_ions=self.n_ions,
            drift=drift,
        )


def _padded_sum(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the sum of two arrays whose last axes differ in length."""
    longer, shorter = (a, b) if a.shape[-1] >= b.shape[-1] else (b, a)
    total = longer.copy()
    total[..., : shorter.shape[-1]] += shorter
    return total


def _squared_displacement_sum(walks: FloatArray) -> FloatArray:
    """Return Σ over walks and origins of (x(t+m) - x(t))², for every lag m.

    Parameters
    ----------
    walks
        Shape ``(n_walks, n_frames)``.

    Returns
    -------
    FloatArray
        Shape ``(n_frames,)``.
    """
    n_frames = walks.shape[1]
    length = fft.next_fast_len(2 * n_frames - 1, real=True)
    power = np.zeros(length // 2 + 1)
    squares = np.zeros(n_frames)
    for some in np.array_split(walks, max(1, walks.size // 400_000)):
        centred = some - some.mean(axis=1, keepdims=True)
        spectrum = fft.rfft(centred, length, axis=1)
        power += np.einsum("wf,wf->f", spectrum.real, spectrum.real)
        power += np.einsum("wf,wf->f", spectrum.imag, spectrum.imag)
        squares += np.einsum("wt,wt->t", centred, centred)
    correlation = fft.irfft(power, length)[:n_frames]
    cumulative = np.concatenate([[0.0], np.cumsum(squares)])
    lags = np.arange(n_frames)
    pairs = cumulative[n_frames - lags] + cumulative[n_frames] - cumulative[lags]
    summed: FloatArray = pairs - 2 * correlation
    summed[0] = 0.0
    return summed
