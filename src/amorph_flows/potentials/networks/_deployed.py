"""Files of networks for pair styles of LAMMPS, written once and kept."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amorph_flows.files import replace_file
from amorph_flows.hashes import sha256_of, sha256_of_files
from amorph_flows.potentials.environments.installed import Installed
from amorph_flows.potentials.environments.task import run_task
from amorph_flows.potentials.networks._training import LOOP
from amorph_flows.settings import Settings


def deployed(
    installed: Installed, files: Mapping[str, bytes], settings: Mapping[str, Any]
) -> bytes:
    """Return what a pair style reads; it is compiled for this machine, which takes a minute.

    Parameters
    ----------
    installed
        The environment of the method.
    files
        The network.
    settings
        Of the method's ``deploy``; ``target`` is the name of the file.

    Raises
    ------
    CalculationError
        If the method cannot write it; the message ends with what it said last.
    """
    about = json.dumps({**settings, "versions": installed.versions}, sort_keys=True)
    key = sha256_of(f"{about}{sha256_of_files(dict(files))}".encode())
    kept = Settings().cache_dir.expanduser() / "networks" / key[:16] / str(settings["target"])
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix="amorph-network-") as name:
            folder = Path(name)
            run_task(installed, LOOP, "deploy", folder, settings, files=files, note="compiling")
            kept.parent.mkdir(parents=True, exist_ok=True)
            replace_file(kept, (folder / str(settings["target"])).read_bytes())
    return kept.read_bytes()
