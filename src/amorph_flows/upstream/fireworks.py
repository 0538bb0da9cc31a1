"""What FireWorks does only inside of its other operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fireworks import LaunchPad


def refresh_workflow(launchpad: LaunchPad, firework: int) -> None:
    """Take over how the launch of a FireWork ended, where its worker died before it did so.

    ``lpad`` refreshes a workflow only together with another change of it.

    Parameters
    ----------
    launchpad
        The database.
    firework
        Number of the FireWork.
    """
    launchpad._refresh_wf(firework)
