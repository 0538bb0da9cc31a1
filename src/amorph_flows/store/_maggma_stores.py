"""maggma stores for the documents and the bulk data of the embedded store, as jobflow needs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

from maggma.core import Store
from typing_extensions import override

from amorph_flows.store._blobs import BlobFolder
from amorph_flows.store._sql import field_of
from amorph_flows.store.sqlite import SQLiteDocuments


class _FileStore(Store):
    """A store in one file or folder that is open only while it is read or written.

    Parameters
    ----------
    path
        The file or folder.
    key
        What a document is known by.
    """

    scheme: ClassVar[str]

    def __init__(self, path: str, key: str, **kwargs: Any) -> None:
        self.path = str(path)
        self.kwargs = kwargs
        super().__init__(key=key, **kwargs)

    @property
    @override
    def _collection(self) -> Path:
        return Path(self.path)

    @property
    @override
    def name(self) -> str:
        return f"{self.scheme}://{self.path}"

    @override
    def close(self) -> None:
        """Do nothing: every operation closes its files."""

    @override
    def groupby(
        self,
        keys: list[str] | str,
        criteria: dict[str, Any] | None = None,
        properties: dict[str, Any] | list[str] | None = None,
        sort: dict[str, Any] | None = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        keys = [keys] if isinstance(keys, str) else list(keys)
        wanted = None if properties is None else [*properties, *keys]
        documents = list(self.query(criteria, wanted, sort, skip, limit))

        def group_of(document: dict[str, Any]) -> list[Any]:
            return [field_of(document, k) for k in keys]

        for values, group in groupby(sorted(documents, key=group_of), key=group_of):
            yield dict(zip(keys, values, strict=True)), list(group)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.path == other.path

    def __hash__(self) -> int:
        return hash((self.scheme, self.path))


class SQLiteDocumentStore(SQLiteDocuments, _FileStore):
    """Documents in one SQLite file, see `SQLiteDocuments`.

    Parameters
    ----------
    path
        The file.
    """

    scheme = "sqlite"

    def __init__(self, path: str, key: str = "uuid", **kwargs: Any) -> None:
        _FileStore.__init__(self, path, key, **kwargs)


class BlobFolderStore(BlobFolder, _FileStore):
    """Bulk data of jobs, one BSON file a blob, see `BlobFolder`.

    Parameters
    ----------
    path
        Folder of the files.
    """

    scheme = "blobs"

    def __init__(self, path: str, key: str = "blob_uuid", **kwargs: Any) -> None:
        _FileStore.__init__(self, path, key, **kwargs)
