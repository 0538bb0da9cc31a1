"""Environment variables that must not be set when a package is imported."""

from __future__ import annotations

import os


def rename_store_variable(name: str) -> None:
    """Move ``JOBFLOW_JOB_STORE`` to a variable of ours.

    jobflow 0.4 takes its settings when it is imported, and `import jobflow` fails in a circle of
    imports when that variable is set.

    Parameters
    ----------
    name
        The variable that gets the value; it stays as it is where the other is not set.
    """
    where = os.environ.pop("JOBFLOW_JOB_STORE", None)
    if where:
        os.environ[name] = where
