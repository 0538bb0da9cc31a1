"""Text files of potentials."""

from __future__ import annotations

from collections.abc import Mapping

from amorph_flows.errors import InputError


def text_of(files: Mapping[str, bytes], name: str, source: str) -> str:
    """Return a file of a potential as text.

    Parameters
    ----------
    files
        Files by name.
    name
        Which.
    source
        What to call the potential in errors.

    Raises
    ------
    InputError
        If it is absent or no text.
    """
    if name not in files:
        raise InputError(f"{source} has no file {name!r}, only {sorted(files)}")
    try:
        return files[name].decode("ascii")
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: {name} is no text; is it damaged?") from error
