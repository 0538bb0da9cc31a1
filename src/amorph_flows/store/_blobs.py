"""Blobs: the bulk data of the embedded store, one file each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import bson

from amorph_flows.errors import InputError
from amorph_flows.files import replace_file

_SAFE = re.compile(r"[A-Za-z0-9_-]+")
_SUFFIX = ".bson"
_KEYS = ("blob_uuid", "job_uuid", "job_index")


class BlobFolder:
    """Bulk data of jobs, one BSON file a blob, found by its name without reading any other.

    It holds what jobflow's `JobStore` puts into an additional store, and answers the queries
    that it makes: by ``blob_uuid`` (a value or ``{"$in": [...]}``), ``job_uuid`` and
    ``job_index``.

    Parameters
    ----------
    path
        Folder of the files.
    """

    def __init__(self, path: str) -> None:
        self.path = str(path)

    def connect(self, force_reset: bool = False) -> None:  # noqa: ARG002
        """Create the folder."""
        Path(self.path).mkdir(parents=True, exist_ok=True)

    def count(self, criteria: dict[str, Any] | None = None) -> int:
        """Return how many blobs match, reading none."""
        return sum(1 for _ in self._matching(criteria))

    def query(
        self,
        criteria: dict[str, Any] | None = None,
        properties: dict[str, Any] | list[str] | None = None,
        sort: dict[str, Any] | None = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """Yield the blobs that match; their contents are read only where asked for.

        Raises
        ------
        InputError
            If the criteria or the sort name anything but the three keys.
        """
        found = sorted(self._matching(criteria), key=lambda entry: entry[1].name)
        for field, direction in reversed(list((sort or {}).items())):
            _known(field)
            found.sort(key=lambda entry: entry[0][field], reverse=int(direction) < 0)
        stop = skip + limit if limit else None
        wanted = None if properties is None else set(properties)
        for keys, path in islice(found, skip, stop):
            light = wanted is not None and wanted <= set(_KEYS)
            blob = keys if light else bson.decode(path.read_bytes())
            yield blob if wanted is None else {k: v for k, v in blob.items() if k in wanted}

    def update(
        self, docs: list[dict[str, Any]] | dict[str, Any], key: list[str] | str | None = None
    ) -> None:
        """Write blobs; each appears whole or not at all.

        Raises
        ------
        InputError
            If a blob lacks one of the three keys or a key cannot be part of a file name.
        """
        from monty.json import jsanitize

        if key not in (None, "blob_uuid", ["blob_uuid"]):
            raise InputError(f"blobs are stored by blob_uuid, not by {key!r}")
        for doc in [docs] if isinstance(docs, dict) else docs:
            path = Path(self.path) / _file_name(doc)
            replace_file(path, bson.encode(jsanitize(doc, allow_bson=True)))

    def remove_docs(self, criteria: dict[str, Any]) -> None:
        """Delete the blobs that match."""
        for _, path in list(self._matching(criteria)):
            path.unlink(missing_ok=True)

    def ensure_index(self, key: str, unique: bool = False) -> bool:  # noqa: ARG002
        """Return whether a key is part of the file names, which serve as the index."""
        return key in _KEYS

    def _matching(self, criteria: dict[str, Any] | None) -> Iterator[tuple[dict[str, Any], Path]]:
        """Yield keys and path of the files whose names match the criteria."""
        tests = {_known(field): _values(value) for field, value in (criteria or {}).items()}
        for path in Path(self.path).glob(f"*{_SUFFIX}"):
            blob_uuid, job_uuid, job_index = path.name.removesuffix(_SUFFIX).split(".")
            keys = {"blob_uuid": blob_uuid, "job_uuid": job_uuid, "job_index": int(job_index)}
            if all(keys[field] in values for field, values in tests.items()):
                yield keys, path


def _known(field: str) -> str:
    """Return a field that blobs can be found by."""
    if field not in _KEYS:
        raise InputError(f"blobs are found by {', '.join(_KEYS)}, not by {field!r}")
    return field


def _values(criterion: Any) -> set[Any]:
    """Return the values that a criterion allows."""
    if not isinstance(criterion, dict):
        return {criterion}
    if set(criterion) != {"$in"}:
        raise InputError(f"blobs are found by a value or {{'$in': [...]}}, not by {criterion!r}")
    return set(criterion["$in"])


def _file_name(doc: dict[str, Any]) -> str:
    """Return the file name of a blob, refusing anything that is not a plain identifier."""
    parts = [str(doc.get(key, "")) for key in _KEYS]
    if not all(_SAFE.fullmatch(part) for part in parts) or not parts[2].isdigit():
        raise InputError(f"a blob needs {', '.join(_KEYS)} as plain identifiers, got {parts}")
    return ".".join(parts) + _SUFFIX
