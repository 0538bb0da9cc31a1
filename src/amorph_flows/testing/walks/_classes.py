"""Classes of walks that estimators of diffusivities are tried on, and lengths of runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import ceil
from types import MappingProxyType

from amorph_flows.errors import InputError
from amorph_flows.testing.walks._jumps import (
    ageing,
    chains,
    endless_waits,
    jumps,
    remembering_jumps,
    spread_rates,
    two_kinds,
)
from amorph_flows.testing.walks._lattice import random_barriers, random_traps
from amorph_flows.testing.walks._moving_host import drifting_cell, flowing_host
from amorph_flows.testing.walks._walk import Hopping, MakeWalk, Walk
from amorph_flows.testing.walks._without_jumps import ballistic, brownian, caged

_FASTER = Hopping(residence_time_fs=5_000.0)
_THIRD = partial(remembering_jumps, hopping=_FASTER, correlation_factor=1 / 3)

DIFFUSING: Mapping[str, MakeWalk] = MappingProxyType(
    {
        "brownian": brownian,
        "jumps": jumps,
        "spread_rates": spread_rates,
        "two_kinds": two_kinds,
        "remembering_third": _THIRD,
        "remembering_tenth": partial(remembering_jumps, hopping=_FASTER, correlation_factor=1 / 10),
        "random_barriers": random_barriers,
        "random_traps": random_traps,
        "chains_of_3": partial(chains, length=3),
        "chains_of_5": partial(chains, length=5),
        "drifting_cell": drifting_cell,
        "drifting_remembering": partial(drifting_cell, of=_THIRD),
    }
)
"""What makes the walks whose diffusivity an estimator must find, by the name of the class."""

REFUSED: Mapping[str, MakeWalk] = MappingProxyType(
    {
        "caged": caged,
        "slowly_caged": partial(
            caged, amplitudes_a=(0.3, 0.6), memory_times_fs=(1_000.0, 20_000.0)
        ),
        "endless_waits": endless_waits,
        "ageing": ageing,
        "ballistic": ballistic,
        "flowing_host": flowing_host,
    }
)
"""What makes the walks that have no diffusivity of ions in a glass, by the name of the class."""

CLASSES: Mapping[str, MakeWalk] = MappingProxyType({**DIFFUSING, **REFUSED})
"""All of them."""


def n_frames_of(make: MakeWalk, relaxation_times: float, seed: int = 0) -> int:
    """Return how many frames a run of so many relaxation times has.

    Parameters
    ----------
    make
        What makes the walk.
    relaxation_times
        Length of the run.
    seed
        Of the walk; random barriers have a relaxation time that depends on it.
    """
    if not relaxation_times > 0:
        raise InputError(f"relaxation_times is {relaxation_times:g}; give more than 0")
    shortest = make(1, 2, seed)
    return 1 + ceil(relaxation_times * shortest.relaxation_time_fs / shortest.frame_spacing_fs)


def walk_of_length(make: MakeWalk, n_ions: int, relaxation_times: float, seed: int) -> Walk:
    """Return a walk of so many relaxation times.

    Parameters
    ----------
    make
        What makes the walk, such as ``CLASSES["jumps"]``.
    n_ions
        How many ions.
    relaxation_times
        Length of the run.
    seed
        Of the walk.

    Examples
    --------
    >>> walk = walk_of_length(CLASSES["jumps"], 24, 50, seed=0)
    >>> walk.trajectory.n_frames
    5001
    """
    return make(n_ions, n_frames_of(make, relaxation_times, seed), seed)
