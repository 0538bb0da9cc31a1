"""The memory of a piece of work: what children and this process have held while it lasted."""

from __future__ import annotations

import subprocess
import sys

from amorph_flows.runtime.memory import peak_memory


def of_a_child_with(megabytes: int) -> float:
    code = f"import time\nheld = b'x' * ({megabytes} * 2**20)\ntime.sleep(1.0)\n"
    with peak_memory() as peak:
        subprocess.run([sys.executable, "-c", code], check=True)
    assert peak.megabytes is not None
    return peak.megabytes


def test_a_larger_child_that_ended_before_does_not_count() -> None:
    first, large, last = (of_a_child_with(megabytes) for megabytes in (300, 1500, 300))
    assert 300 <= first < 1500
    assert 1500 <= large < 1600
    assert 300 <= last < 1500


def test_this_process_counts_with_what_it_frees() -> None:
    with peak_memory() as before:
        pass
    with peak_memory() as peak:
        held = b"x" * (400 * 2**20)
        del held
    assert before.megabytes is not None
    assert peak.megabytes is not None
    assert peak.megabytes > before.megabytes + 300
