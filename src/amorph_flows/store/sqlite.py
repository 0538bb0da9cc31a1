"""The documents of the embedded store: one SQLite file, found by what queries filter by."""

# ruff: noqa: S608 names of tables and columns are constants, values are bound
from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import bson

from amorph_flows.errors import InputError
from amorph_flows.store import _sql as where
from amorph_flows.store.keys import (
    ANSWERS,
    COMPLETED,
    CURRENT,
    FORMULAS,
    IONS,
    MODULE,
    STAGE,
    STUDY,
)
from amorph_flows.upstream.maggma import matches

_SCALARS = ("uuid", "index", COMPLETED, MODULE, CURRENT, STAGE, STUDY)
_LISTS = (FORMULAS, IONS, ANSWERS)

_VERSION = 1
_CHUNK = 200
_WAIT_S = 60.0


def _quoted(fields: Iterable[str]) -> str:
    return ", ".join(f'"{field}"' for field in fields)


_SORTED = (
    ("uuid", "index"),
    (CURRENT, COMPLETED),
    (CURRENT, STAGE, COMPLETED),
    (STUDY, CURRENT, COMPLETED),
    (CURRENT, MODULE),
)
_TABLES = (
    "CREATE TABLE IF NOT EXISTS documents (k text NOT NULL, v text NOT NULL, PRIMARY KEY (k))",
    f"CREATE TABLE IF NOT EXISTS fields (k PRIMARY KEY, {_quoted(_SCALARS)}) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS items (field, value, k, PRIMARY KEY (field, value, k)) "
    "WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS items_of ON items (k)",
    *(
        f"CREATE INDEX IF NOT EXISTS sorted_{number} ON fields ({_quoted(fields)})"
        for number, fields in enumerate(_SORTED)
    ),
)


class SQLiteDocuments:
    """Documents in one SQLite file that several processes may read and write at once.

    Filters on the fields that the package queries by, and sorting by them, are left to SQLite's
    indexes; all others are applied to the documents that remain. Files that MontyDB wrote are
    read as they are.

    Parameters
    ----------
    path
        The file.
    key
        The field that a document is known by where `update` names none.
    """

    def __init__(self, path: str, key: str = "uuid") -> None:
        self.path, self.key = str(path), key

    def connect(self, force_reset: bool = False) -> None:  # noqa: ARG002
        """Create the file, and list the documents in it that the index does not know."""
        file = Path(self.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file.with_suffix(".lock")), self._open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                connection.execute("DROP TABLE IF EXISTS fields")
                connection.execute("DROP TABLE IF EXISTS items")
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={_VERSION}")
            _list_unknown(connection)

    def count(self, criteria: dict[str, Any] | None = None) -> int:
        """Return how many documents match."""
        filters = where.to_sql(criteria or {}, _SCALARS, _LISTS)
        if not filters.exact:
            return sum(1 for _ in self.query(criteria, ["uuid"]))
        with self._open() as connection:
            sql = f"SELECT count(*) FROM fields WHERE {filters.sql}"
            return int(connection.execute(sql, filters.values).fetchone()[0])

    def listed(self) -> list[tuple[Any, ...]]:
        """Return the indexed fields of all documents, `_SCALARS`, without reading any."""
        sql = f"SELECT {_quoted(_SCALARS)} FROM fields WHERE k IN (SELECT k FROM documents)"
        with self._open() as connection:
            return connection.execute(sql).fetchall()

    def query(
        self,
        criteria: dict[str, Any] | None = None,
        properties: dict[str, Any] | list[str] | None = None,
        sort: dict[str, Any] | None = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """Yield the documents that match.

        Raises
        ------
        InputError
            If the documents are to be sorted by a field that is not indexed.
        """
        filters = where.to_sql(criteria or {}, _SCALARS, _LISTS)
        window = (skip, limit) if filters.exact else (0, 0)
        tree = None if properties is None else where.projection(properties)
        start, found = skip - window[0], 0
        for _, document in self._documents(filters, sort or {}, *window):
            if not filters.exact and not matches(criteria, document):
                continue
            found += 1
            if found > start:
                yield document if tree is None else where.projected(document, tree)
            if limit and found == start + limit:
                return

    def update(
        self, docs: list[dict[str, Any]] | dict[str, Any], key: list[str] | str | None = None
    ) -> None:
        """Write documents, each in place of the one that has the same values of some fields.

        Parameters
        ----------
        docs
            What to write.
        key
            The fields; None: the key of the store.
        """
        from monty.json import jsanitize

        keys = [key or self.key] if not isinstance(key, list) else key
        plain = [
            jsanitize(doc, allow_bson=True) for doc in ([docs] if isinstance(docs, dict) else docs)
        ]
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for doc in plain:
                filters = where.to_sql({name: doc[name] for name in keys}, _SCALARS, _LISTS)
                if not filters.exact:
                    raise InputError(f"documents are replaced by {_SCALARS}, not by {keys}")
                former = _keys(connection, filters, {}, 0, 1)
                write_document(connection, former[0] if former else None, doc)

    def change(self, criteria: dict[str, Any], fields: dict[str, Any]) -> int:
        """Set some fields of the documents that match and return how many there are.

        Parameters
        ----------
        criteria
            Which documents.
        fields
            New values by dotted path.
        """
        changed = list(self._matching(criteria))
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for k, document in changed:
                for path, value in fields.items():
                    where.set_field(document, path, value)
                write_document(connection, k, document)
        return len(changed)

    def remove_docs(self, criteria: dict[str, Any]) -> None:
        """Delete the documents that match."""
        found = [k for k, _ in self._matching(criteria)]
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for table in ("documents", "fields", "items"):
                connection.executemany(f"DELETE FROM {table} WHERE k = ?", [(k,) for k in found])

    def ensure_index(self, key: str, unique: bool = False) -> bool:  # noqa: ARG002
        """Return whether a field is indexed."""
        return key in _SCALARS or key in _LISTS

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file; what was written is kept if nothing was raised."""
        with closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as connection, connection:
            connection.execute("PRAGMA synchronous=NORMAL")
            yield connection

    def _matching(self, criteria: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Yield primary keys and documents that match."""
        filters = where.to_sql(criteria, _SCALARS, _LISTS)
        for k, document in self._documents(filters, {}, 0, 0):
            if filters.exact or matches(criteria, document):
                yield k, document

    def _documents(
        self, filters: where.Filters, sort: dict[str, Any], skip: int, limit: int
    ) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Yield primary keys and documents in order; the file is open for a moment at a time."""
        with self._open() as connection:
            keys = _keys(connection, filters, sort, skip, limit)
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            with self._open() as connection:
                sql = f"SELECT k, v FROM documents WHERE k IN ({marks})"
                texts = dict(connection.execute(sql, chunk).fetchall())
            yield from ((k, bson.decode(texts[k])) for k in chunk if k in texts)


def _keys(
    connection: sqlite3.Connection, filters: where.Filters, sort: dict[str, Any], *window: int
) -> list[Any]:
    """Return the primary keys of the documents that match, in order."""
    unknown = [field for field in sort if field not in _SCALARS]
    if unknown:
        raise InputError(f"documents are sorted by {', '.join(_SCALARS)}, not by {unknown[0]}")
    order = ", ".join(
        f'"{field}" {"DESC" if int(getattr(way, "value", way)) < 0 else "ASC"}'
        for field, way in sort.items()
    )
    sql = f"SELECT k FROM fields WHERE {filters.sql}" + (f" ORDER BY {order}" if order else "")
    skip, limit = window
    rows = connection.execute(f"{sql} LIMIT ? OFFSET ?", (*filters.values, limit or -1, skip))
    return [k for (k,) in rows]


def write_document(connection: sqlite3.Connection, k: Any, document: dict[str, Any]) -> None:
    """Write a document in place of another, or as a new one.

    Parameters
    ----------
    connection
        The file of a connected store.
    k
        Primary key of the document to replace; None adds one.
    document
        The document as plain data.
    """
    if k is None:
        document = {**document, "_id": bson.ObjectId()}
        k = str(document["_id"])
    elif "_id" not in document:
        held = connection.execute("SELECT v FROM documents WHERE k = ?", (k,)).fetchone()[0]
        document = {**document, "_id": bson.decode(held)["_id"]}
    sql = "INSERT OR REPLACE INTO documents (k, v) VALUES (?, ?)"
    connection.execute(sql, (k, bson.encode(document)))
    _list(connection, k, document)


def _list(connection: sqlite3.Connection, k: Any, document: dict[str, Any]) -> None:
    """Write what is queried of a document into the tables that are indexed."""
    values = [where.field_of(document, field) for field in _SCALARS]
    plain = [value if isinstance(value, str | int | float) else None for value in values]
    marks = ", ".join("?" * (1 + len(_SCALARS)))
    connection.execute(f"INSERT OR REPLACE INTO fields VALUES ({marks})", (k, *plain))
    connection.execute("DELETE FROM items WHERE k = ?", (k,))
    for field in _LISTS:
        held = where.field_of(document, field)
        items = held if isinstance(held, list) else [held]
        connection.executemany(
            "INSERT OR IGNORE INTO items VALUES (?, ?, ?)",
            [(field, item, k) for item in items if isinstance(item, str | int | float)],
        )


def _list_unknown(connection: sqlite3.Connection) -> None:
    """List the documents that were written before there were tables of fields."""
    held, listed = (
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("documents", "fields")
    )
    if held != listed:
        sql = "SELECT k, v FROM documents WHERE k NOT IN (SELECT k FROM fields)"
        for k, text in connection.execute(sql).fetchall():
            _list(connection, k, bson.decode(text))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, waiting for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
