"""Mean pressure of a run, and whether its volume is right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import auto

import numpy as np
import numpy.typing as npt
from ase import units

from amorph_flows.analysis.steadiness import block_means
from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray

MAX_PRESSURE_GPA = 0.5
"""How far off a mean pressure may be, GPa, apart from twice its standard error.

It changes the volume of an oxide (bulk modulus of 50 to 200 GPa) by 0.25 to 1 %, no more than
functionals of density functional theory differ in, and the barrier of an ion whose activation
volume is 3 cm³/mol by 0.016 eV, less than k_B T at 300 K.
"""

MAX_STANDARD_ERROR_GPA = 0.5
"""Standard error, GPa, above which a mean pressure says nothing about the volume."""

_N_BLOCKS = 8


class VolumeVerdict(Answer):
    """Whether the volume of a run is that of the pressure asked for."""

    RIGHT = auto()
    TOO_SMALL = auto()
    TOO_LARGE = auto()
    NOT_KNOWN = auto()


@dataclass(frozen=True)
class MeanPressure:
    """Mean pressure of a run.

    Parameters
    ----------
    gpa
        The mean, GPa; None without a value.
    standard_error_gpa
        Of the mean, from blocks of time, GPa; None with fewer than four values.
    """

    gpa: float | None
    standard_error_gpa: float | None


def pressures_gpa(
    stresses: npt.ArrayLike,
    volumes_a3: npt.ArrayLike,
    n_atoms: int,
    temperatures_k: npt.ArrayLike,
) -> FloatArray:
    """Return pressures from the stress of the potential energy and the ideal gas, GPa.

    Parameters
    ----------
    stresses
        Stress without the motion of the atoms, eV/Å³, positive in tension, shape ``(n, 3, 3)``.
    volumes_a3
        Volumes, Å³, shape ``(n,)``.
    n_atoms
        Number of atoms N; their motion adds N k_B T / V.
    temperatures_k
        Temperatures, K, shape ``(n,)``.

    Returns
    -------
    FloatArray
        Shape ``(n,)``.
    """
    tension = np.trace(np.asarray(stresses, dtype=float), axis1=1, axis2=2) / 3
    motion = n_atoms * units.kB * np.asarray(temperatures_k) / np.asarray(volumes_a3)
    return np.asarray((motion - tension) / units.GPa)


def mean_pressure(values_gpa: npt.ArrayLike) -> MeanPressure:
    """Return the mean pressure of a run and its standard error from blocks of time.

    Parameters
    ----------
    values_gpa
        Pressures at evenly spaced times, GPa, shape ``(n,)``.
    """
    values = np.asarray(values_gpa, dtype=float)
    if not len(values) or not np.isfinite(values).all():
        return MeanPressure(None, None)
    mean = float(values.mean())
    n_blocks = min(_N_BLOCKS, len(values) // 2)
    if n_blocks < 2:
        return MeanPressure(mean, None)
    blocks = block_means(values, n_blocks)
    return MeanPressure(mean, float(np.std(blocks, ddof=1) / n_blocks**0.5))


def judge_volume(
    pressure: MeanPressure, temperature_k: float, *, asked_gpa: float = 0.0, mend: str
) -> Verdict:
    """Return whether the volume of a run is that of the pressure asked for.

    Parameters
    ----------
    pressure
        Its mean pressure.
    temperature_k
        Its temperature, K, for the reason.
    asked_gpa
        Pressure asked for, GPa; 0 where the cell was held.
    mend
        What to do where the volume is wrong.
    """
    mean, error = pressure.gpa, pressure.standard_error_gpa
    if mean is None:
        reason = f"the pressure at {temperature_k:g} K is not known: the run has no stress"
        return _verdict(VolumeVerdict.NOT_KNOWN, reason)
    measured = f"the mean pressure at {temperature_k:g} K was {mean:.2f}"
    numbers = {"mean_pressure_gpa": mean}
    if error is None:
        reason = f"{measured} GPa, of too few values to tell how sure; run longer"
        return _verdict(VolumeVerdict.NOT_KNOWN, reason, numbers)
    numbers["standard_error_gpa"] = error
    measured += f" ± {error:.2f} GPa with {asked_gpa:g} GPa asked for"
    margin = MAX_PRESSURE_GPA + 2 * error
    thresholds = {"pressure_off_gpa": margin, "standard_error_gpa": MAX_STANDARD_ERROR_GPA}
    off = mean - asked_gpa
    if abs(off) > margin:
        answer, size = VolumeVerdict.TOO_LARGE, "large"
        if off > 0:
            answer, size = VolumeVerdict.TOO_SMALL, "small"
        reason = f"{measured} (at most {margin:.2f} GPa off): the cell is too {size}; {mend}"
        return _verdict(answer, reason, numbers, thresholds)
    if error > MAX_STANDARD_ERROR_GPA:
        reason = (
            f"{measured}, too unsure to judge the volume by (standard error of at most "
            f"{MAX_STANDARD_ERROR_GPA:g} GPa); run longer or in a larger cell"
        )
        return _verdict(VolumeVerdict.NOT_KNOWN, reason, numbers, thresholds)
    reason = f"{measured} (at most {margin:.2f} GPa off)"
    return _verdict(VolumeVerdict.RIGHT, reason, numbers, thresholds)


def _verdict(
    answer: VolumeVerdict,
    reason: str,
    numbers: dict[str, float] | None = None,
    thresholds: dict[str, float] | None = None,
) -> Verdict:
    return Verdict(
        question="volume right?",
        answer=answer,
        passed=answer == VolumeVerdict.RIGHT,
        scope="numerical",
        reason=reason,
        numbers=numbers or {},
        thresholds=thresholds or {},
    )
