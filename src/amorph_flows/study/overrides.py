"""Overrides: fields of nested Makers, changed by dotted names with their types checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.schemas.fits import FitSettings, settings_type

_T = TypeVar("_T")

_BACKEND = "backend"


def apply_overrides(maker: _T, overrides: Mapping[str, Any]) -> _T:
    """Return a copy of a Maker with some fields changed.

    Parameters
    ----------
    maker
        A dataclass or pydantic model whose fields may be such again.
    overrides
        Values by dotted name (``"melt_quench.time_step_fs"``) or nested mappings of such. The
        backend of a fit is set first; where it is another method, its other settings begin from
        that method's defaults.

    Raises
    ------
    InputError
        If there is no such field (the message names the nearest one) or the value does not fit.
    """
    given = list(flatten_overrides(maker, overrides))
    for name, value in sorted(given, key=lambda pair: not _names_backend(maker, pair[0])):
        _check_name(maker, name)
        maker = _changed(maker, name.split("."), value, name)
    return maker


def override_names(maker: object) -> list[str]:
    """Return the dotted names of all fields of a Maker, except those that are Makers themselves.

    Parameters
    ----------
    maker
        A dataclass or pydantic model.
    """
    return list(_leaves(maker, ""))


def flatten_overrides(
    maker: object, overrides: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield dotted names and values; a mapping given for a nested Maker is opened.

    Parameters
    ----------
    maker
        A dataclass or pydantic model.
    overrides
        As for `apply_overrides`.
    prefix
        Put before each name.
    """
    for key, value in overrides.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and _is_nested(_look_up(maker, name)):
            yield from flatten_overrides(maker, value, f"{name}.")
        else:
            yield name, value


def _names_backend(maker: object, name: str) -> bool:
    """Return whether a name is that of the backend of a fit, on which its other fields depend."""
    parent, _, last = name.rpartition(".")
    return last == _BACKEND and isinstance(_look_up(maker, parent), FitSettings)


def _of_backend(here: FitSettings, backend: Any, name: str) -> FitSettings:
    """Return the settings of a backend: as they are where they are its own, else its defaults."""
    if not isinstance(backend, str):
        raise InputError(f"override {name!r}: give a name in quotes, got {backend!r}")
    try:
        kind = settings_type(backend)
    except InputError as error:
        raise InputError(f"override {name!r}: {error}") from error
    if not issubclass(kind, FitSettings):
        raise InputError(f"override {name!r}: {backend!r} potentials are given, not fitted")
    if isinstance(here, kind):
        return here.model_copy(update={_BACKEND: backend})
    return kind.model_validate({_BACKEND: backend, "seed": here.seed, "choose_on": here.choose_on})


def _look_up(maker: object, name: str) -> Any:
    """Return the field of a dotted name, or None where there is none."""
    here: Any = maker
    for part in name.split("."):
        if not _is_nested(here) or part not in _field_names(here):
            return None
        here = getattr(here, part)
    return here


def _changed(here: Any, path: list[str], value: Any, name: str) -> Any:
    """Return a copy with the field at a path changed."""
    field, *rest = path
    current = getattr(here, field)
    if isinstance(here, FitSettings) and field == _BACKEND:
        return _of_backend(here, value, name)
    if rest:
        new = _changed(current, rest, value, name)
    elif _is_nested(current):
        known = ", ".join(f"{name}.{inner}" for inner in _field_names(current))
        raise InputError(f"override {name!r} is a whole stage; set one of its fields: {known}")
    else:
        new = _checked(get_type_hints(type(here), include_extras=True)[field], value, name)
    try:
        if isinstance(here, BaseModel):
            held = {inner: getattr(here, inner) for inner in _field_names(here)}
            return type(here).model_validate(held | {field: new})
        return replace(here, **{field: new})
    except ValidationError as error:
        raise InputError(f"override {name!r}: {_explain(error, value)}") from error
    except InputError as error:
        if str(error).startswith("override"):
            raise
        raise InputError(f"override {name!r}: {error}") from error


def _check_name(maker: object, name: str) -> None:
    """Refuse a name that is no field, with the nearest that is."""
    here: Any = maker
    for part in name.split("."):
        if not _is_nested(here) or part not in _field_names(here):
            raise _unknown_override(maker, name)
        here = getattr(here, part)


def _unknown_override(maker: object, name: str) -> InputError:
    known = override_names(maker)
    last = name.rpartition(".")[2]
    same_end = [k for k in known if k.rpartition(".")[2] == last]
    return unknown_name("override", name, same_end or known)


def _checked(annotation: Any, value: Any, name: str) -> Any:
    """Return a value as its annotation wants it; lists become tuples, nothing else is bent."""
    _refuse_non_finite(value, name)
    try:
        text = json.dumps(value)
    except (TypeError, ValueError) as error:
        kind = type(value).__name__
        raise InputError(f"override {name!r}: a {kind} cannot be given in a study file") from error
    try:
        adapter: TypeAdapter[Any] = _adapter(annotation)
        return adapter.validate_json(text, strict=True)
    except PydanticSchemaGenerationError as error:
        raise InputError(f"override {name!r} can be set in Python only") from error
    except ValidationError as error:
        raise InputError(f"override {name!r}: {_explain(error, value)}") from error


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return TypeAdapter(annotation)
    return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=False))


def _explain(error: ValidationError, value: Any) -> str:
    """Return what is wrong with a value as one line."""
    first = error.errors()[0]
    hint = ""
    if isinstance(value, str) and first["type"] in ("float_type", "int_type"):
        hint = f"; {value!r} is text in YAML; write numbers as in 1.0 or 1.0e-3"
    return f"{first['msg']}, got {value!r} ({type(value).__name__}){hint}"


def _refuse_non_finite(value: Any, name: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"override {name!r} must be finite, got {value}")
    if isinstance(value, list | tuple):
        for inner in value:
            _refuse_non_finite(inner, name)
    elif isinstance(value, Mapping):
        for inner in value.values():
            _refuse_non_finite(inner, name)


def _leaves(here: object, prefix: str) -> Iterator[str]:
    for field in _field_names(here):
        value = getattr(here, field)
        if _is_nested(value):
            yield from _leaves(value, f"{prefix}{field}.")
        else:
            yield f"{prefix}{field}"


def _is_nested(value: object) -> bool:
    return isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type))


def _field_names(value: Any) -> list[str]:
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    return [field.name for field in fields(value) if field.init]
