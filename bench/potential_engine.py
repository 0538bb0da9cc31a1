"""V2O5 relaxed and strained by LAMMPS and by ASE, both with the published MgV2O5 potential.

    OMP_NUM_THREADS=1 python bench/potential_engine.py [--data FOLDER] [--page docs/lammps.md]

`PotentialEngine` relaxes in LAMMPS, `AseEngine` with the potential's own calculator. LAMMPS
relaxes the crystal to the potential's minimum; from there, with atoms displaced and cell strained,
both relax atoms, then atoms and cell. The elastic constants are those of the minimum.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ase.calculators.calculator import Calculator
from jobflow import Flow, Job, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Structure

from _page import write_results
from amorph_flows.engines import AseEngine, Engine, PotentialEngine
from amorph_flows.flows import ElasticMaker
from amorph_flows.potentials import get_backend
from amorph_flows.structures import v2o5
from published_potential import DATA, SPECIES, potential

FORCE_EV_A = 1e-4
"""That ASE relaxes to."""

CONSTANTS = ("11", "22", "33", "12", "13", "23", "44", "55", "66")


def published() -> Calculator:
    """Return the published potential as a calculator, for `AseEngine`."""
    doc = potential(Path(os.environ["PUBLISHED_POTENTIAL"]))
    return get_backend(doc.backend).calculator(doc)


def output_of(job: Job | Flow) -> tuple[Any, float]:
    """Run a job or flow and return its document and its CPU seconds, LAMMPS included."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    begun = _cpu_s()
    with tempfile.TemporaryDirectory() as folder:
        run_locally(job, store=store, root_dir=folder, create_folders=True, log=False,
                    ensure_success=True)  # fmt: skip
        spent = _cpu_s() - begun
        return MontyDecoder().process_decoded(store.get_output(job.output.uuid, load=True)), spent


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def displaced(minimum: Structure) -> Structure:
    """Return a structure with its cell strained and its atoms displaced."""
    start = Structure(minimum.lattice, minimum.species, minimum.frac_coords)
    start.apply_strain([0.002, -0.001, 0.001])
    rng = np.random.default_rng(1)
    shifts = rng.normal(scale=0.01, size=(len(start), 3))
    return Structure(
        start.lattice, start.species, start.cart_coords + shifts, coords_are_cartesian=True
    )


def rows_of(engine: Engine, start: Structure, minimum: Structure) -> Iterator[tuple[str, str]]:
    """Yield what an engine finds, each with its name."""
    atoms, spent = output_of(engine.relax(start, relax_cell=False))
    yield "energy in the given cell, eV", f"{atoms.energy_ev:.6f}"
    yield "largest force, eV/Å", f"{atoms.max_force_ev_a:.0e}"
    cell, more = output_of(engine.relax(start, relax_cell=True))
    yield "energy in its own cell, eV", f"{cell.energy_ev:.6f}"
    for name, length in zip("abc", cell.structure.lattice.abc, strict=True):
        yield f"{name}, Å", f"{length:.4f}"
    yield "volume, Å³", f"{cell.structure.volume:.3f}"
    yield "CPU time of both relaxations, s", f"{spent + more:.1f}"
    elastic, spent = output_of(ElasticMaker(engine=engine).make(minimum))
    tensor = np.asarray(elastic.tensor_gpa)
    for pair in CONSTANTS:
        yield f"C{pair}, GPa", f"{tensor[int(pair[0]) - 1, int(pair[1]) - 1]:.2f}"
    yield "bulk modulus, GPa", f"{elastic.bulk_gpa:.3f}"
    yield "CPU time of the elastic constants, s", f"{spent:.1f}"


def main() -> None:
    """Calculate with both engines and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--page", type=Path)
    arguments = parser.parse_args()
    os.environ["PUBLISHED_POTENTIAL"] = str(arguments.data.resolve())
    lammps = PotentialEngine(str((arguments.data / "pot.mtp").resolve()), SPECIES)
    ase = AseEngine(
        calculator="potential_engine:published",
        relax_fmax_ev_a=FORCE_EV_A,
        relax_max_steps=2000,
    )
    minimum = output_of(lammps.relax(v2o5(), relax_cell=True))[0].structure
    start = displaced(minimum)
    columns = [dict(rows_of(engine, start, minimum)) for engine in (lammps, ase)]
    lines = ["| V2O5, 14 atoms | `PotentialEngine` | `AseEngine` |", "| --- | --- | --- |"]
    lines += [f"| {name} | {columns[0][name]} | {columns[1][name]} |" for name in columns[0]]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.page:
        write_results(arguments.page, text, "engines")


if __name__ == "__main__":
    main()
