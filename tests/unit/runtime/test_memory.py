"""The memory of a piece of work: what children and this process have held while it lasted."""

from __future__ import annotations

import subprocess
import sys

# processes of their own: that of the tests may hold more than any of these, and have children
THREE_CHILDREN = """
import subprocess, sys
from amorph_flows.runtime.memory import peak_memory

for megabytes in (300, 1500, 300):
    code = f"import time; held = b'x' * ({megabytes} * 2**20); time.sleep(1.0)"
    with peak_memory() as peak:
        subprocess.run([sys.executable, "-c", code], check=True)
    print(peak.megabytes)
"""
HELD_AND_FREED = """
from amorph_flows.runtime.memory import peak_memory

for megabytes in (0, 400, 0):
    with peak_memory() as peak:
        held = b"x" * (megabytes * 2**20)
        del held
    print(peak.megabytes)
"""


def peaks(code: str) -> list[float]:
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return [float(line) for line in ended.stdout.split()]


def test_a_larger_child_that_ended_before_does_not_count() -> None:
    first, large, last = peaks(THREE_CHILDREN)
    assert 300 <= first < 600
    assert 1500 <= large < 1600
    assert 300 <= last < 600


def test_this_process_counts_with_what_it_frees() -> None:
    before, held, after = peaks(HELD_AND_FREED)
    assert 400 + before - 20 < held < 400 + before + 50
    assert after < held - 300
