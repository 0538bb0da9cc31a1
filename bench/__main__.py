"""Run benchmarks: ``python -m bench`` runs all, ``python -m bench transport structure`` some.

Those that ask for arguments print their usage and do not count as failed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_USAGE = 2
"""What argparse ends with where arguments are missing."""


def main(names: list[str]) -> int:
    """Run each benchmark in a process of its own; return how many failed."""
    folder = Path(__file__).parent
    known = sorted(path.stem for path in folder.glob("[a-z]*.py"))
    for name in names:
        if name not in known:
            print(f"no benchmark {name!r}; there are {', '.join(known)}")
            return 2
    failed = 0
    for name in names or known:
        print(f"== {name}", flush=True)
        ended = subprocess.run([sys.executable, folder / f"{name}.py"], check=False)
        failed += ended.returncode not in (0, _USAGE)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
