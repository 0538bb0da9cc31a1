"""The errors of amorph_flows; each says what is wrong, its value and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

_FEW = 20


class AmorphFlowsError(Exception):
    """Base of every error that a user can act on; the CLI prints it without a traceback."""


class AmorphFlowsWarning(UserWarning):
    """What a user should know; the CLI prints it as one line, and no warning of other packages."""


class InputError(AmorphFlowsError, ValueError):
    """An input that is wrong, found before any expensive step."""


class MissingDependencyError(AmorphFlowsError, ImportError):
    """Something that is not installed; the message says what to install.

    Parameters
    ----------
    what
        The package or executable that is missing.
    extra
        The extra of amorph-flows that brings it, if there is one.
    hint
        What to do when no extra brings it.
    instead
        What to do without it, if anything.
    """

    def __init__(
        self, what: str, extra: str | None = None, hint: str = "", instead: str = ""
    ) -> None:
        remedy = f"pip install 'amorph-flows[{extra}]'" if extra else hint
        other = f"; or {instead}" if instead else ""
        super().__init__(f"{what} is not installed here; install it with: {remedy}{other}")
        self.what, self.extra, self.hint = what, extra, hint


class CalculationError(AmorphFlowsError, RuntimeError):
    """An external calculation that failed; it keeps the directory and the cause.

    Parameters
    ----------
    message
        What failed and why.
    directory
        Where its files are.
    """

    def __init__(self, message: str, directory: str | Path | None = None) -> None:
        super().__init__(f"{message} (files: {directory})" if directory else message)
        self.directory = str(directory) if directory else None


class WalltimeError(AmorphFlowsError, TimeoutError):
    """A queue job that is too short for any progress; finished work is kept."""


class TrajectoryError(InputError):
    """A trajectory that cannot be read, or with unknown times."""


def unknown_name(what: str, name: object, known: Iterable[str], more: str = "") -> InputError:
    """Return the error for an unknown name; it suggests the nearest known one.

    Parameters
    ----------
    what
        What is named, such as ``"preset"``.
    name
        What was given.
    known
        All names; they are listed where they are few or none is near.
    more
        What else may be given, the end of the list.
    """
    names = {one.lower(): one for one in known}
    asked = str(name).lower()
    begun = [one for one in names if asked and one.startswith(asked)]
    near = begun or get_close_matches(asked, names, n=1, cutoff=0.4)
    hints = [f"did you mean {names[near[0]]!r}?"] if near else []
    if not near or len(names) <= _FEW:
        plural = re.sub(r"(?<![aeiou])y$", "ie", what) + "s"
        hints.append(f"known {plural}: {', '.join(names.values())}{more}")
    return InputError(f"unknown {what} {name!r}; {' '.join(hints)}")
