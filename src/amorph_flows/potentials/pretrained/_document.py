"""Documents of pretrained potentials, for runs that start from no data."""

from __future__ import annotations

import json
from collections.abc import Sequence

from amorph_flows.calculators.known import calculator_version, find_calculator, settings_hash
from amorph_flows.errors import InputError
from amorph_flows.potentials.committee import COMMITTEE_FILE, CommitteeScale
from amorph_flows.schemas.fits import PretrainedSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc

MODEL_FILE = "model.json"


def pretrained_potential(
    settings: PretrainedSettings | str, species: Sequence[str]
) -> PotentialDoc:
    """Return the document of a foundation model, which takes the place of a fitted potential.

    Parameters
    ----------
    settings
        The model and its committee, or the name of its calculator.
    species
        Element symbols that it is for.

    Raises
    ------
    InputError
        If there is no such calculator, or it does not know an element.
    MissingDependencyError
        If its package is not installed.

    Examples
    --------
    >>> settings = PretrainedSettings(
    ...     calculator="CHGNet",
    ...     committee=({"calculator": "CHGNet", "calculator_kwargs": {"model": "r2scan"}},),
    ... )
    >>> doc = pretrained_potential(settings, ["Mg", "V", "O"])
    """
    if isinstance(settings, str):
        settings = PretrainedSettings(calculator=settings)
    require_known(settings, species)
    model = model_file(settings, {})
    graded = {}
    if settings.committee:
        digest = fingerprint(settings)
        scale = CommitteeScale(1.0, settings.force_error_ev_a, 0, digest)
        graded = {COMMITTEE_FILE: scale.to_file()}
    return PotentialDoc(
        species=list(species),
        settings=settings,
        engine=EngineInfo(
            name=settings.calculator,
            version=calculator_version(settings.calculator),
            settings_hash=fingerprint(settings),
            surrogate=find_calculator(settings.calculator).surrogate,
        ),
        files={MODEL_FILE: model, **graded},
        grade_files=sorted(graded),
        n_parameters=0,
        n_training_frames=0,
        errors={},
        versions=versions(settings),
        training_cpu_seconds=0.0,
    )


def require_known(settings: PretrainedSettings, species: Sequence[str]) -> None:
    """Refuse elements that the model or a member of its committee does not know.

    Parameters
    ----------
    settings
        The model.
    species
        Element symbols.
    """
    for name in (settings.calculator, *(member.calculator for member in settings.committee)):
        elements = find_calculator(name).elements
        if elements is not None and (foreign := sorted(set(species) - elements())):
            raise InputError(f"the pretrained model {name!r} does not know {', '.join(foreign)}")


def fingerprint(settings: PretrainedSettings) -> str:
    """Return the hash of all that changes the numbers of the model.

    Parameters
    ----------
    settings
        The model.
    """
    name = settings.calculator
    return settings_hash(name, settings.calculator_kwargs, calculator_version(name))


def versions(settings: PretrainedSettings) -> dict[str, str]:
    """Return the versions of the packages of the model and of its committee.

    Parameters
    ----------
    settings
        The model.
    """
    names = (settings.calculator, *(member.calculator for member in settings.committee))
    return {name: calculator_version(name) for name in names}


def model_file(settings: PretrainedSettings, shifts_ev: dict[str, float]) -> bytes:
    """Return the contents of the file of the potential.

    Parameters
    ----------
    settings
        The model.
    shifts_ev
        What is added to the energy of the model for each atom of an element, eV.
    """
    held = {
        "calculator": settings.calculator,
        "calculator_kwargs": settings.calculator_kwargs,
        "shifts_ev": shifts_ev,
        "fingerprint": fingerprint(settings),
    }
    return json.dumps(held, sort_keys=True).encode()
