"""Methods of a comparison of potentials, read and checked: settings of fits and their trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from amorph_flows.errors import InputError, unknown_name

if TYPE_CHECKING:
    from amorph_flows.schemas.fits import FitSettings

_TRY, _SIZES = "try", "sizes"


def read_methods(
    given: Sequence[Any],
) -> tuple[tuple[FitSettings, ...], dict[str, tuple[int, ...]]]:
    """Return the settings of all trials, and the sizes of methods that have their own.

    Parameters
    ----------
    given
        Mappings: the fields of the settings of a backend, with ``try``, changes of them that are
        tried each, and ``sizes``.

    Raises
    ------
    InputError
        If a backend is unknown or fits nothing, or a setting is not one of it; the message names
        the nearest, or the methods that have such a setting.
    """
    if not given:
        raise InputError("compare.methods is empty; give at least one, as in [{backend: mtp}]")
    found: list[FitSettings] = []
    sizes: dict[str, tuple[int, ...]] = {}
    for number, entry in enumerate(given):
        where = f"compare.methods, number {number + 1}"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("backend"), str):
            raise InputError(
                f"{where}: give settings with their backend, as in {{backend: snap, cutoff: 5.0}}, "
                f"got {entry!r}"
            )
        own = {key: value for key, value in entry.items() if key not in (_TRY, _SIZES)}
        changes = entry.get(_TRY, [{}])
        if not isinstance(changes, list) or not all(isinstance(c, Mapping) for c in changes):
            raise InputError(
                f"{where}: {_TRY} is {changes!r}; give a list of changes, as in "
                "[{level: 12}, {level: 16}]"
            )
        found += [_settings({**own, **change}, where) for change in changes]
        if _SIZES in entry:
            sizes[own["backend"]] = _whole(entry[_SIZES], where)
    return tuple(found), sizes


def _settings(entry: Mapping[str, Any], where: str) -> FitSettings:
    from amorph_flows.schemas.fits import FitSettings, settings_type

    backend = str(entry["backend"])
    try:
        kind = settings_type(backend)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if not issubclass(kind, FitSettings):
        raise InputError(f"{where}: {backend!r} potentials are given, not fitted")
    for key in entry:
        if key not in kind.model_fields:
            raise InputError(f"{where}: {_foreign(str(key), backend, kind)}")
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or backend
        raise InputError(
            f"{where}: {backend}: {name}: {first['msg'].removeprefix('Value error, ')}, got "
            f"{first['input']!r}"
        ) from error


def _foreign(key: str, backend: str, kind: type[FitSettings]) -> str:
    """Return what is wrong with a setting that a backend does not have."""
    from amorph_flows.schemas.fits import backends_with

    others = backends_with(key)
    if others:
        return f"{key!r} is a setting of {', '.join(others)}, not of {backend}"
    return str(unknown_name(f"setting of {backend}", key, [*kind.model_fields, _TRY, _SIZES]))


def _whole(sizes: Any, where: str) -> tuple[int, ...]:
    if not isinstance(sizes, list) or not all(type(size) is int for size in sizes) or not sizes:
        raise InputError(f"{where}: {_SIZES} is {sizes!r}; give a list of whole numbers")
    return tuple(sizes)
