"""Documents of classical potentials."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.hashes import sha256_of
from amorph_flows.potentials.classical._parameters import (
    PARAMETER_FILE,
    ClassicalParameters,
    parse_parameters,
)
from amorph_flows.schemas.fits import ClassicalSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc

CLASSICAL_NAMES = ("pedone",)
"""Potentials whose parameters are part of this package."""


def classical_potential(
    source: str | Path,
    elements: Sequence[str] | None = None,
    settings: ClassicalSettings | None = None,
) -> PotentialDoc:
    """Return a classical potential, which takes the place of a fitted one in every run.

    Parameters
    ----------
    source
        A name such as ``"pedone"``, or the path of a parameter file.
    elements
        What it is for. Where the potential knows several oxidation states of an element, one is
        named: ``["Na", "Fe2+", "P", "O"]``. None: all species of the potential.
    settings
        Cutoffs and Coulomb sum; None: those of the parameter file.

    Raises
    ------
    InputError
        If there is no such potential, its file is wrong, it lacks an element or a pair of them,
        or the oxidation state of an element is unclear.

    Examples
    --------
    >>> doc = classical_potential("pedone", ["Na", "Fe2+", "P", "O"])
    >>> doc.species
    ['Na', 'Fe', 'P', 'O']
    """
    known = _read(source)
    chosen = known.select(list(known.charges) if elements is None else elements)
    if settings is not None:
        chosen = chosen.model_copy(update={"settings": settings})
    text = chosen.to_text()
    digest = sha256_of(text)
    return PotentialDoc(
        species=list(chosen.elements.values()),
        settings=chosen.settings,
        engine=EngineInfo(
            name=chosen.name, version=chosen.source, settings_hash=digest, surrogate=True
        ),
        files={PARAMETER_FILE: text.encode()},
        n_parameters=chosen.n_numbers,
        n_training_frames=0,
        errors={},
        training_cpu_seconds=0.0,
    )


def _read(source: str | Path) -> ClassicalParameters:
    if str(source) in CLASSICAL_NAMES:
        text = (files("amorph_flows.potentials.classical") / f"{source}.yaml").read_text("utf-8")
        return parse_parameters(text, f"the potential {str(source)!r}")
    path = Path(source)
    if not path.is_file():
        if path.suffix or len(path.parts) > 1:
            raise InputError(f"there is no parameter file {path}")
        raise unknown_name(
            "classical potential", source, CLASSICAL_NAMES, more=", or the path of a parameter file"
        )
    return parse_parameters(path.read_text(encoding="utf-8"), f"the parameter file {path}")
