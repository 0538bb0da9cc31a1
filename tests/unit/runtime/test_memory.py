"""The memory of a piece of work: what children and this process have held while it lasted."""

from __future__ import annotations

import subprocess
import sys

from amorph_flows.runtime.memory import peak_memory

# a process of its own: that of the tests may hold more than any of these children
THREE_CHILDREN = """
import subprocess, sys
from amorph_flows.runtime.memory import peak_memory

for megabytes in (300, 1500, 300):
    code = f"import time; held = b'x' * ({megabytes} * 2**20); time.sleep(1.0)"
    with peak_memory() as peak:
        subprocess.run([sys.executable, "-c", code], check=True)
    print(peak.megabytes)
"""


def test_a_larger_child_that_ended_before_does_not_count() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", THREE_CHILDREN], check=True, capture_output=True, text=True
    )
    first, large, last = (float(line) for line in ended.stdout.split())
    assert 300 <= first < 600
    assert 1500 <= large < 1600
    assert 300 <= last < 600


def test_this_process_counts_with_what_it_frees() -> None:
    with peak_memory() as before:
        pass
    with peak_memory() as peak:
        held = b"x" * (400 * 2**20)
        del held
    assert before.megabytes is not None
    assert peak.megabytes is not None
    assert peak.megabytes > before.megabytes + 300
