"""Operations that FireWorks only does inside of others, or only when it is imported."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fireworks import LaunchPad


_FILES = ("FW_config.yaml", "my_launchpad.yaml")


def fireworks_may_be_configured() -> bool:
    """Return whether FireWorks may find a configuration.

    It looks for its files when it is imported, which takes a second; this looks where it looks.
    """
    if "fireworks" in sys.modules or "FW_CONFIG_FILE" in os.environ:
        return True
    found = find_spec("fireworks")
    package = [Path(found.origin).parents[1]] if found is not None and found.origin else []
    folders = [Path.cwd(), Path.home() / ".fireworks", *package]
    return any((folder / name).exists() for folder in folders for name in _FILES)


def refresh_workflow(launchpad: LaunchPad, firework: int) -> None:
    """Take over how the launch of a FireWork ended if its worker died before it did so.

    ``lpad`` refreshes a workflow only together with another change of it.

    Parameters
    ----------
    launchpad
        The database.
    firework
        Number of the FireWork.
    """
    launchpad._refresh_wf(firework)
