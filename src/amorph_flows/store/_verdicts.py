"""The verdicts in a document, found by the types of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, TypedDict, get_args, get_origin

from amorph_flows.schemas.base import BLOB_KEYS, Judged, StageDocument


class VerdictSummary(TypedDict):
    """Summary of a verdict in a listing."""

    question: str
    answer: str
    passed: bool
    scope: str
    reason: str


def verdicts_in(document: StageDocument | Mapping[str, Any], kind: type) -> list[VerdictSummary]:
    """Return the verdicts in a document.

    Those of other documents inside it are left out, and so is what goes to the ``data`` store.

    Parameters
    ----------
    document
        The document, or the `verdict_fields` of a stored one.
    kind
        Its class.
    """
    found = []
    for path, field in verdict_fields(kind).items():
        for part in _at(document, path.split(".")):
            with suppress(KeyError):  # a verdict of an older version has other keys
                found.append(_summary(part, field))
    return found


@cache
def verdict_fields(kind: type) -> dict[str, type]:
    """Return the paths of the verdicts in a class of documents, such as ``"branches.amorphous"``.

    A star stands for every key of a dictionary.

    Parameters
    ----------
    kind
        The class.

    Returns
    -------
    dict
        For each path `Verdict`, or the class that says how it is one (`Judged`).
    """
    return dict(_fields(kind, ()))


def _fields(kind: type, outer: tuple[type, ...]) -> Iterator[tuple[str, type]]:
    from amorph_flows.analysis.verdict import Verdict  # with all of analysis, which is slow

    for name, field in getattr(kind, "__pydantic_fields__", {}).items():
        for path, part in () if name in BLOB_KEYS else _classes(field.annotation, name):
            if issubclass(part, Verdict | Judged):
                yield path, part
            elif not issubclass(part, StageDocument) and part not in outer:
                for inner, found in _fields(part, (*outer, part)):
                    yield f"{path}.{inner}", found


def _classes(annotation: Any, path: str) -> Iterator[tuple[str, type]]:
    """Yield the classes in an annotation such as ``list[Branch] | None``, each with its path."""
    if isinstance(annotation, type):
        yield path, annotation
    for inner in get_args(annotation):
        yield from _classes(inner, f"{path}.*" if get_origin(annotation) is dict else path)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """Yield what is at a path, in all items of the lists on the way."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _at(item, path)
    elif path[:1] == ["*"]:
        yield from _at(list(value.values()), path[1:])
    elif not path:
        if value is not None:
            yield value
    else:
        held = value.get(path[0]) if isinstance(value, Mapping) else getattr(value, path[0], None)
        yield from _at(held, path[1:])


def _summary(part: Any, field: type) -> VerdictSummary:
    fields = part if isinstance(part, Mapping) else vars(part)
    if issubclass(field, Judged):
        fields = vars(field.verdict_of(fields))
    return VerdictSummary(
        question=fields["question"],
        answer=str(fields["answer"]),
        passed=fields["passed"],
        scope=fields["scope"],
        reason=fields["reason"],
    )
