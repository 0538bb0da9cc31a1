"""Walks of ions whose diffusivity is known, to try estimators of diffusivities on.

Every function takes the numbers of ions and frames and a seed, and returns a `Walk`: the paths of
the ions, the truth about them, and a trajectory that analyses take.
"""

from amorph_flows.testing.walks._classes import (
    CLASSES,
    DIFFUSING,
    REFUSED,
    n_frames_of,
    walk_of_length,
)
from amorph_flows.testing.walks._jumps import (
    ageing,
    chains,
    endless_waits,
    jumps,
    remembering_jumps,
    spread_rates,
    two_kinds,
)
from amorph_flows.testing.walks._lattice import (
    BarrierDiffusion,
    barrier_diffusion,
    random_barriers,
    random_traps,
)
from amorph_flows.testing.walks._moving_host import drifting_cell, flowing_host
from amorph_flows.testing.walks._walk import Hopping, MakeWalk, Walk
from amorph_flows.testing.walks._without_jumps import ballistic, brownian, caged

__all__ = [
    "CLASSES",
    "DIFFUSING",
    "REFUSED",
    "BarrierDiffusion",
    "Hopping",
    "MakeWalk",
    "Walk",
    "ageing",
    "ballistic",
    "barrier_diffusion",
    "brownian",
    "caged",
    "chains",
    "drifting_cell",
    "endless_waits",
    "flowing_host",
    "jumps",
    "n_frames_of",
    "random_barriers",
    "random_traps",
    "remembering_jumps",
    "spread_rates",
    "two_kinds",
    "walk_of_length",
]
