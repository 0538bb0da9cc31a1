"""Files that are replaced in one step, so that readers and kills never meet half a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_file(path: Path, content: str | bytes) -> None:
    """Give a file new contents in one step; text is UTF-8.

    Parameters
    ----------
    path
        The file; it need not be there yet.
    content
        Text or bytes.
    """
    with replacement(path) as new:
        new.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacement(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield where to write new contents, which take the place of a file at the end.

    Parameters
    ----------
    path
        The file; it keeps what it holds if the block raises.
    durable
        Whether the contents are on the disk, and not only in memory, when the block ends.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield new
        if durable:
            with new.open("rb") as file:
                os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
