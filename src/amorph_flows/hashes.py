"""Hashes (SHA-256) of contents and of files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def sha256_of(*parts: str | bytes) -> str:
    """Return the SHA-256 of some parts one after another, 64 hexadecimal digits.

    Parameters
    ----------
    *parts
        Text, which counts as UTF-8, or bytes.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()


def sha256_of_files(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of names and contents of files, in the order of the names.

    Parameters
    ----------
    files
        Contents by name.
    """
    return sha256_of(*(part for name in sorted(files) for part in (name, files[name])))


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of what a file holds, 64 hexadecimal digits.

    Parameters
    ----------
    path
        The file.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
