"""The pieces of a run: the first step of each, and the seed of its random forces."""

from __future__ import annotations

import json
from pathlib import Path

from amorph_flows.files import replace_file
from amorph_flows.hashes import sha256_of
from amorph_flows.lammps.input import LammpsMD
from amorph_flows.schemas.production_md import MDPiece

PIECES_FILE = "pieces.json"
_MAX_SEED = 900_000_000


def langevin_seed(settings: LammpsMD, step: int) -> int | None:
    """Return the seed of the Langevin forces of the piece that begins at a step.

    Each piece has its own, made from the run's seed and the step: LAMMPS does not keep the state
    of its generator, and the same seed again would repeat the forces.

    Parameters
    ----------
    settings
        Of the run.
    step
        Step that the piece begins at.

    Returns
    -------
    int or None
        None for a piece without Langevin forces.
    """
    if step >= settings.equilibration_steps:
        return None
    if step == 0:
        return settings.seed + 1
    return int(sha256_of(f"{settings.seed} {step}")[:16], 16) % _MAX_SEED + 1


def add_piece(folder: Path, piece: MDPiece) -> None:
    """Note that a piece begins; pieces that began at its step or later count no more.

    Parameters
    ----------
    folder
        The run's folder.
    piece
        The piece.
    """
    pieces = [held for held in read_pieces(folder) if held.first_step < piece.first_step]
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
