"""Settings of fits, one class for each method, found by the name of the backend."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from amorph_flows.errors import InputError, MissingDependencyError, unknown_name
from amorph_flows.schemas.fits.ace import ACESettings
from amorph_flows.schemas.fits.aenet import AENETSettings
from amorph_flows.schemas.fits.base import FitSettings, LossWeights
from amorph_flows.schemas.fits.classical import ClassicalSettings
from amorph_flows.schemas.fits.gap import GAPSettings
from amorph_flows.schemas.fits.mace import MACESettings
from amorph_flows.schemas.fits.mtp import MTPSettings
from amorph_flows.schemas.fits.nequip import NequIPSettings
from amorph_flows.schemas.fits.networks import FineTunedSettings, NetworkSettings
from amorph_flows.schemas.fits.pod import PODSettings
from amorph_flows.schemas.fits.pretrained import NamedCalculator, PretrainedSettings
from amorph_flows.schemas.fits.sevenn import SevenNetSettings
from amorph_flows.schemas.fits.snap import SnapSettings

__all__ = [
    "ACESettings",
    "AENETSettings",
    "AnyFitSettings",
    "AnySettings",
    "ClassicalSettings",
    "FineTunedSettings",
    "FitSettings",
    "GAPSettings",
    "LossWeights",
    "MACESettings",
    "MTPSettings",
    "NamedCalculator",
    "NequIPSettings",
    "NetworkSettings",
    "PODSettings",
    "PretrainedSettings",
    "SevenNetSettings",
    "SnapSettings",
    "backends_with",
    "settings_type",
]

_TYPES: dict[str, type[FitSettings | ClassicalSettings]] = {
    "ace": ACESettings,
    "aenet": AENETSettings,
    "classical": ClassicalSettings,
    "gap": GAPSettings,
    "mace": MACESettings,
    "motep": MTPSettings,
    "mtp": MTPSettings,
    "nequip": NequIPSettings,
    "pod": PODSettings,
    "pretrained": PretrainedSettings,
    "qsnap": SnapSettings,
    "sevenn": SevenNetSettings,
    "snap": SnapSettings,
}


def settings_type(backend: str) -> type[FitSettings | ClassicalSettings]:
    """Return the settings of a backend.

    Parameters
    ----------
    backend
        Its name, or ``"package.module:Class"`` of a backend of your own, whose ``settings_type``
        they are.

    Raises
    ------
    InputError
        If there is no such backend; the message names the nearest.
    MissingDependencyError
        If what holds it cannot be imported.
    """
    if ":" not in backend:
        if backend not in _TYPES:
            raise unknown_name("potential backend", backend, sorted(_TYPES))
        return _TYPES[backend]
    module, _, name = backend.partition(":")
    try:
        found = getattr(getattr(importlib.import_module(module), name, None), "settings_type", None)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            str(error.name), hint=f"install what holds {backend}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, FitSettings)):
        raise InputError(
            f"{backend!r} has no settings; give its class settings_type, a subclass of FitSettings"
        )
    return found


def backends_with(setting: str) -> list[str]:
    """Return the backends whose settings have a field of a name.

    Parameters
    ----------
    setting
        Name of the field.
    """
    return [name for name, kind in _TYPES.items() if setting in kind.model_fields]


def _of_its_type(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "backend" not in value:
        raise ValueError("settings of a fit name their backend, such as backend: mtp")
    return settings_type(str(value["backend"])).model_validate(value)


AnyFitSettings = Annotated[SerializeAsAny[FitSettings], BeforeValidator(_of_its_type)]
"""Settings of any fit; stored ones are read as the class that their backend names."""

AnySettings = Annotated[
    SerializeAsAny[FitSettings | ClassicalSettings], BeforeValidator(_of_its_type)
]
"""Settings of any potential, classical ones included."""
