"""MongoDB's filters of indexed fields as SQL, and its projections."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

_COMPARISONS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<=", "$ne": "IS NOT"}


@dataclass(frozen=True)
class Filters:
    """A condition in SQL.

    Parameters
    ----------
    sql
        The condition on the columns of a table ``fields`` and, for fields that hold lists, on the
        rows of a table ``items``.
    values
        What its question marks stand for.
    exact
        Whether it says all that the criteria say; otherwise it lets more documents through.
    """

    sql: str
    values: tuple[Any, ...]
    exact: bool


_ALL = Filters("1", (), exact=False)


def to_sql(criteria: dict[str, Any], scalars: Collection[str], lists: Collection[str]) -> Filters:
    """Return criteria of MongoDB as SQL.

    Parameters
    ----------
    criteria
        A filter, such as ``{"uuid": {"$in": [...]}, "metadata.study": "v2o5"}``.
    scalars, lists
        Fields that have a column, and fields whose items have rows.
    """
    parts = []
    for field, condition in criteria.items():
        if field in ("$and", "$or"):
            branches = [to_sql(branch, scalars, lists) for branch in condition]
            lost = field == "$or" and not all(branch.exact for branch in branches)
            parts.append(_ALL if lost else _joined(branches, field[1:].upper()))
        elif field in scalars:
            parts.append(_on_column(field, condition))
        elif field in lists:
            parts.append(_on_items(field, condition))
        else:
            parts.append(_ALL)
    return _joined(parts, "AND")


def _joined(parts: list[Filters], operator: str) -> Filters:
    if not parts:
        return Filters("1", (), exact=True)
    return Filters(
        f" {operator} ".join(f"({part.sql})" for part in parts),
        tuple(value for part in parts for value in part.values),
        exact=all(part.exact for part in parts),
    )


def _on_column(field: str, condition: Any) -> Filters:
    if condition is None:
        return Filters(f'"{field}" IS NULL', (), exact=True)
    if _is_plain(condition):
        return Filters(f'"{field}" = ?', (condition,), exact=True)
    if not isinstance(condition, dict) or not condition:
        return _ALL
    parts = []
    for operator, value in condition.items():
        if operator == "$in" and all(map(_is_plain, value)):
            parts.append(Filters(f'"{field}" IN ({_marks(value)})', tuple(value), exact=True))
        elif operator in _COMPARISONS and _is_plain(value):
            parts.append(Filters(f'"{field}" {_COMPARISONS[operator]} ?', (value,), exact=True))
        else:
            parts.append(_ALL)
    return _joined(parts, "AND")


def _on_items(field: str, condition: Any) -> Filters:
    wanted = [condition] if _is_plain(condition) else None
    if isinstance(condition, dict) and set(condition) == {"$in"}:
        wanted = list(condition["$in"])
    if wanted is None or not all(map(_is_plain, wanted)):
        return _ALL
    marks = _marks(wanted)
    sql = f"k IN (SELECT k FROM items WHERE field = ? AND value IN ({marks}))"  # noqa: S608
    return Filters(sql, (field, *wanted), exact=True)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _marks(values: Iterable[Any]) -> str:
    return ", ".join("?" for _ in values)


def projection(properties: Iterable[str]) -> dict[str, Any]:
    """Return dotted paths as a tree; a leaf is an empty dictionary.

    Parameters
    ----------
    properties
        Paths such as ``"output.points.verdicts"``.
    """
    tree: dict[str, Any] = {"_id": {}}
    for path in properties:
        here = tree
        for name in path.split("."):
            here = here.setdefault(name, {})
    return tree


def projected(value: Any, tree: dict[str, Any]) -> Any:
    """Return what a tree names of a document; lists on the way are gone through.

    Parameters
    ----------
    value
        The document or a part of it.
    tree
        As `projection` gives it.
    """
    if not tree:
        return value
    if isinstance(value, list):
        return [projected(item, tree) for item in value if isinstance(item, dict | list)]
    return {
        name: projected(value[name], inner)
        for name, inner in tree.items()
        if name in value and (not inner or isinstance(value[name], dict | list))
    }


def field_of(document: dict[str, Any], path: str) -> Any:
    """Return a field of a document, None where there is none.

    Parameters
    ----------
    document
        The document.
    path
        Such as ``"metadata.study"``.
    """
    here: Any = document
    for name in path.split("."):
        if not isinstance(here, dict):
            return None
        here = here.get(name)
    return here


def set_field(document: dict[str, Any], path: str, value: Any) -> None:
    """Set a field of a document, with the mappings on the way to it.

    Parameters
    ----------
    document
        The document; it is changed.
    path
        Such as ``"metadata.current"``.
    value
        The new value.
    """
    *way, last = path.split(".")
    here = document
    for name in way:
        if not isinstance(here.get(name), dict):
            here[name] = {}
        here = here[name]
    here[last] = value
