"""Documents of ACE potentials that come as files."""

from __future__ import annotations

from math import ceil
from pathlib import Path

from amorph_flows.errors import InputError
from amorph_flows.potentials.ace._file import B_BASIS_FILE, YACE_FILE, parse_yace
from amorph_flows.potentials.environments.pins import ACE_EVALUATE
from amorph_flows.schemas.fits import ACESettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc


def ace_potential(
    path: str | Path, engine: EngineInfo | None = None, *, b_basis: str | Path | None = None
) -> PotentialDoc:
    """Return the document of a ``.yace`` file; nothing is known of its training.

    Parameters
    ----------
    path
        The ``.yace`` file. Its energies are those that it gives: pacemaker's lack the energies of
        the lone atoms.
    engine
        What its labels came from; None: not known.
    b_basis
        The ``.yaml`` file that the potential was converted from, which extrapolation grades need;
        `graded` then adds them.

    Raises
    ------
    InputError
        If there is no such file, or it is no ACE potential.

    Examples
    --------
    >>> doc = ace_potential("output_potential.yace")  # doctest: +SKIP
    """
    content = _content(path, "a .yace file")
    held = parse_yace(content, Path(path).name)
    files = {YACE_FILE: content}
    if b_basis is not None:
        files[B_BASIS_FILE] = _content(b_basis, "the .yaml file of the B-basis")
    return PotentialDoc(
        species=list(held.species),
        settings=ACESettings(
            cutoff=held.cutoff,
            powers=held.powers,
            functions_per_element=ceil(held.n_functions / len(held.species)),
        ),
        engine=engine or EngineInfo(name="not known", settings_hash="", surrogate=True),
        files=files,
        reference_energies_ev=held.energies_ev if any(held.energies_ev.values()) else {},
        licence=ACE_EVALUATE.terms,
        n_parameters=held.n_coefficients,
        n_training_frames=0,
        errors={},
        training_cpu_seconds=0.0,
    )


def _content(path: str | Path, what: str) -> bytes:
    file = Path(path)
    if not file.is_file():
        raise InputError(f"there is no potential {file}; give the path of {what}")
    return file.read_bytes()
