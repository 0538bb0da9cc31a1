"""Opening of a job store: in a folder, on a MongoDB server, or as jobflow is configured."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amorph_flows.errors import AmorphFlowsWarning, InputError
from amorph_flows.store.embedded import EmbeddedStore, embedded_job_store

if TYPE_CHECKING:
    from jobflow import JobStore

STORE_VARIABLE = "AMORPH_JOB_STORE"
_DATABASE = "amorph_flows"
_HIDDEN_OPTIONS = r"(tlsCertificateKeyFilePassword|AWS_SESSION_TOKEN|password)([=:]\s*)[^&\s,]+"
_CHOICES = (
    "give a folder (embedded, no server), a MongoDB address (mongodb://host/database) or a file "
    "that describes a job store, or set JOB_STORE in jobflow's configuration file"
)


def open_store(where: str | Path | None = None, *, create: bool = True) -> JobStore:
    """Return a connected job store.

    Parameters
    ----------
    where
        A folder: an embedded store in its subfolder ``store``, which other processes may read
        and write at the same time. An address ``mongodb://…`` or ``mongodb+srv://…``: a MongoDB
        database (``amorph_flows`` where the address names none), bulk data in GridFS. A file: a
        job store as jobflow describes it. None: `configured_store`.
    create
        Whether an embedded store that is not there yet is created.

    Raises
    ------
    InputError
        If the folder holds no store and `create` is false, if the file describes none, or if
        nothing is configured.

    Warns
    -----
    AmorphFlowsWarning
        If the configured store forgets its documents at the end of the process.
    """
    if where is None:
        store = configured_store()
        if store is None:
            raise InputError(f"no job store is configured; {_CHOICES}")
    else:
        store = _elsewhere(where) or embedded_job_store(Path(where), create)
    store.connect()
    return store


def store_to_read(where: str | Path) -> JobStore | EmbeddedStore:
    """Return a connected store for questions only; a folder's is opened without jobflow.

    Parameters
    ----------
    where
        As for `open_store`.

    Raises
    ------
    InputError
        As `open_store`.
    """
    store = _elsewhere(where)
    if store is None:
        return EmbeddedStore(where)
    store.connect()
    return store


def study_store_to_read(folder: Path) -> JobStore | EmbeddedStore:
    """Return the store of a study for questions only: the configured one, or its own.

    Parameters
    ----------
    folder
        Folder of the study.

    Raises
    ------
    InputError
        As `open_store`.
    """
    store = configured_store()
    if store is None:
        return EmbeddedStore(folder)
    store.connect()
    return store


def study_store(folder: Path, *, create: bool = True) -> JobStore:
    """Return the connected job store of a study: the configured one, or the one in its folder.

    Parameters
    ----------
    folder
        Folder of the study.
    create
        Whether an embedded store that is not there yet is created.

    Raises
    ------
    InputError
        As `open_store`.
    """
    store = configured_store() or embedded_job_store(folder, create)
    store.connect()
    return store


def survives_process(store: JobStore) -> bool:
    """Return whether other processes see the documents of a store and may write to it.

    Parameters
    ----------
    store
        Any job store.
    """
    from maggma.stores import JSONStore

    stores = [store.docs_store, *store.additional_stores.values()]
    return not any(_is_volatile(s) or isinstance(s, JSONStore) for s in stores)


def _is_volatile(store: Any) -> bool:
    from maggma.stores import JSONStore, MemoryStore, MontyStore

    return isinstance(store, MemoryStore) and not isinstance(store, MontyStore | JSONStore)


def _elsewhere(where: str | Path) -> JobStore | None:
    """Return the store that an address or a file stands for, None for a folder."""
    if re.match(r"mongodb(\+srv)?://", str(where)):
        return _mongodb(str(where))
    if "://" in str(where):
        raise InputError(f"{masked(str(where))} is not an address of a store; {_CHOICES}")
    return _described(Path(where)) if Path(where).is_file() else None


def _mongodb(uri: str) -> JobStore:
    """Return the store at an address."""
    from jobflow import JobStore
    from maggma.stores import GridFSStore, MongoStore
    from pymongo.errors import PyMongoError
    from pymongo.uri_parser import parse_uri

    try:
        database = parse_uri(uri)["database"] or _DATABASE
    except (PyMongoError, ValueError) as error:
        reason = masked(str(error))
        raise InputError(f"the MongoDB address {masked(uri)} is not valid: {reason}") from None
    return JobStore(
        MongoStore(database, "documents", uri=uri),
        additional_stores={"data": GridFSStore(database, "blobs", uri=uri)},
    )


def masked(uri: str) -> str:
    """Return an address, or a text with addresses in it, with passwords hidden.

    Parameters
    ----------
    uri
        Any text.
    """
    hidden = re.sub(r"(://[^:/@\s]*):(?:\S*|[^@]*)@", r"\1:***@", uri)
    return re.sub(_HIDDEN_OPTIONS, r"\1\2***", hidden, flags=re.IGNORECASE)


def configured_store() -> JobStore | None:
    """Return the store that the user has configured, not yet connected, or None.

    ``AMORPH_JOB_STORE`` (a file or a MongoDB address; `amorph` takes ``JOBFLOW_JOB_STORE`` for it,
    which jobflow 0.4 itself cannot read) comes before jobflow's configuration file.

    Raises
    ------
    InputError
        If what is configured is no job store.

    Warns
    -----
    AmorphFlowsWarning
        If the store forgets its documents at the end of the process.
    """
    where = os.environ.get(STORE_VARIABLE)
    if where:
        store = _mongodb(where) if where.startswith("mongodb") else _described(Path(where))
    elif not may_be_configured():
        return None
    else:
        from jobflow.settings import JobflowSettings

        settings = JobflowSettings()
        if "JOB_STORE" not in settings.model_fields_set:
            return None
        store = settings.JOB_STORE
    if any(_is_volatile(s) for s in (store.docs_store, *store.additional_stores.values())):
        warnings.warn(
            "the configured job store keeps documents in memory only: they are lost at the end of "
            "this process, and a killed study cannot resume",
            AmorphFlowsWarning,
            stacklevel=2,
        )
    return store


def may_be_configured() -> bool:
    """Return whether there are settings to read a store from; jobflow takes seconds to import."""
    given = {name.upper(): value for name, value in os.environ.items()}
    if given.get(STORE_VARIABLE) or "JOBFLOW_JOB_STORE" in given:
        return True
    return Path(given.get("JOBFLOW_CONFIG_FILE", "~/.jobflow.yaml")).expanduser().exists()


def _described(file: Path) -> JobStore:
    """Return the store that a file describes."""
    from jobflow import JobStore

    try:
        return JobStore.from_file(file)
    except Exception as error:  # noqa: BLE001 its text may hold a password, so it is not chained
        reason = masked(f"{type(error).__name__}: {error}")
        raise InputError(
            f"{masked(str(file))} does not describe a job store ({reason}); {_CHOICES}"
        ) from None
