"""Analysis of the transport of one element at one temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from ase import units

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport import _verdicts as judge
from amorph_flows.analysis.transport._ballistic import ImpliedSpacing, implied_frame_spacing
from amorph_flows.analysis.transport._criteria import TransportThresholds
from amorph_flows.analysis.transport._diffusion import (
    DIMENSIONS,
    Diffusivity,
    Slope,
    diffusivity,
    fit_slope,
    haven_ratio,
    single_time_diffusivity,
)
from amorph_flows.analysis.transport._diffusive_regime import (
    CHECK_WINDOW,
    DiffusiveRegime,
    RegimeLimits,
    find_diffusive_regime,
    log_slope,
    window,
)
from amorph_flows.analysis.transport._discontinuities import Drift, survey_steps
from amorph_flows.analysis.transport._displacements import DisplacementSamples, sample_displacements
from amorph_flows.analysis.transport._frame_order import out_of_order_share
from amorph_flows.analysis.transport._msd import (
    IonPath,
    MeanSquaredDisplacement,
    average_paths,
    piece_paths,
)
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.verdict import Verdict, believable
from amorph_flows.arrays import IntArray

_HOST_ATOMS = 200  # a sample of the host tells whether it moves


@dataclass(frozen=True)
class _Paths:
    """Paths from the trajectories of one temperature, before any slope is fitted."""

    ions: list[IonPath]
    with_drift: list[IonPath]
    host: list[IonPath]
    discontinuities: list[int]
    implied: ImpliedSpacing
    out_of_order: float
    spacing_fs: float
    volume_a3: float
    shortest_height_a: float
    n_frames: int


def transport_at(
    temperature_k: float,
    trajectories: Sequence[Trajectory],
    ion: str,
    drift: Drift = "host",
    charge: float | None = None,
    single_time_fs: float | None = None,
    thresholds: TransportThresholds | None = None,
) -> TransportAtTemperature:
    """Analyse the trajectories of one temperature.

    Parameters
    ----------
    temperature_k
        K.
    trajectories
        One or more runs of the same system.
    ion
        Element symbol of the mobile ion.
    drift
        Which drift to remove.
    charge
        Of the ion, elementary charges; no conductivity without it.
    single_time_fs
        Δt of Eq. 4, fs; a twentieth of the longest piece if not given.
    thresholds
        What the trajectories are held to.

    Raises
    ------
    InputError
        If there is no such ion.
    TrajectoryError
        If the longest continuous piece is shorter than eight frames, or trajectories differ in
        their ions or spacing of frames.
    """
    limits = thresholds or TransportThresholds()
    paths = _paths(temperature_k, trajectories, ion, drift)
    slopes = _slopes(paths, limits)
    curves = average_paths(paths.ions, drift)
    verdicts = _verdicts(paths, slopes, drift, limits)
    haven, haven_interval = haven_ratio(slopes.tracer, slopes.collective)
    jump = diffusivity(slopes.collective, paths.spacing_fs)
    conductivity = _conductivity(jump, charge, temperature_k, curves.n_ions / paths.volume_a3)
    lag, single = _single_time(curves, single_time_fs)
    axes = _along_axes(paths, slopes)
    known = np.isfinite(haven)
    return TransportAtTemperature(
        temperature_k=float(temperature_k),
        n_trajectories=len(trajectories),
        n_ions=curves.n_ions,
        n_frames=paths.n_frames,
        frame_spacing_fs=paths.spacing_fs,
        drift=drift,
        tracer_diffusivity_cm2_s=slopes.tracer_d.cm2_s,
        tracer_diffusivity_interval_cm2_s=slopes.tracer_d.interval_cm2_s,
        tracer_diffusivity_axes_cm2_s=tuple(d.cm2_s for d in axes),
        tracer_diffusivity_axes_interval_cm2_s=tuple(d.interval_cm2_s for d in axes),
        tracer_diffusivity_single_time_cm2_s=single,
        single_time_fs=lag,
        tracer_diffusivity_with_drift_cm2_s=slopes.with_drift_cm2_s,
        jump_diffusivity_cm2_s=jump.cm2_s,
        jump_diffusivity_interval_cm2_s=jump.interval_cm2_s,
        haven_ratio=haven if known else None,
        haven_ratio_interval=haven_interval if known else None,
        conductivity_s_cm=conductivity[0] if conductivity else None,
        conductivity_interval_s_cm=(conductivity[1], conductivity[2]) if conductivity else None,
        host_diffusivity_cm2_s=slopes.host_cm2_s,
        relative_error=slopes.tracer_d.relative_error,
        fit_window_fs=slopes.window_fs,
        discontinuities=paths.discontinuities,
        implied_frame_spacing_fs=paths.implied.spacing_fs,
        implied_frame_spacing_by_species_fs=paths.implied.by_species_fs,
        believable=believable(verdicts),
        verdicts=verdicts,
        lags_fs=curves.lags_fs,
        msd_a2=curves.msd_a2,
        msd_axes_a2=curves.msd_axes_a2,
        mscd_a2=curves.mscd_a2,
        host_msd_a2=average_paths(paths.host, drift).msd_a2 if paths.host else np.array([]),
        non_gaussian_lags_fs=slopes.samples.lags.astype(float) * paths.spacing_fs,
        non_gaussian=slopes.samples.non_gaussian,
    )


def _paths(
    temperature_k: float, trajectories: Sequence[Trajectory], ion: str, drift: Drift
) -> _Paths:
    """Unwrap ions and host in every continuous piece, and look for faults of the frames."""
    ions: list[IonPath] = []
    with_drift: list[IonPath] = []
    host: list[IonPath] = []
    found: list[int] = []
    n_frames = 0
    implied: ImpliedSpacing | None = None
    for trajectory in trajectories:
        survey = survey_steps(trajectory)
        steps, breaks = survey.steps, survey.discontinuities
        found += [n_frames + b for b in breaks]
        n_frames += trajectory.n_frames
        atoms, moved = atoms_of(trajectory, ion), survey.drift(ion, drift)
        if implied is None or implied.spacing_fs is None:
            implied = implied_frame_spacing(trajectory, temperature_k, breaks)
        ions += piece_paths(steps, atoms, moved, breaks)
        with_drift += piece_paths(steps, atoms, np.zeros_like(moved), breaks)
        others = np.setdiff1d(np.arange(trajectory.n_atoms), atoms)
        if others.size:
            sample = others[:: -(-others.size // _HOST_ATOMS)]
            host += piece_paths(steps, sample, moved, breaks)
    assert implied is not None
    first = trajectories[0]
    cell = first.cells.mean(axis=0)
    return _Paths(
        ions,
        with_drift,
        host,
        found,
        implied,
        max(out_of_order_share(trajectory) for trajectory in trajectories),
        first.frame_spacing_fs,
        float(abs(np.linalg.det(cell))),
        float(1 / np.linalg.norm(np.linalg.inv(cell), axis=0).max()),
        n_frames,
    )


@dataclass(frozen=True)
class _Slopes:
    """Slopes over the diffusive regime."""

    samples: DisplacementSamples
    regime: DiffusiveRegime
    tracer: Slope
    collective: Slope
    tracer_d: Diffusivity
    with_drift_cm2_s: float
    host_cm2_s: float | None

    @property
    def window_fs(self) -> tuple[float, float]:
        first, last = self.samples.lags[self.regime.chosen[[0, -1]]] * self.samples.spacing_fs
        return float(first), float(last)


def _slopes(paths: _Paths, limits: TransportThresholds) -> _Slopes:
    """Find the diffusive regime and fit every slope over it."""
    samples = sample_displacements(paths.ions)
    regime = find_diffusive_regime(
        samples,
        RegimeLimits(
            limits.exponent_tolerance,
            limits.cage_exponent,
            limits.significance,
            limits.most_non_gaussian,
        ),
    )
    tracer = fit_slope(samples, regime.chosen)
    lags = samples.lags[regime.chosen]
    return _Slopes(
        samples,
        regime,
        tracer,
        fit_slope(samples, regime.chosen, collective=True),
        diffusivity(tracer, paths.spacing_fs),
        _plain_diffusivity(paths.with_drift, lags),
        _plain_diffusivity(paths.host, lags) if paths.host else None,
    )


def _plain_diffusivity(paths: list[IonPath], lags: IntArray) -> float:
    """Return the diffusivity from the same lags, without an interval, cm²/s."""
    samples = sample_displacements(paths, lags)
    return diffusivity(fit_slope(samples, np.arange(len(lags))), samples.spacing_fs).cm2_s


def _along_axes(paths: _Paths, slopes: _Slopes) -> list[Diffusivity]:
    """Return the tracer diffusivity along x, y and z over the same lags."""
    lags = slopes.samples.lags[slopes.regime.chosen]
    found = []
    for axis in range(DIMENSIONS):
        alone = [replace(piece, path=piece.path[axis : axis + 1]) for piece in paths.ions]
        slope = fit_slope(sample_displacements(alone, lags), np.arange(len(lags)))
        found.append(diffusivity(slope, paths.spacing_fs, dimensions=1))
    return found


def _single_time(curves: MeanSquaredDisplacement, wanted_fs: float | None) -> tuple[float, float]:
    """Return Δt, fs, and D = MSD(Δt)/6Δt, cm²/s."""
    spacing = float(curves.lags_fs[1])
    longest = len(curves.lags_fs) - 1
    lag = longest // 20 if wanted_fs is None else round(wanted_fs / spacing)
    lag = int(np.clip(lag, 1, longest))
    return lag * spacing, single_time_diffusivity(curves.msd_a2, lag, spacing)


def _conductivity(
    jump: Diffusivity, charge: float | None, temperature_k: float, density_a3: float
) -> tuple[float, float, float] | None:
    """Return σ = n (ze)² D_J/kT and its interval, S/cm (Nernst-Einstein with D_J = D*/H_R)."""
    if charge is None:
        return None
    thermal_volt = units.kB * temperature_k
    per_diffusivity = density_a3 * 1e24 * charge**2 * units._e / thermal_volt
    low, high = jump.interval_cm2_s
    return per_diffusivity * jump.cm2_s, per_diffusivity * low, per_diffusivity * high


def _verdicts(
    paths: _Paths, slopes: _Slopes, drift: str, limits: TransportThresholds
) -> list[Verdict]:
    """Return all verdicts on the trajectories."""
    samples, tracer = slopes.samples, slopes.tracer_d
    longest_piece = max(p.path.shape[2] for p in paths.ions)
    last = int(np.searchsorted(samples.lags, samples.lags[-1] / CHECK_WINDOW, side="right")) - 1
    last_exponent = log_slope(samples, window(samples.lags, max(last, 0), CHECK_WINDOW))
    travel = max(slopes.tracer.per_frame, 0.0) * longest_piece
    return [
        *judge.judge_continuity(
            paths.discontinuities, paths.n_frames, longest_piece, paths.out_of_order, limits
        ),
        judge.judge_time_step(paths.implied, paths.spacing_fs, limits),
        judge.judge_unwrapping(max(p.longest_step for p in paths.ions), limits),
        judge.judge_regime(slopes.regime, last_exponent, travel, limits),
        judge.judge_precision(tracer.relative_error, tracer.n_blocks, limits),
        judge.judge_host(_host_share(slopes), limits),
        judge.judge_drift(drift, slopes.with_drift_cm2_s, tracer.cm2_s, limits),
        judge.judge_cell(paths.shortest_height_a, limits),
    ]


def _host_share(slopes: _Slopes) -> float | None:
    """Return the host's slope over that of the ions; inf where ions have none."""
    if slopes.host_cm2_s is None:
        return None
    if slopes.tracer_d.cm2_s <= 0:
        return float("inf")
    return max(slopes.host_cm2_s, 0.0) / slopes.tracer_d.cm2_s
