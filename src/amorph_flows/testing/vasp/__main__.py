"""The stand-in as an executable: ``python -m amorph_flows.testing.vasp`` in a folder of inputs."""

from __future__ import annotations

import sys
from pathlib import Path

from amorph_flows.testing.vasp.simulate import run
from amorph_flows.testing.vasp.tags import VaspStop


def main() -> int:
    """Run in the current folder; return VASP's exit code."""
    try:
        run(Path.cwd())
    except VaspStop as stop:
        sys.stdout.write(f"{stop}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
