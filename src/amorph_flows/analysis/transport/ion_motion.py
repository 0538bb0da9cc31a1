"""How the ions of one run move: from one origin, by hops, and how unlike they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._hops import find_hops
from amorph_flows.analysis.transport._ion_paths import IonPath, ion_paths
from amorph_flows.analysis.transport._ranked_ions import rank_ions
from amorph_flows.analysis.transport._residence import LEAST_HOP_A, WINDOW_FS
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.analysis.transport._van_hove import van_hove
from amorph_flows.arrays import FloatArray, IntArray

_MOST_LAGS = 200
_N_BINS = 100
_LAG_SHARES = (1 / 64, 1 / 16, 1 / 4)
"""Lags of the van Hove functions over the longest continuous piece."""
_USUAL_LAG_FS = 100_000.0
"""Takes the place of the nearest of these lags where the piece is long enough."""
_WIDTHS, _REACH_A = 4.0, (10.0, 30.0)
"""Of a Gaussian of the same displacement, how far the self part is told, within these bounds."""
_HOP_BIN_A = 0.2
_SHARE = 0.25
_FEWEST_FRAMES = 65
"""So that the shortest lag is a frame."""
_FEWEST_RANKED = 4


def _nothing() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True)
class IonMotion:
    """How the ions of one run move; arrays are empty where the run is too short for them.

    Parameters
    ----------
    temperature_k
        K.
    n_ions
        Their number.
    origin_lags_fs, origin_msd_a2
        Mean-square displacement from the first frame of the longest continuous piece alone.
    fast_msd_a2, slow_msd_a2
        The same of the quarter of the ions that is furthest, and of that which is least far, after
        `rank_lag_fs`.
    van_hove_lags_fs
        Lags of the van Hove functions, fs.
    distances_a, self_density, self_density_of_diffusion
        4πr² G_s(r, t), 1/Å, shape ``(n_lags, n_bins)``, and that of Gaussian displacements.
    distinct_distances_a, distinct
        G_d(r, t)/ρ, shape ``(n_lags, n_bins)``, up to half the cell.
    hop_window_fs
        Window of the hops, fs.
    hop_lengths_a, hops_per_ion_ns_a
        Centres of the bins of lengths, and hops per ion, ns and Å.
    hop_rate_per_ion_ns, back_fraction
        Hops per ion and ns; share of the hops that undo the one before. None where not known.
    stay_times_fs, stay_shares
        Times between neighbouring hops of an ion, in order, and the share of stays that are longer.
    rank_lag_fs
        Time after which ions are ranked by their displacement, fs.
    rank_distances_fs, rank_correlation, rank_standard_errors
        Correlation of ranks with those of displacements that begin so much later.
    fast_time_fs
        How long an ion stays fast; None where it cannot be told.
    """

    temperature_k: float
    n_ions: int
    origin_lags_fs: FloatArray = field(default_factory=_nothing)
    origin_msd_a2: FloatArray = field(default_factory=_nothing)
    fast_msd_a2: FloatArray = field(default_factory=_nothing)
    slow_msd_a2: FloatArray = field(default_factory=_nothing)
    van_hove_lags_fs: FloatArray = field(default_factory=_nothing)
    distances_a: FloatArray = field(default_factory=_nothing)
    self_density: FloatArray = field(default_factory=_nothing)
    self_density_of_diffusion: FloatArray = field(default_factory=_nothing)
    distinct_distances_a: FloatArray = field(default_factory=_nothing)
    distinct: FloatArray = field(default_factory=_nothing)
    hop_window_fs: float | None = None
    hop_lengths_a: FloatArray = field(default_factory=_nothing)
    hops_per_ion_ns_a: FloatArray = field(default_factory=_nothing)
    hop_rate_per_ion_ns: float | None = None
    back_fraction: float | None = None
    stay_times_fs: FloatArray = field(default_factory=_nothing)
    stay_shares: FloatArray = field(default_factory=_nothing)
    rank_lag_fs: float | None = None
    rank_distances_fs: FloatArray = field(default_factory=_nothing)
    rank_correlation: FloatArray = field(default_factory=_nothing)
    rank_standard_errors: FloatArray = field(default_factory=_nothing)
    fast_time_fs: float | None = None


def ion_motion(
    trajectory: Trajectory, ion: str, temperature_k: float, drift: Drift = "host"
) -> IonMotion:
    """Return how the ions of one run move.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol.
    temperature_k
        K.
    drift
        Which drift to remove.

    Raises
    ------
    InputError
        If there is no such ion.
    """
    ions = atoms_of(trajectory, ion)
    paths = ion_paths(trajectory, ion, drift)
    longest = max(paths, key=lambda path: path.path.shape[2], default=None)
    found: dict[str, object] = {}
    if longest is not None:
        found |= _from_origin(longest)
    if longest is not None and longest.path.shape[2] >= _FEWEST_FRAMES:
        span_fs = (longest.path.shape[2] - 1) * trajectory.frame_spacing_fs
        found |= _van_hove(trajectory, ion, longest, span_fs, drift)
        found |= _hops(trajectory, ion, span_fs, drift)
        if len(ions) >= _FEWEST_RANKED:
            found |= _ranked(trajectory, ion, longest, ions, drift)
    return IonMotion(temperature_k, len(ions), **found)  # type: ignore[arg-type]


def _lags(path: IonPath) -> IntArray:
    """Return lags evenly spaced in the logarithm, frames."""
    last = path.path.shape[2] - 1
    return np.unique(np.geomspace(1, last, min(last, _MOST_LAGS)).round().astype(np.int64))


def _from_origin(path: IonPath) -> dict[str, object]:
    lags = _lags(path)
    return {
        "origin_lags_fs": lags * path.spacing_fs,
        "origin_msd_a2": _moved(path, lags).mean(axis=0),
    }


def _moved(path: IonPath, lags: IntArray) -> FloatArray:
    """Return how far each ion is from where it was first, squared, shape ``(n_ions, n_lags)``."""
    moved = path.path[:, :, lags] - path.path[:, :, :1]
    squared: FloatArray = np.einsum("xat,xat->at", moved, moved)
    return squared


def _van_hove(
    trajectory: Trajectory, ion: str, path: IonPath, span_fs: float, drift: Drift
) -> dict[str, object]:
    lags_fs = span_fs * np.array(_LAG_SHARES)
    if lags_fs[-1] >= _USUAL_LAG_FS:
        lags_fs[np.argmin(np.abs(np.log(lags_fs / _USUAL_LAG_FS)))] = _USUAL_LAG_FS
    last = np.array([round(lags_fs[-1] / path.spacing_fs)])
    width_a = float(np.sqrt(_moved(path, last).mean()))
    reach_a = float(np.clip(np.ceil(_WIDTHS * width_a), *_REACH_A))
    found = [
        van_hove(trajectory, ion, lag_fs, largest_a=reach_a, n_bins=_N_BINS, drift=drift)
        for lag_fs in lags_fs
    ]
    return {
        "van_hove_lags_fs": np.array([one.lag_fs for one in found]),
        "distances_a": found[0].distances_a,
        "self_density": np.array([one.self_density for one in found]),
        "self_density_of_diffusion": np.array([one.self_density_of_diffusion for one in found]),
        "distinct_distances_a": found[0].distinct_distances_a,
        "distinct": np.array([one.distinct for one in found]),
    }


def _hops(trajectory: Trajectory, ion: str, span_fs: float, drift: Drift) -> dict[str, object]:
    window_fs = max(WINDOW_FS, 3 * trajectory.frame_spacing_fs)
    if 8 * window_fs > span_fs:
        return {}
    hops = find_hops(trajectory, ion, window_fs, LEAST_HOP_A, drift)
    lengths = hops.lengths_a
    edges = np.arange(LEAST_HOP_A - _HOP_BIN_A, max(6.0, lengths.max(initial=0.0)), _HOP_BIN_A)
    edges = np.append(edges, edges[-1] + _HOP_BIN_A)
    rate = hops.rate_per_ion_ps * 1e3
    shares = np.histogram(lengths, edges)[0] / max(len(lengths), 1) / _HOP_BIN_A
    stays = np.sort(hops.residence_fs)
    kept = np.unique(np.linspace(0, len(stays) - 1, min(len(stays), _MOST_LAGS)).astype(np.int64))
    return {
        "hop_window_fs": window_fs,
        "hop_lengths_a": (edges[1:] + edges[:-1]) / 2,
        "hops_per_ion_ns_a": rate * shares,
        "hop_rate_per_ion_ns": rate,
        "back_fraction": hops.back_fraction,
        "stay_times_fs": stays[kept],
        "stay_shares": 1 - (kept + 0.5) / max(len(stays), 1),
    }


def _ranked(
    trajectory: Trajectory, ion: str, path: IonPath, ions: IntArray, drift: Drift
) -> dict[str, object]:
    lag_fs = (path.path.shape[2] - 1) // 4 * path.spacing_fs
    origin_fs = path.first * path.spacing_fs
    ranked = rank_ions(trajectory, ion, lag_fs, _SHARE, drift, origin_fs)
    moved = _moved(path, _lags(path))
    fast, slow = (
        moved[np.isin(ions, ranked.groups[group])].mean(axis=0) for group in ("fast", "slow")
    )
    kept = ranked.persistence
    return {
        "fast_msd_a2": fast,
        "slow_msd_a2": slow,
        "rank_lag_fs": ranked.lag_fs,
        "rank_distances_fs": kept.distances_fs,
        "rank_correlation": kept.rank_correlation,
        "rank_standard_errors": kept.standard_errors,
        "fast_time_fs": kept.fast_time_fs,
    }
