"""Result of the analysis of transport at one temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.transport._diffusion import A2_PER_FS_IN_CM2_PER_S, DIMENSIONS
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.arrays import FloatArray


@dataclass(frozen=True)
class TransportAtTemperature:
    """Diffusivities, their intervals and whether they are converged, at one temperature.

    Parameters
    ----------
    temperature_k
        K.
    n_trajectories, n_ions, n_frames
        Counts; frames over all trajectories.
    frame_spacing_fs
        As the trajectories say, fs.
    drift
        Which drift was removed.
    tracer_diffusivity_cm2_s, tracer_diffusivity_interval_cm2_s
        D* from the velocity spectrum at zero frequency, cm²/s, with its 95 % interval.
    tracer_diffusivity_axes_cm2_s, tracer_diffusivity_axes_interval_cm2_s
        The same along the Cartesian axes, each with its own 95 % interval.
    tracer_diffusivity_single_time_cm2_s, single_time_fs
        D* = MSD(Δt)/6Δt at one Δt (Eq. 4 of Choyal et al. 2025).
    tracer_diffusivity_with_drift_cm2_s
        D* had no drift been removed: more by what drift adds to the slope of the mean-square
        displacement.
    jump_diffusivity_cm2_s, jump_diffusivity_interval_cm2_s
        D_J from the spectrum of the ions' summed steps.
    haven_ratio, haven_ratio_interval
        D*/D_J; None where D_J is not positive.
    conductivity_s_cm, conductivity_interval_s_cm
        Nernst-Einstein with D_J, S/cm; None where the charge is not known.
    host_diffusivity_cm2_s
        From the host's own spectrum; None without a host.
    relative_error
        Standard error of D* over D*.
    memory_time_fs, memory_time_interval_fs
        How long ions remember their last step, fs; None where no memory shows.
    correlation_factor, correlation_factor_interval
        D* over what it would be if steps had no memory. Where frames resolve the vibration, the way
        back from it counts as memory, too. None where D* is not positive.
    residence_time_fs, residence_time_interval_fs
        Mean time between two hops of an ion, fs; None where ions do not hop.
    fit_window_fs
        Lags between which the mean-square displacement should be the fitted line, fs: from three
        memory times to a quarter of the longest piece. The fit itself uses the whole run.
    msd_intercept_a2
        Constant of the fitted line 6D*t + constant, Å².
    discontinuities
        First frames of new pieces, counted through all trajectories.
    implied_frame_spacing_fs, implied_frame_spacing_by_species_fs
        From equipartition; None outside the ballistic regime.
    believable
        Whether every numerical verdict passed.
    verdicts
        All of them, for and against.
    lags_fs, msd_a2, msd_axes_a2, mscd_a2, host_msd_a2
        Curves over all lags; the host's is of a sample of its atoms, empty without a host.
    non_gaussian_lags_fs, non_gaussian
        α₂ at a ladder of lags.
    """

    temperature_k: float
    n_trajectories: int
    n_ions: int
    n_frames: int
    frame_spacing_fs: float
    drift: str
    tracer_diffusivity_cm2_s: float
    tracer_diffusivity_interval_cm2_s: tuple[float, float]
    tracer_diffusivity_axes_cm2_s: tuple[float, ...]
    tracer_diffusivity_axes_interval_cm2_s: tuple[tuple[float, float], ...]
    tracer_diffusivity_single_time_cm2_s: float
    single_time_fs: float
    tracer_diffusivity_with_drift_cm2_s: float
    jump_diffusivity_cm2_s: float
    jump_diffusivity_interval_cm2_s: tuple[float, float]
    haven_ratio: float | None
    haven_ratio_interval: tuple[float, float] | None
    conductivity_s_cm: float | None
    conductivity_interval_s_cm: tuple[float, float] | None
    host_diffusivity_cm2_s: float | None
    relative_error: float
    memory_time_fs: float | None
    memory_time_interval_fs: tuple[float, float] | None
    correlation_factor: float | None
    correlation_factor_interval: tuple[float, float] | None
    residence_time_fs: float | None
    residence_time_interval_fs: tuple[float, float] | None
    fit_window_fs: tuple[float, float]
    msd_intercept_a2: float
    discontinuities: list[int]
    implied_frame_spacing_fs: float | None
    implied_frame_spacing_by_species_fs: dict[str, float]
    believable: bool
    verdicts: list[Verdict]
    lags_fs: FloatArray
    msd_a2: FloatArray
    msd_axes_a2: FloatArray
    mscd_a2: FloatArray
    host_msd_a2: FloatArray
    non_gaussian_lags_fs: FloatArray
    non_gaussian: FloatArray

    def line_a2(self, lags_fs: FloatArray) -> FloatArray:
        """Return the line that the mean-square displacement approaches, 6D*t + constant, Å².

        Parameters
        ----------
        lags_fs
            fs.
        """
        slope = 2 * DIMENSIONS * self.tracer_diffusivity_cm2_s / A2_PER_FS_IN_CM2_PER_S
        return np.asarray(slope * lags_fs + self.msd_intercept_a2)

    @property
    def reasons(self) -> list[Verdict]:
        """The verdicts, under the name that scripts ask for."""
        return self.verdicts

    @property
    def doubts(self) -> list[str]:
        """Why the diffusivity is not converged, in words; empty if it is."""
        return [str(verdict) for verdict in self.verdicts if not verdict.passed]
