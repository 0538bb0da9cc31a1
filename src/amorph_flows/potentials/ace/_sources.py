"""The C++ sources of the ACE evaluator, from python-ace's own source distribution."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from amorph_flows.errors import CalculationError
from amorph_flows.hashes import sha256_of
from amorph_flows.potentials.environments.install import find_uv, run_uv
from amorph_flows.potentials.environments.pins import ACE_EVALUATE
from amorph_flows.settings import Settings

LICENCE = "GPL-2.0 or GPL-3.0"
"""Of the evaluator; the rest of python-ace has another one."""

_VERSION = ACE_EVALUATE.pins["python-ace"]
_SHA256 = "f1ba688d61848a936b6eb48b31d8a41b9fb33b761a2a869f67c97a9efcf25440"
_EVALUATOR = PurePosixPath("lib/ace/ace-evaluator")
_KEPT = ("LICENSE", "src/ace-evaluator", "lib/yaml-cpp/include", "lib/yaml-cpp/src")


def sources_folder() -> Path:
    """Return where the sources are, if they are there: they come into the folder whole."""
    return Settings().cache_dir.expanduser().resolve() / "sources" / f"ace-evaluator-{_VERSION}"


def fetch_sources() -> Path:
    """Return the folder of the sources, downloaded from the package index if they are not there.

    Raises
    ------
    MissingDependencyError
        If uv, which runs pip, is not found.
    CalculationError
        If pip fails, or gets another file than the tested one.
    """
    folder = sources_folder()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ace-", dir=folder.parent) as name:
        archive = _downloaded(Path(name))
        unpacked = Path(name) / "evaluator"
        _unpack(archive, unpacked)
        if not folder.is_dir():  # another process may have been first
            unpacked.replace(folder)
    return folder


def _downloaded(folder: Path) -> Path:
    wanted = f"python-ace=={_VERSION}"
    pip = [find_uv(), "tool", "run", "--quiet", "pip", "download", "--quiet"]
    command = [*pip, "--no-deps", "--no-binary", "python-ace", "--dest", str(folder), wanted]
    run_uv(command, f"the sources of {wanted} cannot be downloaded")
    (archive,) = folder.glob("*.tar.gz")
    found = sha256_of(archive.read_bytes())
    if found != _SHA256:
        raise CalculationError(
            f"{archive.name} is another file (sha256 {found}) than the tested one ({_SHA256}); "
            "take it from PyPI"
        )
    return archive


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack the evaluator and the parser of its files, which are all that a plugin needs."""
    with tarfile.open(archive) as held:
        for member in held:
            path = PurePosixPath(member.name)
            inside = PurePosixPath(*path.parts[1:])
            if not inside.is_relative_to(_EVALUATOR):
                continue
            inside = inside.relative_to(_EVALUATOR)
            if any(inside.is_relative_to(kept) for kept in _KEPT):
                member.name = str(inside)
                held.extract(member, folder, filter="data")
