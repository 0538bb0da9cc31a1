"""Discontinuities of a trajectory, and the mean motion of each species."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase.data import atomic_masses
from scipy.special import bdtr, bdtrc

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._step_kernel import average_and_count
from amorph_flows.analysis.transport._unwrap import Steps, atoms_of
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

Drift = Literal["none", "cell", "host"]

LONG_STEP_RATIO = 9.0
"""A step is long when its square exceeds this many times the median of its species."""
LEAST_SHARE = 0.25
"""Share of a species that must make a long step at once."""
CHANCE = 1e-6
"""Probability, over the whole trajectory, that independent atoms would do so by chance."""
_FEWEST_ATOMS = 4
_FEWEST_HOPS = 20
"""Frames with long steps from which it is told how many atoms hop together."""
_RESOLUTION_A2 = 1e-6
_SAMPLED_FRAMES = 200
_WATCHED_ATOMS = 128  # of each species, evenly spaced: enough to see a quarter jump


@dataclass(frozen=True)
class Survey:
    """Mean motion and discontinuities, found in one pass over the steps of a trajectory.

    Parameters
    ----------
    steps
        Displacements between neighbouring frames.
    mean_steps
        Mean displacement of each species to each frame, Å, by atomic number; zero for the first.
    discontinuities
        First frames of new pieces.
    """

    steps: Steps
    mean_steps: dict[int, FloatArray]
    discontinuities: list[int]

    def drift(self, ion: str, drift: Drift) -> FloatArray:
        """Return how far the frame of reference moves to each frame, Å.

        Parameters
        ----------
        ion
            Element of the mobile ions; every other atom is the host.
        drift
            ``"none"``; ``"cell"``, the centre of mass of all atoms; or ``"host"``, the mean
            displacement of the host's atoms (the centre of mass of the cell moves when ions do;
            the host's frame is the one in which diffusivities are measured). Without a host,
            ``"host"`` removes nothing.

        Returns
        -------
        FloatArray
            Shape ``(n_frames, 3)``; zero for the first frame.

        Raises
        ------
        InputError
            If the drift is none of the three, or there is no such ion.
        """
        numbers = self.steps.trajectory.numbers
        weights = {number: float(np.sum(numbers == number)) for number in self.mean_steps}
        if drift == "cell":
            weights = {n: count * float(atomic_masses[n]) for n, count in weights.items()}
        elif drift == "host":
            weights[int(numbers[atoms_of(self.steps.trajectory, ion)[0]])] = 0.0
        elif drift != "none":
            raise InputError(f"drift is {drift!r}; 'none', 'cell' or 'host' is needed")
        moved = np.zeros((len(self.steps.trajectory.positions), 3))
        total = sum(weights.values())
        if drift == "none" or not total:
            return moved
        for number, weight in weights.items():
            moved += weight / total * self.mean_steps[number]
        return moved


def survey_steps(trajectory: Trajectory) -> Survey:
    """Return mean motion and discontinuities from one pass over the steps.

    A piece ends where the spacing of the times is not that of the others, or where more atoms of
    one species make a long step at once than independent atoms would, or independent chains of
    atoms that always hop together. Steps are taken relative to those of the species, so that
    neither drift nor hops of single ions count.

    Parameters
    ----------
    trajectory
        Frames in the order of their times.
    """
    steps = Steps(trajectory)
    found = set(time_gaps(trajectory))
    means: dict[int, FloatArray] = {}
    for number in np.unique(trajectory.numbers).tolist():
        atoms = np.flatnonzero(trajectory.numbers == number)
        means[number], jumps = _survey_species(steps, atoms)
        found.update(jumps)
    return Survey(steps, means, sorted(found))


def find_discontinuities(trajectory: Trajectory) -> list[int]:
    """Return the first frame of every piece that begins after a discontinuity.

    Pieces glued together, atoms relabelled and frames out of order show as atoms of one species
    that jump at once; see `survey_steps`. Gaps in time end a piece, too.

    Parameters
    ----------
    trajectory
        Frames in the order of their times.

    Returns
    -------
    list of int
        Increasing frame indices; empty for a continuous trajectory.
    """
    return survey_steps(trajectory).discontinuities


def time_gaps(trajectory: Trajectory) -> list[int]:
    """Return the frames whose distance in time from the frame before is not the usual one.

    Parameters
    ----------
    trajectory
        Any trajectory.
    """
    if trajectory.n_frames < 2:
        return []
    spacing = np.diff(trajectory.times_fs)
    irregular = np.abs(spacing - trajectory.frame_spacing_fs) > 0.01 * trajectory.frame_spacing_fs
    return [int(i) + 1 for i in np.flatnonzero(irregular)]


def _survey_species(steps: Steps, atoms: IntArray) -> tuple[FloatArray, list[int]]:
    """Return mean step to each frame and the frames to which atoms jump at once.

    Jumps are looked for relative to the mean step, being cheap; where there is one, again relative
    to the median step, on which the hop of a single ion has no bearing.
    """
    n_frames = steps.trajectory.n_frames
    every = -(-len(atoms) // _WATCHED_ATOMS)
    means, counts = np.zeros((n_frames, 3)), np.zeros(n_frames, dtype=np.int64)
    limit_a2 = _long_step(steps, atoms)

    def look(frame: int, chunk: FloatArray) -> None:
        here = slice(frame, frame + len(chunk))
        average_and_count(chunk, every, limit_a2, means[here], counts[here])

    steps.each(look, 0, n_frames, atoms)
    return means, _jumps(steps, atoms[::every], counts, limit_a2)


def _jumps(steps: Steps, atoms: IntArray, counts: IntArray, limit_a2: float) -> list[int]:
    """Return the frames to which more atoms jump at once than would by chance."""
    n_steps, n_atoms = len(counts) - 1, len(atoms)
    if n_atoms < _FEWEST_ATOMS or n_steps < 2:
        return []
    rate = max(float(counts.sum()) / (n_steps * n_atoms), 1e-4)
    number = np.arange(n_atoms + 1)
    together = _hop_together(counts, n_atoms, rate)
    chains, n_chains = -(-number // together), -(-n_atoms // together)
    chance = bdtrc(chains - 1, n_chains, rate) * n_steps
    telling = (chance < CHANCE) & (number >= max(_FEWEST_ATOMS, LEAST_SHARE * n_atoms))
    jumps = []
    for frame in np.flatnonzero(telling[counts]).tolist():
        step = steps.between(frame - 1, frame + 1, atoms)[0]
        again = np.sum((step - np.median(step, axis=0)) ** 2, axis=1) > limit_a2
        if telling[again.sum()]:
            jumps.append(frame)
    return jumps


def _hop_together(counts: IntArray, n_atoms: int, rate: float) -> int:
    """Return how many atoms make long steps together, as in chains; 1 where each moves alone.

    Where more than half of the atoms do, pieces may have been glued together.
    """
    hops = counts[(counts > 0) & (counts <= n_atoms / 2)]
    if len(hops) < _FEWEST_HOPS:
        return 1
    at_most = bdtr(np.arange(n_atoms + 1), n_atoms, rate)
    alone = int(np.searchsorted(at_most, (1 + at_most[0]) / 2))
    return max(1, round(float(np.median(hops)) / alone))


def _long_step(steps: Steps, atoms: IntArray) -> float:
    """Return the square beyond which a step is long, Å², from evenly spaced frames."""
    n_frames = steps.trajectory.n_frames
    sampled = np.unique(np.linspace(0, max(n_frames - 2, 0), _SAMPLED_FRAMES).astype(int))
    squares = []
    for frame in sampled.tolist():
        step = steps.between(frame, frame + 2, atoms)
        step -= step.mean(axis=1, keepdims=True)
        squares.append(np.einsum("tax,tax->ta", step, step).ravel())
    return max(LONG_STEP_RATIO * float(np.median(np.concatenate(squares))), _RESOLUTION_A2)
