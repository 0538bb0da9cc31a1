"""Run benchmarks: ``python -m bench`` runs all, ``python -m bench transport structure`` some."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


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
        failed += (
            subprocess.run([sys.executable, folder / f"{name}.py"], check=False).returncode != 0
        )
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
