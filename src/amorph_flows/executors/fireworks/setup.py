"""Checks of the setup of FireWorks: its files, its database and the workers' store."""

from __future__ import annotations

import stat
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from amorph_flows.errors import InputError
from amorph_flows.executors.fireworks.launchpad import (
    launchpad_file,
    open_launchpad,
    read_mapping,
    workers_store,
)
from amorph_flows.store.opening import masked

_PLACEHOLDER = "CHANGE_ME"
_TIMEOUT_MS = 5000
_PATTERNS = ("my_launchpad*.yaml", "my_fworker*.yaml", "my_qadapter*.yaml", "jobflow.yaml")


def configuration_folder() -> Path | None:
    """Return the folder of the FireWorks files, None if FireWorks is not set up.

    Raises
    ------
    InputError
        If FireWorks' own configuration cannot be read.
    """
    try:
        file = launchpad_file()
    except Exception as error:
        raise InputError(
            f"FW_config.yaml cannot be used: {type(error).__name__}: {error}"
        ) from error
    return file.parent if file is not None else None


def configuration_files(folder: Path) -> list[Path]:
    """Return the files of a folder that `check_file` knows.

    Parameters
    ----------
    folder
        The folder.
    """
    return sorted(file for pattern in _PATTERNS for file in folder.glob(pattern))


def check_file(file: Path) -> str:
    """Return what a configuration file sets.

    Parameters
    ----------
    file
        Such as ``my_qadapter_dft.yaml``.

    Raises
    ------
    InputError
        If it has a placeholder left, shows a password to other users, or FireWorks cannot use it.
    """
    content = read_mapping(file)
    left = sorted(_placeholders(content))
    if left:
        raise InputError(f"fill in {', '.join(left)}: {_PLACEHOLDER} is still there")
    if _has_secret(content) and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"other users can read the password in it; run: chmod 600 {file}")
    try:
        return _loaded(file, content)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InputError(f"FireWorks cannot use it: {type(error).__name__}: {error}") from error


def check_database() -> str:
    """Return what the FireWorks database holds.

    Raises
    ------
    InputError
        If none is configured.
    """
    launchpad = open_launchpad(timeout_ms=_TIMEOUT_MS)
    n_workflows = launchpad.workflows.count_documents({})
    ready = launchpad.fw_id_assigner.find_one({}, {"_id": 1}) is not None
    state = f"{n_workflows} workflows" if ready else "empty; the first `amorph submit` sets it up"
    address = masked(str(launchpad.host))
    return f"{address}, {launchpad.name}: {state}"


def check_store() -> str:
    """Return where FireWorks workers keep documents.

    Raises
    ------
    InputError
        If they would have nowhere to.
    """
    store = workers_store()
    return f"{type(store.docs_store).__name__} of jobflow's configuration file"


def _loaded(file: Path, content: dict[str, Any]) -> str:
    """Return what FireWorks makes of a file."""
    with redirect_stdout(sys.stderr):
        from fireworks import FWorker
        from fireworks.user_objects.queue_adapters.common_adapter import CommonAdapter
        from fireworks.utilities.fw_serializers import load_object_from_file
    if file.name.startswith("my_fworker"):
        worker = FWorker.from_file(str(file))
        return f"worker {worker.name}, takes {worker.category or 'every category'}"
    if file.name.startswith("my_qadapter"):
        # FireWorks would look the short name up by importing all that it has, its tests too
        common = content.get("_fw_name") == "CommonAdapter"
        adapter = CommonAdapter.from_dict(content) if common else load_object_from_file(str(file))
        adapter.get_script_str(str(file.parent))
        return f"{adapter.q_type}, walltime {adapter.get('walltime', 'of the queue')}"
    return f"database {content.get('name')}" if "name" in content else "read"


def _placeholders(value: Any, name: str = "") -> set[str]:
    """Return the keys whose values are still to be filled in."""
    if isinstance(value, dict):
        return {found for key, inner in value.items() for found in _placeholders(inner, str(key))}
    if isinstance(value, list):
        return {found for inner in value for found in _placeholders(inner, name)}
    lines = value.splitlines() if isinstance(value, str) else []
    text = [line for line in lines if not line.lstrip().startswith("#")]
    return {name} if any(_PLACEHOLDER in line for line in text) else set()


def _has_secret(value: Any) -> bool:
    """Return whether there is a password, on its own or in an address."""
    if isinstance(value, dict):
        if value.get("password"):
            return True
        return any(_has_secret(inner) for inner in value.values())
    return isinstance(value, str) and masked(value) != value
