"""The embedded store, read without jobflow and maggma, which take seconds to import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amorph_flows.errors import InputError
from amorph_flows.store._blobs import BlobFolder
from amorph_flows.store.sqlite import SQLiteDocuments

if TYPE_CHECKING:
    from jobflow import JobStore

_STORE_FOLDER = "store"


class EmbeddedStore:
    """The store in the folder of a study, for reading, with the methods of jobflow's `JobStore`.

    Parameters
    ----------
    folder
        Folder of the study.

    Raises
    ------
    InputError
        If it holds no store.
    """

    def __init__(self, folder: str | Path) -> None:
        documents, data = store_files(Path(folder), create=False)
        self.folder = Path(folder)
        self.docs_store = SQLiteDocuments(str(documents))
        self.data = BlobFolder(str(data))
        self.docs_store.connect()

    def close(self) -> None:
        """Do nothing: every question opens the file and closes it."""

    def query(
        self,
        criteria: dict[str, Any] | None = None,
        properties: list[str] | None = None,
        sort: dict[str, Any] | None = None,
        skip: int = 0,
        limit: int = 0,
        load: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the documents that match; with their bulk data if `load`.

        Raises
        ------
        KeyError
            If bulk data is not there.
        """
        wanted = None if properties is None else [*properties, "uuid", "index"]
        for document in self.docs_store.query(criteria, wanted, sort, skip, limit):
            yield self._with_bulk(document) if load else document

    def query_one(
        self,
        criteria: dict[str, Any] | None = None,
        properties: list[str] | None = None,
        sort: dict[str, Any] | None = None,
        load: bool = False,
    ) -> dict[str, Any] | None:
        """Return the first document that `query` would yield, or None."""
        return next(self.query(criteria, properties, sort, limit=1, load=load), None)

    def get_output(self, uuid: str, load: bool = False) -> Any:
        """Return the newest output of a job, with references to other outputs resolved.

        Raises
        ------
        ValueError
            If the job has none.
        """
        found = self.query_one({"uuid": uuid}, ["output"], {"index": -1}, load)
        if found is None:
            raise ValueError(f"the store holds no output of job {uuid}")
        if not _has_reference(found["output"]):
            return found["output"]
        store = embedded_job_store(self.folder, create=False)
        store.connect()
        return store.get_output(uuid, load=load)

    def _with_bulk(self, value: Any) -> Any:
        """Return a value with what the ``data`` store holds of it."""
        if isinstance(value, list):
            return [self._with_bulk(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if "blob_uuid" not in value:
            return {name: self._with_bulk(inner) for name, inner in value.items()}
        for blob in self.data.query({"blob_uuid": value["blob_uuid"]}):
            return blob["data"]
        raise KeyError(value["blob_uuid"])


def embedded_job_store(folder: Path, create: bool) -> JobStore:
    """Return the store in the folder of a study as jobflow takes it, not yet connected.

    Parameters
    ----------
    folder
        Folder of the study.
    create
        Whether a store that is not there yet is created.

    Raises
    ------
    InputError
        If it is not there and is not or cannot be made.
    """
    from jobflow import JobStore

    from amorph_flows.store._maggma_stores import BlobFolderStore, SQLiteDocumentStore

    documents, data = store_files(folder, create=create)
    return JobStore(
        SQLiteDocumentStore(str(documents)),
        additional_stores={"data": BlobFolderStore(str(data))},
    )


def store_files(folder: Path, *, create: bool) -> tuple[Path, Path]:
    """Return where the embedded store of a study keeps its documents and its bulk data.

    Parameters
    ----------
    folder
        Folder of the study.
    create
        Whether the store's folder is made where it is not there yet.

    Raises
    ------
    InputError
        If it is not there and is not or cannot be made.
    """
    home = folder.expanduser().resolve() / _STORE_FOLDER
    if not create and not home.is_dir():
        raise InputError(
            f"{folder.resolve()} holds no store; give the folder of a study (query: --store)"
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"no store can be made in {folder}: {error.strerror}") from error
    return home / "db" / "documents.collection", home / "data"


def _has_reference(value: Any) -> bool:
    """Return whether a value holds a reference to an output, which jobflow resolves."""
    if isinstance(value, dict):
        return value.get("@class") == "OutputReference" or any(map(_has_reference, value.values()))
    return isinstance(value, list) and any(map(_has_reference, value))
