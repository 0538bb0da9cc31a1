"""The pieces of a run: the first step of each, and the seed of its random forces."""

from __future__ import annotations

import json
from pathlib import Path

from amorph_flows.files import replace_file
from amorph_flows.hashes import sha256_of
from amorph_flows.lammps.stages import NVE, LammpsMD
from amorph_flows.schemas.production_md import MDPiece

PIECES_FILE = "pieces.json"
_MAX_SEED = 900_000_000


def seed_at(seed: int, step: int) -> int:
    """Return the seed of the random numbers that are drawn from a step on.

    Each piece of a run has its own: LAMMPS does not keep the state of its generator, and the same
    seed again would repeat the forces.

    Parameters
    ----------
    seed
        Of the run.
    step
        MD step.
    """
    if step == 0:
        return seed + 1
    return int(sha256_of(f"{seed} {step}")[:16], 16) % _MAX_SEED + 1


def langevin_seed(settings: LammpsMD, stage: int, step: int) -> int | None:
    """Return the seed of the first Langevin forces of the piece that begins at a step.

    Parameters
    ----------
    settings
        Of the run.
    stage
        Index of the stage that the piece begins in.
    step
        MD step that it begins at.

    Returns
    -------
    int or None
        None for a piece without Langevin forces.
    """
    for index, (what, first) in enumerate(zip(settings.stages, settings.first_steps, strict=False)):
        if index >= stage and isinstance(what, NVE) and what.damping_fs is not None:
            return seed_at(settings.seed, step if index == stage else first)
    return None


def add_piece(folder: Path, piece: MDPiece) -> None:
    """Note that a piece begins; pieces that began at its step or later count no more.

    Parameters
    ----------
    folder
        The run's folder.
    piece
        The piece.
    """
    begins = piece.stage, piece.first_step
    pieces = [held for held in read_pieces(folder) if (held.stage, held.first_step) < begins]
    content = json.dumps([held.model_dump() for held in [*pieces, piece]])
    replace_file(folder / PIECES_FILE, content)


def read_pieces(folder: Path) -> tuple[MDPiece, ...]:
    """Return the pieces of a run.

    Parameters
    ----------
    folder
        The run's folder.
    """
    path = folder / PIECES_FILE
    if not path.exists():
        return ()
    return tuple(MDPiece.model_validate(held) for held in json.loads(path.read_text()))
