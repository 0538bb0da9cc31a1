"""The verdict *energy steady?* on a run that is held at one temperature."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import auto

import numpy as np
import numpy.typing as npt
from ase import units
from scipy.special import stdtrit

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

_CONFIDENCE = 0.95


class EnergyVerdict(Answer):
    """Whether the energy of a run still changes."""

    ENERGY_STEADY = auto()
    ENERGY_FALLS = auto()
    ENERGY_RISES = auto()
    ENERGY_UNCERTAIN = auto()


@dataclass(frozen=True)
class EnergyThresholds:
    """Limits within which an energy counts as steady.

    Parameters
    ----------
    drift_kt
        Largest change of the potential energy per atom over the second half of the run, its
        uncertainty added, in units of k_B T. A harmonic atom has 1.5 k_B T.
    n_blocks
        Blocks of time whose means tell the change and its uncertainty; each needs two frames.
    """

    drift_kt: float = 0.2
    n_blocks: int = 8


def judge_energy(
    energies_ev_atom: npt.ArrayLike,
    temperature_k: float,
    thresholds: EnergyThresholds | None = None,
) -> Verdict:
    """Judge whether the potential energy of a run at one temperature no longer changes.

    A line is fitted to the means of blocks of the second half of the run; its change over that
    half, plus the half-width of the 95 % interval of the change, is compared with k_B T.

    Parameters
    ----------
    energies_ev_atom
        Potential energy per atom of frames that are equally far apart, eV, shape ``(n,)``.
    temperature_k
        That the run is held at, K.
    thresholds
        Limits of the verdict.

    Returns
    -------
    Verdict
        Its answer is an `EnergyVerdict`, and only ``ENERGY_STEADY`` passes. Its numbers are
        ``drift_ev_atom``, the change over the second half, and ``error_ev_atom``, the half-width
        of its interval; with too few frames it has none.

    Raises
    ------
    InputError
        If there are fewer than 3 blocks.
    """
    limits = thresholds or EnergyThresholds()
    if limits.n_blocks < 3:
        raise InputError(f"n_blocks is {limits.n_blocks}; a change with its error needs 3 blocks")
    energies = np.asarray(energies_ev_atom, dtype=float)
    late = energies[len(energies) // 2 :]
    most = limits.drift_kt * units.kB * temperature_k
    numbers: dict[str, float] = {}
    if len(late) < 2 * limits.n_blocks:
        answer = EnergyVerdict.ENERGY_UNCERTAIN
        reason = f"{len(energies)} frames are too few ({4 * limits.n_blocks} are needed)"
    else:
        drift, error = _drift(late, limits.n_blocks)
        numbers = {"drift_ev_atom": drift, "error_ev_atom": error}
        answer = _answer(drift, error, most)
        reason = (
            f"the potential energy changed by {1e3 * drift:.1f} ± {1e3 * error:.1f} meV/atom in "
            f"the second half ({1e3 * most:.1f} allowed at {temperature_k:g} K)"
        )
    return Verdict(
        question="energy steady?",
        answer=answer,
        passed=answer is EnergyVerdict.ENERGY_STEADY,
        scope="numerical",
        reason=reason,
        numbers=numbers,
        thresholds=asdict(limits) | {"drift_ev_atom": most},
    )


def block_means(values: FloatArray, n_blocks: int) -> FloatArray:
    """Return the means of blocks of time, whose scatter tells the error of a mean.

    Parameters
    ----------
    values
        At evenly spaced times, shape ``(n,)``.
    n_blocks
        Number of blocks of about one length, at most n.
    """
    return np.array([block.mean() for block in np.array_split(values, n_blocks)])


def _drift(energies: FloatArray, n_blocks: int) -> tuple[float, float]:
    """Return the change of a line through the means of blocks, and its half-width."""
    means = block_means(energies, n_blocks)
    places = (np.arange(n_blocks) + 0.5) / n_blocks - 0.5
    spread = float((places**2).sum())
    slope = float((places * means).sum()) / spread
    rest = means - means.mean() - slope * places
    free = n_blocks - 2
    error = float(np.sqrt((rest**2).sum() / free / spread))
    return slope, error * float(stdtrit(free, (1 + _CONFIDENCE) / 2))


def _answer(drift: float, error: float, most: float) -> EnergyVerdict:
    if abs(drift) + error <= most:
        return EnergyVerdict.ENERGY_STEADY
    if drift + error < 0:
        return EnergyVerdict.ENERGY_FALLS
    if drift - error > 0:
        return EnergyVerdict.ENERGY_RISES
    return EnergyVerdict.ENERGY_UNCERTAIN
