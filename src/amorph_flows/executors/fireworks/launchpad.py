"""The FireWorks database of a cluster: opening it, and finding the studies in it."""

from __future__ import annotations

import atexit
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from amorph_flows.errors import AmorphFlowsWarning, InputError
from amorph_flows.upstream.fireworks import fireworks_may_be_configured

if TYPE_CHECKING:
    from fireworks import LaunchPad
    from jobflow import JobStore

SUBMISSION_FILE = "submitted.json"
_WORKFLOW_KEYS = ("nodes", "links", "state", "name", "metadata", "created_on")
_CLOSED = ("ARCHIVED",)
_INIT = "`amorph init fireworks` writes the files"


def launchpad_file() -> Path | None:
    """Return the file that FireWorks' configuration names for its database, or None."""
    if not fireworks_may_be_configured():
        return None
    with redirect_stdout(sys.stderr):  # FireWorks prints which of several files it takes
        from fireworks import fw_config

    return Path(fw_config.LAUNCHPAD_LOC) if fw_config.LAUNCHPAD_LOC else None


def open_launchpad(file: str | Path | None = None, timeout_ms: int | None = None) -> LaunchPad:
    """Return the FireWorks database; it connects when it is first used.

    Parameters
    ----------
    file
        Such as ``my_launchpad.yaml``; None: the one that FireWorks' configuration names
        (``FW_CONFIG_FILE``, ``~/.fireworks/FW_config.yaml``, or ``my_launchpad.yaml`` here).
    timeout_ms
        How long to wait for the server, ms; None: as the file says.

    Raises
    ------
    InputError
        If there is no such file or it describes no database.
    """
    found = Path(file).expanduser() if file is not None else launchpad_file()
    if found is None:
        raise InputError(
            "no FireWorks database is configured; set FW_CONFIG_FILE, or give --launchpad "
            f"my_launchpad.yaml; {_INIT}"
        )
    content = read_mapping(found)
    if not content.get("host"):
        raise InputError(f"{found} names no host of a FireWorks database; {_INIT}")
    with redirect_stdout(sys.stderr):
        from fireworks import LaunchPad
    ours: dict[str, Any] = {"logdir": None, "strm_lvl": "ERROR"}
    if timeout_ms is not None:
        given = content.get("mongoclient_kwargs") or {}
        ours["mongoclient_kwargs"] = given | {"serverSelectionTimeoutMS": timeout_ms}
    try:
        launchpad = LaunchPad.from_dict(content | ours)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{found} does not describe a FireWorks database: {error}") from error
    atexit.register(launchpad.connection.close)
    return launchpad


def prepare_launchpad(launchpad: LaunchPad) -> bool:
    """Set up a FireWorks database that is empty, as ``lpad reset`` does; return whether it was.

    Parameters
    ----------
    launchpad
        The database.

    Raises
    ------
    InputError
        If the database holds workflows but has lost its counter.
    """
    if launchpad.fw_id_assigner.find_one({}, {"_id": 1}) is not None:
        return False
    if launchpad.workflows.find_one({}, {"_id": 1}) is not None:
        raise InputError(
            "the FireWorks database holds workflows but no counter (collection fw_id_assigner); "
            "restore it from a backup"
        )
    launchpad.reset("", require_password=False, max_reset_wo_password=0)
    return True


def workers_store() -> JobStore:
    """Return the connected job store that FireWorks workers write to.

    They read jobflow's configuration file, never ``AMORPH_JOB_STORE``.

    Raises
    ------
    InputError
        If that file sets no job store, or one that other processes do not see or that has no
        additional store ``data``.

    Warns
    -----
    AmorphFlowsWarning
        If ``AMORPH_JOB_STORE`` is set: the other commands read from there.
    """
    from jobflow.settings import JobflowSettings

    from amorph_flows.store import survives_process
    from amorph_flows.store.opening import STORE_VARIABLE

    try:
        settings = JobflowSettings()
    except ValueError as error:
        raise InputError(f"jobflow's configuration cannot be read: {error}") from error
    store, where = settings.JOB_STORE, settings.CONFIG_FILE
    if "JOB_STORE" not in settings.model_fields_set:
        raise InputError(
            f"workers keep documents in the JOB_STORE of jobflow's configuration file, and {where} "
            f"sets none (JOBFLOW_CONFIG_FILE names another file); {_INIT}"
        )
    if not survives_process(store):
        raise InputError(
            f"the JOB_STORE of {where} is seen by one process only ("
            f"{type(store.docs_store).__name__}); workers need one in MongoDB"
        )
    if "data" not in store.additional_stores:
        raise InputError(f"the JOB_STORE of {where} has no additional store 'data'; {_INIT}")
    if os.environ.get(STORE_VARIABLE):
        warnings.warn(
            f"workers do not read {STORE_VARIABLE}; they write to the JOB_STORE of {where}",
            AmorphFlowsWarning,
            stacklevel=2,
        )
    store.connect()
    atexit.register(store.close)
    return store


class SubmissionRecord(BaseModel):
    """What `amorph submit` leaves in a study's folder: where the study went.

    Parameters
    ----------
    study_uuid
        Content-derived uuid of the study.
    workflow
        Number of its workflow.
    launchpad
        File that describes the database; empty: FireWorks' configuration.
    submitted
        When, seconds since 1970.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    study_uuid: str
    workflow: int
    launchpad: str = ""
    submitted: float = Field(default_factory=time.time)

    def write(self, folder: Path) -> None:
        """Write it into a study's folder.

        Parameters
        ----------
        folder
            The folder.
        """
        (folder / SUBMISSION_FILE).write_text(self.model_dump_json(indent=1))

    @classmethod
    def read(cls, folder: Path) -> SubmissionRecord | None:
        """Return the record in a study's folder, or None.

        Parameters
        ----------
        folder
            The folder.
        """
        try:
            return cls.model_validate_json((folder / SUBMISSION_FILE).read_text())
        except (OSError, ValidationError):
            return None


def find_workflows(launchpad: LaunchPad, **marks: Any) -> Iterator[dict[str, Any]]:
    """Yield the workflows that `amorph submit` has added, newest first, without their jobs.

    Parameters
    ----------
    launchpad
        The database.
    **marks
        Values of their metadata, such as ``study``, or ``workflow``: their number.
    """
    number = marks.pop("workflow", None)
    criteria: dict[str, Any] = {f"metadata.{key}": value for key, value in marks.items()}
    criteria |= {"nodes": number} if number is not None else {}
    criteria.setdefault("metadata.study_uuid", {"$exists": True})
    found = launchpad.workflows.find(criteria, dict.fromkeys(_WORKFLOW_KEYS, 1))
    open_ones = [workflow for workflow in found if workflow["state"] not in _CLOSED]
    yield from sorted(open_ones, key=workflow_id, reverse=True)


def workflow_id(workflow: dict[str, Any]) -> int:
    """Return the number of a workflow: that of its first FireWork, as ``lpad`` takes it.

    Parameters
    ----------
    workflow
        As `find_workflows` yields it.
    """
    return min(workflow["nodes"])


def least_silence_s(asked: float | None) -> float:
    """Return how long a job must have been silent to count as dead, s.

    Parameters
    ----------
    asked
        What the user asks for, s; None: what FireWorks is configured to.

    Raises
    ------
    InputError
        If that is shorter than the time between two signs of life.
    """
    from fireworks import fw_config

    if asked is None:
        return float(fw_config.RUN_EXPIRATION_SECS)
    if asked < fw_config.PING_TIME_SECS:
        raise InputError(
            f"a silence of {asked:g} s is too short: a running job gives a sign of life every "
            f"{fw_config.PING_TIME_SECS} s (PING_TIME_SECS of FireWorks)"
        )
    return asked


def read_mapping(file: Path) -> dict[str, Any]:
    """Return the contents of a YAML or JSON file.

    Parameters
    ----------
    file
        The file.

    Raises
    ------
    InputError
        If it cannot be read or holds no mapping.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not plain YAML") from error
    if not isinstance(content, dict):
        raise InputError(f"{file} holds a {type(content).__name__}, not keys with values")
    return content
