"""Documents of moment tensor potentials that come as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp._file import MTPPotential, parse_mtp
from amorph_flows.potentials.mtp._moment_tensor import POTENTIAL_FILE
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc


def mtp_potential(
    path: str | Path, species: Sequence[str], engine: EngineInfo | None = None
) -> PotentialDoc:
    """Return the document of an MLIP-2 file; nothing is known of its training.

    Parameters
    ----------
    path
        The ``.mtp`` file.
    species
        Element symbols in the order of the species numbers, which the file does not hold.
    engine
        What its labels came from; None: not known.

    Raises
    ------
    InputError
        If there is no such file, it is no moment tensor potential, or it has another number of
        species.

    Examples
    --------
    >>> doc = mtp_potential("pot.mtp", ["Mg", "V", "O"])
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"there is no potential {file}; give the path of an .mtp file")
    text = file.read_text(encoding="utf-8")
    parsed = parse_mtp(text, species=tuple(species))
    return PotentialDoc(
        species=list(parsed.species),
        settings=MTPSettings(
            level=_level(parsed),
            cutoff=parsed.cutoff,
            min_distance=parsed.min_distance or None,
            radial_size=parsed.radial_coeffs.shape[-1],
        ),
        engine=engine or EngineInfo(name="not known", settings_hash="", surrogate=True),
        files={POTENTIAL_FILE: text.encode()},
        n_parameters=parsed.n_parameters,
        n_training_frames=0,
        errors={},
        training_cpu_seconds=0.0,
    )


def _level(potential: MTPPotential) -> int:
    """Return the level: that of a moment is 2 + 4 mu + nu, that of a product their sum.

    Novikov et al., Mach. Learn.: Sci. Technol. 2 (2021) 025002, equation 7.
    """
    levels = np.zeros(potential.n_moments, dtype=int)
    basic = potential.index_basic
    levels[: len(basic)] = 2 + 4 * basic[:, 0] + basic[:, 1:].sum(axis=1)
    for left, right, _, product in potential.index_times:
        levels[product] = levels[left] + levels[right]
    return int(levels[potential.scalar_moments].max())
