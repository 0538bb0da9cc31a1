"""How a running job tells how far it is: one small file in its folder, safe to read any time."""

from __future__ import annotations

import json
import time
from pathlib import Path

from amorph_flows.files import replace_file

PROGRESS_FILE = "progress.json"
_INTERVAL_S = 0.5
_last_write = 0.0


def report_progress(done: int, total: int, note: str = "") -> None:
    """Write how far the job in the current folder is, at most twice a second.

    Parameters
    ----------
    done, total
        Steps done and steps in all.
    note
        What a step is, such as ``"MD step"``.
    """
    global _last_write
    now = time.monotonic()
    if done < total and now - _last_write < _INTERVAL_S:
        return
    _last_write = now
    state = {"done": done, "total": total, "note": note, "written_at": time.time()}
    replace_file(Path(PROGRESS_FILE), json.dumps(state))


def read_progress(folder: Path) -> dict[str, object] | None:
    """Return what the job in a folder last wrote, or None where it wrote nothing.

    Parameters
    ----------
    folder
        The job's folder.
    """
    try:
        state = json.loads((folder / PROGRESS_FILE).read_text())
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None
