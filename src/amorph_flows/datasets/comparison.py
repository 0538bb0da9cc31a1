"""Comparison of two engines' labels of the same configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ase import Atoms

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError

_RESAMPLES = 1000


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error.

    Parameters
    ----------
    value
        Over all frames.
    error
        Standard deviation over sets of frames drawn with replacement; frames, not atoms, are
        drawn, because the forces in one frame are not independent. None for a single frame.
    """

    value: float
    error: float | None


@dataclass(frozen=True)
class ForceDifference:
    """Force components of one engine against another's.

    Parameters
    ----------
    n_components
        How many there are.
    mae, rmse
        Mean absolute and root-mean-square difference, eV/Å.
    correlation
        Pearson's; None where one side does not vary.
    reference_rms
        Root mean square of the new components, eV/Å: what the differences are to be held to.
    """

    n_components: int
    mae: Estimate
    rmse: Estimate
    correlation: Estimate | None
    reference_rms: float


@dataclass(frozen=True)
class EnergyDifference:
    """Energies per atom of one engine against another's, each composition about its own mean.

    Parameters
    ----------
    n_frames
        Frames of compositions that have at least two.
    offsets_ev_atom
        Mean of former minus new energy by formula, eV/atom: the energy references differ.
    mae, rmse
        What is left without the offsets, meV/atom; the root mean square counts a degree of
        freedom less for each composition.
    reference_std
        Standard deviation of the new energies about the mean of their composition, meV/atom.
    """

    n_frames: int
    offsets_ev_atom: dict[str, Estimate]
    mae: Estimate | None
    rmse: Estimate | None
    reference_std: float | None


@dataclass(frozen=True)
class LabelComparison:
    """Former against new labels of the same configurations.

    Parameters
    ----------
    n_frames
        Number of frames.
    forces
        All components together.
    forces_by_element
        Those of one element each.
    energies
        Energies per atom.
    frame_force_mae
        Mean absolute difference of the force components of each frame, eV/Å.
    frame_energy_residual
        Former minus new energy without the offset of the composition, meV/atom; None where the
        composition has a single frame.
    """

    n_frames: int
    forces: ForceDifference
    forces_by_element: dict[str, ForceDifference]
    energies: EnergyDifference
    frame_force_mae: tuple[float, ...]
    frame_energy_residual: tuple[float | None, ...]


def compare_labels(former: FrameSet, new: FrameSet, seed: int = 0) -> LabelComparison:
    """Return how far two sets of labels are from each other.

    Parameters
    ----------
    former, new
        The same configurations in the same order, all with energies and forces.
    seed
        Seed of the draws that the standard errors come from.

    Raises
    ------
    InputError
        If there is no frame, the configurations differ, or a label is missing.
    """
    _check(former, new)
    pairs = [_force_pairs(one, two) for one, two in zip(former, new, strict=True)]
    symbols = [np.array(Atoms(frame.numbers).get_chemical_symbols()) for frame in new]
    elements = sorted({symbol for frame in symbols for symbol in frame})
    draws = np.random.default_rng(seed).integers(len(new), size=(_RESAMPLES, len(new)))
    by_element = {
        element: _forces([p[s == element] for p, s in zip(pairs, symbols, strict=True)], draws)
        for element in elements
    }
    energies, residuals = _energies(former, new, draws)
    return LabelComparison(
        n_frames=len(new),
        forces=_forces(pairs, draws),
        forces_by_element=by_element,
        energies=energies,
        frame_force_mae=tuple(float(np.abs(p[..., 0] - p[..., 1]).mean()) for p in pairs),
        frame_energy_residual=residuals,
    )


def _check(former: FrameSet, new: FrameSet) -> None:
    if not len(new) or len(former) != len(new):
        raise InputError(
            f"{len(former)} former and {len(new)} new labels; give the same number of each, at "
            "least one"
        )
    for index, (one, two) in enumerate(zip(former, new, strict=True)):
        if not (one.is_labelled and two.is_labelled):
            raise InputError(f"frame {index} has no energy or no forces on one of the two sides")
        if one.content_hash != two.content_hash:
            raise InputError(f"frame {index} is not the same configuration on both sides")


def _force_pairs(one: Frame, two: Frame) -> FloatArray:
    """Return former and new force components of a frame, shape ``(n_atoms, 3, 2)``."""
    if one.forces is None or two.forces is None:
        raise InputError(f"a frame of {one.formula} has no forces; label it first")
    return np.stack([one.forces, two.forces], axis=-1)


def _forces(pairs: Sequence[FloatArray], draws: npt.NDArray[np.int64]) -> ForceDifference:
    """Return the differences of force components, given by frame."""
    sums = np.array([_sums(frame.reshape(-1, 2)) for frame in pairs])
    correlation = _estimate(_correlation, sums, draws)
    return ForceDifference(
        n_components=int(sums[:, 0].sum()),
        mae=_estimate(lambda total: total[1] / total[0], sums, draws),
        rmse=_estimate(lambda total: np.sqrt(total[2] / total[0]), sums, draws),
        correlation=correlation if np.isfinite(correlation.value) else None,
        reference_rms=float(np.sqrt(sums[:, 6].sum() / sums[:, 0].sum())),
    )


def _sums(pairs: FloatArray) -> FloatArray:
    """Return the sums over a frame that every statistic is made of; they add up over frames."""
    x, y = pairs[:, 0], pairs[:, 1]
    d = x - y
    terms = (np.ones_like(x), np.abs(d), d**2, x, y, x**2, y**2, x * y)
    return np.array([term.sum() for term in terms])


def _correlation(total: FloatArray) -> FloatArray:
    n, _, _, x, y, xx, yy, xy = total
    with np.errstate(divide="ignore", invalid="ignore"):
        return (n * xy - x * y) / np.sqrt((n * xx - x**2) * (n * yy - y**2))


def _estimate(
    statistic: Callable[[FloatArray], FloatArray], sums: FloatArray, draws: npt.NDArray[np.int64]
) -> Estimate:
    """Return a statistic of sums over frames, with its error from sets of frames drawn anew."""
    value = float(statistic(sums.sum(axis=0)))
    if len(sums) < 2:
        return Estimate(value, None)
    drawn = statistic(sums[draws].sum(axis=1).T)
    drawn = drawn[np.isfinite(drawn)]
    return Estimate(value, float(drawn.std(ddof=1)) if len(drawn) > 1 else None)


def _energies(
    former: FrameSet, new: FrameSet, draws: npt.NDArray[np.int64]
) -> tuple[EnergyDifference, tuple[float | None, ...]]:
    """Return the differences of energies, and what is left of each frame's."""
    formulas = np.array([frame.formula for frame in new])
    differences = np.array(
        [one.energy_ev_atom - two.energy_ev_atom for one, two in zip(former, new, strict=True)]
    )
    level = np.array([frame.energy_ev_atom for frame in new])
    level = np.array([frame.energy_ev_atom for frame in new])
    offsets: dict[str, Estimate] = {}
    residual, spread = np.full((2, len(new)), np.nan)
    for name in sorted(set(formulas)):
        of_it = formulas == name
        n, values = int(of_it.sum()), differences[of_it]
        error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else None
        offsets[str(name)] = Estimate(float(values.mean()), error)
        if n > 1:
            residual[of_it] = 1e3 * (values - values.mean())
            spread[of_it] = 1e3 * (level[of_it] - level[of_it].mean())
    used = np.isfinite(residual)
    kept = tuple(float(r) if np.isfinite(r) else None for r in residual)
    freedom = int(used.sum()) - len(set(formulas[used]))
    if not used.any():
        return EnergyDifference(0, offsets, None, None, None), kept
    share = freedom / used.sum()
    sums = np.nan_to_num(np.stack([used, np.abs(residual), residual**2], axis=1))
    return EnergyDifference(
        n_frames=int(used.sum()),
        offsets_ev_atom=offsets,
        mae=_estimate(lambda total: total[1] / total[0], sums, draws),
        rmse=_estimate(lambda total: np.sqrt(total[2] / (share * total[0])), sums, draws),
        reference_std=float(np.sqrt(np.nansum(spread**2) / freedom)),
    ), kept
