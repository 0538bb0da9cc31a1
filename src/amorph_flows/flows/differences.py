"""What differs between a study and the published protocol, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from math import isclose, prod
from typing import Any

from pydantic import BaseModel

from amorph_flows.engines import Engine
from amorph_flows.references import Protocol, PublishedSetting
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.study import Difference

NOT_STATED = "not stated"


def settings_of(maker: object, prefix: str = "") -> dict[str, Any]:
    """Return every setting of a Maker by its dotted name, and the class of each part of it.

    The engines of stages are left out: they are that of the study.

    Parameters
    ----------
    maker
        A dataclass or pydantic model whose fields may be such again.
    prefix
        Put before each name.
    """
    if is_dataclass(maker):
        held = {field.name: getattr(maker, field.name) for field in fields(maker)}
    elif isinstance(maker, BaseModel):
        held = dict(maker)
    else:
        return {}
    found: dict[str, Any] = {}
    for name, value in held.items():
        path = f"{prefix}{name}"
        if isinstance(value, Engine):
            if not prefix:
                found |= {f"{path}{key}": plain(one) for key, one in value.settings_told().items()}
        elif isinstance(value, StageDocument):
            found[path] = f"{type(value).__name__} {value.job_uuid}".strip()
        elif isinstance(value, BaseModel) or is_dataclass(value):
            found[path] = type(value).__name__
            found |= settings_of(value, f"{path}.")
        else:
            found[path] = plain(value)
    return found


def differences(protocol: Protocol, settings: Mapping[str, Any]) -> list[Difference]:
    """Return what differs from a protocol, then what its paper does not state.

    A setting that neither the protocol nor its list of harmless ones knows is one that the paper
    does not state.

    Parameters
    ----------
    protocol
        Of the paper.
    settings
        Of the study, by dotted name, as `settings_of` returns them.
    """
    found = [
        Difference(what=one.what, paper=one.paper, here=one.here, where=one.where)
        for one in protocol.beyond
    ]
    for name, value in settings.items():
        if any(one.fits(name) for one in protocol.harmless):
            continue
        published = setting_for(protocol, name)
        heeded = all(settings.get(key) == wanted for key, wanted in published.when.items())
        if heeded and not _is_same(published, value):
            found.append(_difference(published, name, value))
    distinct = {(one.what, repr(one.here)): one for one in reversed(found)}
    unlike = [one for one in found if distinct[one.what, repr(one.here)] is one]
    return sorted(unlike, key=lambda one: not one.stated)


def setting_for(protocol: Protocol, name: str) -> PublishedSetting:
    """Return what a protocol says of a field; nothing where it does not know it.

    Parameters
    ----------
    protocol
        Of the paper.
    name
        Dotted name of the field.
    """
    fitting = (one for one in protocol.settings if one.fits(name))
    return next(fitting, PublishedSetting(field=name))


def plain(value: Any) -> Any:
    """Return a value of a field as plain data; what is none by its class.

    Parameters
    ----------
    value
        Of any type.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [plain(one) for one in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return type(value).__name__


def _difference(published: PublishedSetting, name: str, value: Any) -> Difference:
    here = value / 1e3 if _in_ps(published, name, value) else value
    return Difference(
        what=published.told(name),
        paper=published.paper if published.is_stated else NOT_STATED,
        here="none" if here is None else here,
        unit=published.unit,
        where=published.where,
        field=name,
        stated=published.is_stated,
        factor=_factor(published, here) if published.extent else None,
    )


def _is_same(published: PublishedSetting, value: Any) -> bool:
    if not published.is_stated:
        return False
    here = value / 1e3 if _in_ps(published, published.field, value) else value
    return _alike(_in_order(published, published.value), _in_order(published, here))


def _in_ps(published: PublishedSetting, name: str, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return published.unit == "ps" and name.endswith("_fs") and is_number


def _in_order(published: PublishedSetting, value: Any) -> Any:
    """Return temperatures in order: in which they are given changes nothing."""
    return sorted(value) if published.unit == "K" and isinstance(value, list) else value


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-9)
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_alike(a, b) for a, b in pairs)
    return bool(one == other)


def _factor(published: PublishedSetting, here: Any) -> float | None:
    """Return how many times smaller a setting is than the paper's; None where it is not."""
    there, size = (_size(published, value) for value in (published.value, here))
    return there / size if there and size and size < there else None


def _size(published: PublishedSetting, value: Any) -> float | None:
    if isinstance(value, list):
        return len(value) if published.unit == "K" else prod(value)
    return float(value) if isinstance(value, int | float) else None
