"""A walk of ions whose diffusivity is known, and its trajectory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

A2_FS_TO_CM2_S = 0.1
TEMPERATURE_K = 900.0
_N_HOST, _HOST_VIBRATION_A = 16, 0.1
_ION, _HOST = 12, 8
_SHORTEST_EDGE_A = 20.0


@dataclass(frozen=True)
class Hopping:
    """How ions hop, where a class of walks says nothing else.

    Parameters
    ----------
    residence_time_fs
        Mean time between two jumps of an ion, fs: all time of all ions over all their jumps.
    jump_a
        Length of a jump, Å, along one of six directions.
    vibration_a
        Standard deviation of the vibration along each axis, Å, independent in every frame.
    frame_spacing_fs
        Time between frames, fs.
    """

    residence_time_fs: float = 10_000.0
    jump_a: float = 2.5
    vibration_a: float = 0.15
    frame_spacing_fs: float = 100.0

    def __post_init__(self) -> None:
        for name in ("residence_time_fs", "jump_a", "frame_spacing_fs"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name):g}; give more than 0")
        if not self.vibration_a >= 0:
            raise InputError(f"vibration_a is {self.vibration_a:g}; give 0 or more")

    @property
    def jumps_per_frame(self) -> float:
        """Mean number of jumps of an ion between two frames."""
        return self.frame_spacing_fs / self.residence_time_fs

    @property
    def diffusivity_cm2_s(self) -> float:
        """a²/6τ: the diffusivity of jumps in random directions, cm²/s."""
        return self.jump_a**2 / (6 * self.residence_time_fs) * A2_FS_TO_CM2_S


HOPPING = Hopping()


@dataclass(frozen=True, eq=False)
class Walk:
    """Paths of ions whose diffusivity is known.

    Parameters
    ----------
    name
        Of the function that made it.
    seed
        It was made with.
    ion_paths_a
        Of the ions in the frame of the host, neither wrapped nor shifted, Å, shape
        ``(3, n_ions, n_frames)``.
    tracer_diffusivity_cm2_s
        The truth, cm²/s; 0 for cages, nan where there is none.
    jump_diffusivity_cm2_s
        The truth for the summed displacement of all ions, per ion, cm²/s.
    residence_time_fs
        Mean time between two jumps of an ion, fs; None without jumps or without a mean.
    memory_time_fs
        Decay time of the memory of the velocity, fs; None without memory, or if it is not one
        exponential.
    relaxation_time_fs
        What lengths of runs are counted in, fs: the longer of residence and memory time; where a
        class has neither, its docstring says what.
    correlation_factor
        Tracer diffusivity over that of the same jumps in random directions; None without jumps.
    frame_spacing_fs
        Time between frames, fs.
    host_paths_a
        Of a host that moves, Å, shape ``(3, n_host, n_frames)``; None for a host that vibrates in
        place.
    drift_a
        Of the whole cell, Å, shape ``(3, n_frames)``; None without.
    """

    name: str
    seed: int
    ion_paths_a: FloatArray
    tracer_diffusivity_cm2_s: float
    jump_diffusivity_cm2_s: float
    residence_time_fs: float | None
    memory_time_fs: float | None
    relaxation_time_fs: float
    correlation_factor: float | None
    frame_spacing_fs: float
    host_paths_a: FloatArray | None = None
    drift_a: FloatArray | None = None

    @cached_property
    def trajectory(self) -> Trajectory:
        """Ions "Mg" and a host "O", wrapped into a cubic cell, made when first asked for.

        The edge is at least four times the longest step between two frames, so that the steps
        across the boundaries are never ambiguous.
        """
        rng = np.random.default_rng([self.seed, 1])
        n_frames = self.ion_paths_a.shape[2]
        host = self.host_paths_a
        if host is None:
            host = rng.normal(0.0, _HOST_VIBRATION_A, (3, _N_HOST, n_frames))
        paths = np.concatenate([self.ion_paths_a, host], axis=1)
        if self.drift_a is not None:
            paths += self.drift_a[:, None]
        steps = np.diff(paths, axis=2)
        edge = max(_SHORTEST_EDGE_A, 4.0 * float(np.abs(steps).max(initial=0.0)))
        paths += rng.uniform(0.0, edge, (3, paths.shape[1], 1))
        n_ions = self.ion_paths_a.shape[1]
        return Trajectory(
            np.ascontiguousarray((paths % edge).transpose(2, 1, 0)),
            np.eye(3) * edge,
            np.repeat([_ION, _HOST], [n_ions, paths.shape[1] - n_ions]),
            self.frame_spacing_fs * np.arange(float(n_frames)),
            TEMPERATURE_K,
            {"walk": self.name, "seed": self.seed, "unwrapped": False},
        )


MakeWalk = Callable[[int, int, int], Walk]
"""What makes a walk of ``(n_ions, n_frames, seed)``."""


def random_source(seed: int, n_ions: int, n_frames: int) -> np.random.Generator:
    """Return the source of random numbers of a walk, if it has ions and two frames.

    Parameters
    ----------
    seed, n_ions, n_frames
        Of the walk.

    Raises
    ------
    InputError
        If there are fewer.
    """
    if n_ions < 1 or n_frames < 2:
        raise InputError(
            f"a walk of {n_ions} ions and {n_frames} frames; give at least 1 ion and 2 frames"
        )
    return np.random.default_rng(seed)


def vibrate(rng: np.random.Generator, paths: FloatArray, hopping: Hopping) -> FloatArray:
    """Return the paths with a vibration that is independent in every frame.

    Parameters
    ----------
    rng
        Source of random numbers.
    paths
        Of any shape, Å; changed in place.
    hopping
        With the amplitude.
    """
    if hopping.vibration_a:
        paths += hopping.vibration_a * rng.standard_normal(paths.shape)
    return paths


def hopping_walk(
    name: str,
    seed: int,
    paths: FloatArray,
    hopping: Hopping,
    correlation_factor: float = 1.0,
    memory_time_fs: float | None = None,
    collective: float = 1.0,
) -> Walk:
    """Return a walk of jumps with D* = f a²/6τ.

    Parameters
    ----------
    name, seed, paths, hopping
        Of the walk.
    correlation_factor
        f.
    memory_time_fs
        Decay time of the memory, if it is one.
    collective
        Jump diffusivity over tracer diffusivity.
    """
    tracer = correlation_factor * hopping.diffusivity_cm2_s
    return Walk(
        name,
        seed,
        paths,
        tracer,
        collective * tracer,
        hopping.residence_time_fs,
        memory_time_fs,
        max(hopping.residence_time_fs, memory_time_fs or 0.0),
        correlation_factor,
        hopping.frame_spacing_fs,
    )
