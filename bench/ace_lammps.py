"""MD with an ACE in LAMMPS: the plugin against python-ace through `fix external`.

    python bench/ace_lammps.py POTENTIAL.yace CONFIGURATION

CPU time for an atom and step at 300 K, the start of LAMMPS left out. The plugin has to be built
(`amorph build-plugin ace`), and python-ace installed (`amorph install-backend ace-evaluate`). Set
OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import chdir
from pathlib import Path

from ase.io import read

from amorph_flows.jobs.potential_comparison import time_md
from amorph_flows.potentials import ace_potential
from amorph_flows.structures.configuration import to_structure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("potential", type=Path, nargs="?")
    parser.add_argument("configuration", type=Path, nargs="?")
    options = parser.parse_args()
    if options.configuration is None:
        print("give a potential (.yace) and a configuration of its elements")
        return
    potential = ace_potential(options.potential)
    structure = to_structure(read(options.configuration, "0"))
    times = {}
    for name, compiler in (("plugin", "g++"), ("fix external", "none")):
        os.environ["AMORPH_COMPILER"] = compiler
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            times[name] = time_md(potential, structure)
        print(f"{name}: {times[name]:.1f} us/atom/step, {len(structure)} atoms", flush=True)
    print(f"the plugin is {times['fix external'] / times['plugin']:.2f} times as fast")


if __name__ == "__main__":
    main()
