"""What a command prints, and which modules that take long to import come in with it."""

import json
import subprocess
import sys

SLOW = (
    *("jobflow", "maggma", "numba", "pymatgen", "scipy", "torch", "ase", "numpy"),
    *("atomate2", "fireworks", "pandas", "pyarrow", "plotly", "pymongo.mongo_client"),
)

_CODE = f"""
import json, sys
from amorph_flows.cli import app
try:
    app(sys.argv[1:], prog_name="amorph")
except SystemExit as ended:
    assert not ended.code, ended.code
print(json.dumps([name for name in {SLOW} if name in sys.modules]))
"""


def run_command(*args):
    """Return what `amorph` prints in a process of its own, and which of the modules it imports."""
    done = subprocess.run([sys.executable, "-c", _CODE, *args], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown, _, came_in = done.stdout.rstrip("\n").rpartition("\n")
    return shown, json.loads(came_in)
