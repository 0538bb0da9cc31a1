"""Analysis of the transport of one element at one temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport import _frame_verdicts as judge_frames
from amorph_flows.analysis.transport import _motion_verdicts as judge_motion
from amorph_flows.analysis.transport._ballistic import ImpliedSpacing, implied_frame_spacing
from amorph_flows.analysis.transport._criteria import TransportThresholds
from amorph_flows.analysis.transport._diffusion import (
    A2_PER_FS_IN_CM2_PER_S,
    DIMENSIONS,
    Diffusion,
    Estimate,
)
from amorph_flows.analysis.transport._discontinuities import Drift, survey_steps
from amorph_flows.analysis.transport._displacements import (
    lag_ladder,
    non_gaussian_parameter,
    plain_slope,
)
from amorph_flows.analysis.transport._estimate import (
    estimate_diffusion,
    long_enough,
    step_spectra,
    zero_frequency,
)
from amorph_flows.analysis.transport._frame_order import out_of_order_share
from amorph_flows.analysis.transport._ion_paths import IonPath, piece_paths
from amorph_flows.analysis.transport._msd import MeanSquaredDisplacement, average_paths
from amorph_flows.analysis.transport._residence import residence_time
from amorph_flows.analysis.transport._room_conductivity import nernst_einstein_s_cm
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.verdict import Verdict, believable
from amorph_flows.arrays import FloatArray

MEMORY_TIMES = 3.0
"""Lags beyond this many memory times are drawn as fitted: 95 % of the memory has decayed."""
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
    motion = _motion(paths)
    curves = average_paths(paths.ions, drift)
    lag, single = _single_time(curves, single_time_fs)
    verdicts = _verdicts(paths, motion, curves.msd_a2, drift, limits)
    per_s = A2_PER_FS_IN_CM2_PER_S / paths.spacing_fs
    found = motion.ions
    tracer, jump = found.tracer.times(per_s), found.jump.times(per_s)
    axes = [axis.times(per_s) for axis in found.axes]
    per_jump = (
        nernst_einstein_s_cm(curves.n_ions / paths.volume_a3, charge, temperature_k)
        if charge is not None
        else None
    )
    conducted = jump.times(per_jump) if per_jump is not None else None
    haven = found.haven if np.isfinite(found.haven.value) else None
    memory = found.memory_time.times(paths.spacing_fs) if found.memory_time else None
    residence = motion.residence.times(paths.spacing_fs) if motion.residence else None
    factor = found.correlation_factor if np.isfinite(found.correlation_factor.value) else None
    lags = lag_ladder(found.n_steps + 1)
    return TransportAtTemperature(
        temperature_k=float(temperature_k),
        n_trajectories=len(trajectories),
        n_ions=curves.n_ions,
        n_frames=paths.n_frames,
        frame_spacing_fs=paths.spacing_fs,
        drift=drift,
        tracer_diffusivity_cm2_s=tracer.value,
        tracer_diffusivity_interval_cm2_s=tracer.interval,
        tracer_diffusivity_axes_cm2_s=tuple(axis.value for axis in axes),
        tracer_diffusivity_axes_interval_cm2_s=tuple(axis.interval for axis in axes),
        tracer_diffusivity_single_time_cm2_s=single,
        single_time_fs=lag,
        tracer_diffusivity_with_drift_cm2_s=motion.with_drift * per_s,
        jump_diffusivity_cm2_s=jump.value,
        jump_diffusivity_interval_cm2_s=jump.interval,
        haven_ratio=haven.value if haven else None,
        haven_ratio_interval=haven.interval if haven else None,
        conductivity_s_cm=conducted.value if conducted else None,
        conductivity_interval_s_cm=conducted.interval if conducted else None,
        host_diffusivity_cm2_s=None if motion.host is None else motion.host * per_s,
        relative_error=tracer.relative_error,
        memory_time_fs=memory.value if memory else None,
        memory_time_interval_fs=memory.interval if memory else None,
        correlation_factor=factor.value if factor else None,
        correlation_factor_interval=factor.interval if factor else None,
        residence_time_fs=residence.value if residence else None,
        residence_time_interval_fs=residence.interval if residence else None,
        fit_window_fs=(motion.window[0] * paths.spacing_fs, motion.window[1] * paths.spacing_fs),
        msd_intercept_a2=found.intercept_a2,
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
        non_gaussian_lags_fs=lags.astype(float) * paths.spacing_fs,
        non_gaussian=non_gaussian_parameter(paths.ions, lags),
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
    for run, trajectory in enumerate(trajectories):
        survey = survey_steps(trajectory)
        steps, breaks = survey.steps, survey.discontinuities
        found += [n_frames + b for b in breaks]
        n_frames += trajectory.n_frames
        atoms, moved = atoms_of(trajectory, ion), survey.drift(ion, drift)
        if implied is None or implied.spacing_fs is None:
            implied = implied_frame_spacing(trajectory, temperature_k, breaks)
        ions += piece_paths(steps, atoms, moved, breaks, run)
        with_drift += piece_paths(steps, atoms, np.zeros_like(moved), breaks, run)
        others = np.setdiff1d(np.arange(trajectory.n_atoms), atoms)
        if others.size:
            sample = others[:: -(-others.size // _HOST_ATOMS)]
            host += piece_paths(steps, sample, moved, breaks, run)
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
class _Motion:
    """What the paths say; per frame, Å."""

    ions: Diffusion
    residence: Estimate | None
    host: float | None
    with_drift: float
    window: tuple[int, int]


def _motion(paths: _Paths) -> _Motion:
    """Estimate the diffusion of ions and host."""
    used = long_enough(paths.ions)
    pieces = step_spectra(used)
    ions = estimate_diffusion(pieces)
    window = _window(ions)
    of_drift = plain_slope(paths.with_drift, *window) - plain_slope(paths.ions, *window)
    return _Motion(
        ions,
        residence_time(used, pieces, ions.longest_memory),
        zero_frequency(step_spectra(long_enough(paths.host))) if paths.host else None,
        ions.tracer.value + of_drift / (2 * DIMENSIONS),
        window,
    )


def _window(ions: Diffusion) -> tuple[int, int]:
    """Return the lags between which the displacement should be the fitted line, frames."""
    last = max(2, ions.n_steps // 4)
    return int(np.clip(np.ceil(MEMORY_TIMES * ions.longest_memory), 1, max(1, last // 2))), last


def _single_time(curves: MeanSquaredDisplacement, wanted_fs: float | None) -> tuple[float, float]:
    """Return Δt, fs, and D = MSD(Δt)/6Δt, cm²/s (Eq. 4 of Choyal et al., Small (2025))."""
    spacing = float(curves.lags_fs[1])
    longest = len(curves.lags_fs) - 1
    lag = longest // 20 if wanted_fs is None else round(wanted_fs / spacing)
    lag = int(np.clip(lag, 1, longest))
    value = float(curves.msd_a2[lag]) / (2 * DIMENSIONS * lag * spacing) * A2_PER_FS_IN_CM2_PER_S
    return lag * spacing, value


def _verdicts(
    paths: _Paths,
    motion: _Motion,
    msd_a2: FloatArray,
    drift: str,
    limits: TransportThresholds,
) -> list[Verdict]:
    """Return all verdicts on the trajectories."""
    longest_piece = max(p.path.shape[2] for p in paths.ions)
    tracer = motion.ions.tracer
    per_s = A2_PER_FS_IN_CM2_PER_S / paths.spacing_fs
    return [
        *judge_frames.judge_continuity(
            paths.discontinuities, paths.n_frames, longest_piece, paths.out_of_order, limits
        ),
        judge_frames.judge_time_step(paths.implied, paths.spacing_fs, limits),
        judge_frames.judge_unwrapping(max(p.longest_step for p in paths.ions), limits),
        judge_motion.judge_regime(motion.ions, paths.spacing_fs, _late_exponent(msd_a2), limits),
        judge_motion.judge_moves(motion.ions.moves, limits),
        judge_motion.judge_trend(motion.ions.trend, limits),
        judge_motion.judge_precision(tracer.relative_error, motion.ions.n_blocks, limits),
        judge_motion.judge_host(motion.host, tracer.value, motion.ions.n_steps, limits),
        judge_motion.judge_drift(drift, motion.with_drift * per_s, tracer.value * per_s, limits),
        judge_frames.judge_cell(paths.shortest_height_a, limits),
    ]


def _late_exponent(msd_a2: FloatArray) -> float:
    """Return d ln MSD / d ln t between an eighth and a quarter of the longest piece."""
    early = max(1, len(msd_a2) // 8)
    ratio = msd_a2[2 * early] / msd_a2[early] if msd_a2[early] > 0 else 1.0
    return float(np.log2(ratio)) if ratio > 0 else 0.0
