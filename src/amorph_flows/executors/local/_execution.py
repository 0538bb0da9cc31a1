"""Execution of one job: its document is stored together with the jobs that it asks for."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

from jobflow import JobStore
from monty.json import MontyDecoder

from amorph_flows.errors import AmorphFlowsError
from amorph_flows.executors._consequences import (
    Consequences,
    consequences_of,
    write_with_consequences,
)
from amorph_flows.runtime.progress import PROGRESS_FILE
from amorph_flows.upstream.jobflow import HeldStore

_LONGEST_REASON = 600


@dataclass(frozen=True)
class Outcome:
    """How a job ended: with consequences, or with the reason why it failed."""

    consequences: Consequences | None = None
    reason: str = ""


def execute_job(record: dict[str, Any], store: JobStore, folder: Path) -> Outcome:
    """Run a job in its folder and store its document; never raises what the job raises.

    Parameters
    ----------
    record
        The job, as `PlannedJob` holds it.
    store
        A connected job store.
    folder
        The job's folder.
    """
    start = Path.cwd()
    os.chdir(folder)
    (folder / PROGRESS_FILE).unlink(missing_ok=True)
    try:
        job = MontyDecoder().process_decoded(record)
        held = HeldStore(store, job.uuid)
        response = job.run(store=held, job_dir=folder)
        consequences = consequences_of(response, job.uuid)
        write_with_consequences(held, store, consequences)
    except Exception as error:  # noqa: BLE001 whatever a job raises is its reason to fail
        traceback.print_exc()
        return Outcome(reason=_reason(error))
    finally:
        os.chdir(start)
    return Outcome(consequences)


def _reason(error: Exception) -> str:
    """Return an error as one line of bounded length; the log has the whole."""
    text = shorten(str(error), _LONGEST_REASON, placeholder=" …")
    if isinstance(error, AmorphFlowsError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
