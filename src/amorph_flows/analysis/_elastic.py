"""Elastic constants of an isotropic solid from stress against strain."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import auto

import numpy as np
import numpy.typing as npt
from scipy.constants import angstrom, electron_volt, giga

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

EV_A3_TO_GPA = electron_volt / angstrom**3 / giga


class ElasticVerdict(Answer):
    """Answers to the question whether the isotropic moduli may be used."""

    ISOTROPIC = auto()
    ANISOTROPIC = auto()
    NOT_LINEAR = auto()
    UNSTABLE = auto()


@dataclass(frozen=True)
class ElasticThresholds:
    """Limits within which the isotropic moduli may be used.

    Parameters
    ----------
    nonlinearity
        Largest rms residual of the straight lines, over the rms of the stress that they explain.
    anisotropy
        Largest deviation of 2 C44 / (C11 - C12) from 1.
    """

    nonlinearity: float = 0.1
    anisotropy: float = 0.25


@dataclass(frozen=True)
class ElasticConstants:
    """Elastic constants and the moduli of an isotropic solid (Eqs. 3-6 of the glass paper).

    Parameters
    ----------
    tensor_gpa
        C_ij in Voigt's order xx, yy, zz, yz, xz, xy, GPa, symmetrised, shape ``(6, 6)``.
    c11_gpa, c12_gpa, c44_gpa
        Averages over the equivalent entries of the tensor, GPa.
    young_gpa, shear_gpa, bulk_gpa
        E = (C11 - C12)(C11 + 2 C12)/(C11 + C12), G = (C11 - C12)/2, K = (C11 + 2 C12)/3, GPa.
    poisson
        ν = C12/(C11 + C12).
    residual_stress_ev_a3
        Stress without strain, eV/Å³, tension positive, shape ``(6,)``.
    nonlinearity, anisotropy
        As in `ElasticThresholds`.
    isotropic
        Whether to use the moduli.
    """

    tensor_gpa: FloatArray
    c11_gpa: float
    c12_gpa: float
    c44_gpa: float
    young_gpa: float
    shear_gpa: float
    bulk_gpa: float
    poisson: float
    residual_stress_ev_a3: FloatArray
    nonlinearity: float
    anisotropy: float
    isotropic: Verdict

    @property
    def verdict(self) -> Answer | str:
        """The answer of `isotropic`."""
        return self.isotropic.answer

    @property
    def reason(self) -> str:
        """The reason of `isotropic`."""
        return self.isotropic.reason


def strain_states(step: float = 1e-4, n_steps: int = 20) -> FloatArray:
    """Return uniaxial and shear strains of both signs, one component at a time.

    Parameters
    ----------
    step
        Smallest strain.
    n_steps
        Steps of elongation, and as many of compression.

    Returns
    -------
    FloatArray
        Voigt's strains xx, yy, zz, 2 yz, 2 xz, 2 xy, shape ``(12 n_steps, 6)``.

    Raises
    ------
    InputError
        If the step or the number of steps is not positive.
    """
    if not 0.0 < step < 0.1 or n_steps < 1:
        raise InputError(
            f"step {step} and n_steps {n_steps}; both must be positive, step below 0.1"
        )
    sizes = step * np.concatenate([np.arange(-n_steps, 0), np.arange(1, n_steps + 1)])
    states: FloatArray = np.einsum("ij,k->ikj", np.eye(6), sizes).reshape(-1, 6)
    return states


def strained_cell(cell: npt.ArrayLike, strain: npt.ArrayLike) -> FloatArray:
    """Return a cell after a small homogeneous strain; fractional coordinates stay.

    Parameters
    ----------
    cell
        Row vectors, Å, shape ``(3, 3)``.
    strain
        Voigt's strains xx, yy, zz, 2 yz, 2 xz, 2 xy, shape ``(6,)``.
    """
    xx, yy, zz, yz, xz, xy = np.asarray(strain, dtype=float)
    symmetric = np.array([[xx, xy / 2, xz / 2], [xy / 2, yy, yz / 2], [xz / 2, yz / 2, zz]])
    strained: FloatArray = np.asarray(cell, dtype=float) @ (np.eye(3) + symmetric)
    return strained


def elastic_constants(
    strains: npt.ArrayLike,
    stresses_ev_a3: npt.ArrayLike,
    thresholds: ElasticThresholds | None = None,
) -> ElasticConstants:
    """Return elastic constants by linear regression of stress on strain.

    Parameters
    ----------
    strains
        Voigt's strains xx, yy, zz, 2 yz, 2 xz, 2 xy, shape ``(n, 6)``.
    stresses_ev_a3
        Voigt's stresses xx, yy, zz, yz, xz, xy of the relaxed atoms, eV/Å³, tension positive,
        shape ``(n, 6)``.
    thresholds
        Limits of the verdict.

    Raises
    ------
    InputError
        If the shapes differ, a number is not finite, the strains do not span all six components,
        or the stresses are all the same.
    """
    limits = thresholds or ElasticThresholds()
    strain, stress = np.asarray(strains, dtype=float), np.asarray(stresses_ev_a3, dtype=float)
    if strain.ndim != 2 or strain.shape[1] != 6 or strain.shape != stress.shape:
        raise InputError(f"strains {strain.shape} and stresses {stress.shape} must both be (n, 6)")
    if not (np.isfinite(strain).all() and np.isfinite(stress).all()):
        raise InputError("a strain or stress is not finite")
    design = np.column_stack([strain, np.ones(len(strain))])
    if np.linalg.matrix_rank(design) < 7:
        raise InputError(
            f"the {len(strain)} strains do not vary all six components independently; take those "
            "of strain_states"
        )
    fit = np.linalg.lstsq(design, stress, rcond=None)[0]
    c = fit[:6] * EV_A3_TO_GPA
    c = (c + c.T) / 2
    c11 = float(np.diag(c)[:3].mean())
    c12 = float(c[:3, :3][np.triu_indices(3, 1)].mean())
    c44 = float(np.diag(c)[3:].mean())
    explained = design[:, :6] @ fit[:6]
    residual = stress - design @ fit
    if not explained.any():
        raise InputError(
            "the stresses do not change with strain; compute them in the strained cells"
        )
    nonlinearity = float(np.sqrt((residual**2).mean() / (explained**2).mean()))
    anisotropy = abs(2.0 * c44 / (c11 - c12) - 1.0) if c11 > c12 else np.inf
    return ElasticConstants(
        tensor_gpa=c,
        c11_gpa=c11,
        c12_gpa=c12,
        c44_gpa=c44,
        young_gpa=(c11 - c12) * (c11 + 2.0 * c12) / (c11 + c12),
        shear_gpa=(c11 - c12) / 2.0,
        bulk_gpa=(c11 + 2.0 * c12) / 3.0,
        poisson=c12 / (c11 + c12),
        residual_stress_ev_a3=fit[6],
        nonlinearity=nonlinearity,
        anisotropy=anisotropy,
        isotropic=_judge(c, nonlinearity, anisotropy, limits),
    )


def _judge(
    c: FloatArray, nonlinearity: float, anisotropy: float, limits: ElasticThresholds
) -> Verdict:
    softest = float(np.linalg.eigvalsh(c)[0])
    answer, meaning = ElasticVerdict.ISOTROPIC, "the moduli describe the solid"
    if nonlinearity > limits.nonlinearity:
        answer, meaning = ElasticVerdict.NOT_LINEAR, "stress is not linear in strain"
    elif softest <= 0.0:
        answer, meaning = ElasticVerdict.UNSTABLE, "a strain lowers the energy"
    elif anisotropy > limits.anisotropy:
        answer, meaning = ElasticVerdict.ANISOTROPIC, "use the tensor, not the moduli"
    return Verdict(
        question="isotropic?",
        answer=answer,
        passed=answer is ElasticVerdict.ISOTROPIC,
        scope="numerical",
        reason=f"{meaning}: the residual is {nonlinearity:.3f} of the stress, 2 C44 / (C11 - C12) "
        f"differs from 1 by {anisotropy:.2f}, the softest eigenvalue is {softest:.1f} GPa",
        numbers={"nonlinearity": nonlinearity, "anisotropy": anisotropy},
        thresholds=asdict(limits),
    )
