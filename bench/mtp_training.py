"""Training: CPU seconds to the loss that motep reaches, and errors on held-out trajectory blocks.

    python bench/mtp_training.py [FRAMES.extxyz] [--level 8] [--cutoff 5] [--seconds 90]

FRAMES holds labelled frames in the order of their trajectory; every sixth block of ten is held
out. Where the file is absent it is made: MD with the published MgV2O5 potential at 1200 and 600 K,
labelled by CHGNet. motep runs its best recipe, linear least squares, then BFGS, from the same
start. Times are CPU seconds of one thread: set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.potentials.mtp import (
    MTPCalculator,
    MTPPotential,
    MTPTrainer,
    TrainingSettings,
    untrained,
)
from amorph_flows.potentials.mtp.loss import Loss
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel
from amorph_flows.schemas.potential import LossWeights

DATA = Path(__file__).parents[2] / "shared" / "data" / "mgv2o5"
SPECIES = ["Mg", "V", "O"]
SETTINGS = TrainingSettings(threads=1, tolerance=0.0)


def make_frames(path: Path) -> None:
    from chgnet.model.dynamics import CHGNetCalculator

    atoms = read(DATA / "mg12v24o60.lammps-data", format="lammps-data", atom_style="atomic",
                 Z_of_type={1: 12, 2: 23, 3: 8})  # fmt: skip
    atoms.info.clear()
    atoms.calc = MTPCalculator(DATA / "pot.mtp", species=SPECIES)
    label, frames = CHGNetCalculator(), []
    for temperature in (1200, 600):
        rng = np.random.default_rng(temperature)
        MaxwellBoltzmannDistribution(atoms, temperature_K=temperature, rng=rng)
        md = Langevin(atoms, 2 * units.fs, temperature_K=temperature, friction=0.02, rng=rng)
        md.run(200)
        for _ in range(60):
            md.run(25)
            frame = atoms.copy()
            frame.calc = label
            results = {"energy": frame.get_potential_energy(), "forces": frame.get_forces(),
                       "stress": frame.get_stress()}  # fmt: skip
            frame.calc = SinglePointCalculator(frame, **results)
            frames.append(frame)
    write(path, frames)


def split(frames: list[Atoms]) -> tuple[list[Atoms], list[Atoms]]:
    held = [(number // 10) % 6 == 5 for number in range(len(frames))]
    return (
        [f for f, out in zip(frames, held, strict=True) if not out],
        [f for f, out in zip(frames, held, strict=True) if out],
    )


class OutOfTime(Exception):  # noqa: N818
    pass


def run_motep(start, frames, seconds):
    from motep.io.mlip.mtp import read_mtp
    from motep.loss import LossFunction, LossSetting
    from motep.optimizers import make_optimizer

    path = start.write(Path(tempfile.mkdtemp()) / "start.mtp")
    data = read_mtp(path)
    data.species = np.array([12, 23, 8])
    loss = LossFunction(frames, data, LossSetting(), engine="cext")
    begin, best = time.process_time(), (np.inf, data.parameters)
    evaluate = type(loss).__call__

    class Timed(type(loss)):
        def __call__(self, parameters):
            nonlocal best
            value = evaluate(self, parameters)
            if value < best[0]:
                best = (value, np.array(parameters))
            if time.process_time() - begin > seconds:
                raise OutOfTime
            return value

    loss.__class__ = Timed
    try:
        make_optimizer("LLS")(loss).optimize()
        data.optimized = ["species_coeffs", "moment_coeffs", "radial_coeffs"]
        options = {"method": "BFGS", "options": {"maxiter": 1_000_000}}
        make_optimizer("minimize")(loss).optimize(**options)
    except OutOfTime:
        pass
    return best[0], best[1], time.process_time() - begin


def show(name: str, potential: MTPPotential, frames: list[Atoms]) -> None:
    """Print loss and errors of a potential on labelled frames."""
    calculator, guesses = MTPCalculator(potential), []
    for atoms in frames:
        guess = atoms.copy()
        guess.calc = calculator
        guess.get_stress()
        guesses.append(Frame.from_atoms(guess))
    loss = Loss(potential, frames, LossWeights()).value(potential.parameters)
    e = error_statistics(FrameSet(map(Frame.from_atoms, frames)), FrameSet(guesses))
    print(f"  {name:15s}{len(frames):5d} frames  loss {loss:.5f}  {e.energy_rmse_mev_atom:6.2f} "
          f"meV/atom  {e.force_rmse_ev_a:.3f} eV/A  {e.stress_rmse_gpa:.3f} GPa")  # fmt: skip


def cost(loss: Loss, x, atoms: int) -> float:
    """Return CPU microseconds of one loss and gradient per atom."""
    best = np.inf
    for _ in range(5):
        begin = time.process_time()
        loss.value_and_gradient(x)
        best = min(best, time.process_time() - begin)
    return 1e6 * best / atoms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(tempfile.gettempdir()) / "amorph-bench-frames.extxyz"
    parser.add_argument("frames", type=Path, nargs="?", default=default)
    parser.add_argument("--level", type=int, default=8)
    parser.add_argument("--cutoff", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=90.0, help="CPU seconds for motep")
    parser.add_argument("--no-motep", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if not options.frames.exists():
        make_frames(options.frames)
    train, held = split(read(options.frames, ":"))
    start = untrained(options.level, SPECIES, options.cutoff, min_distance=1.2, seed=0)
    loss = Loss(start, train, LossWeights())
    atoms = sum(len(frame) for frame in train)
    micro = cost(loss, start.parameters, atoms)
    portable = Loss(start, train, LossWeights())
    portable.kernel = TrainingKernel(start, train, native=False)
    any_cpu = cost(portable, start.parameters, atoms)
    print(f"level {options.level}, {options.cutoff} A: {start.n_parameters} parameters, "
          f"{len(train)} frames; loss and gradient {micro:.1f} us/atom, "
          f"built for any x86-64 {any_cpu:.1f}")  # fmt: skip
    fit = MTPTrainer(start, train, SETTINGS).train(max_seconds=options.seconds / 2)
    show("ours, train", fit.potential, train)
    show("ours, held out", fit.potential, held)
    print(f"  ours: {fit.history[-1][0]:.1f} CPU s, {len(fit.history)} steps")
    if options.no_motep:
        for target in (1, 2, 5, 10, 20, 50):
            reached = [value for cpu, value in fit.history if cpu <= target]
            print(f"  after {target:3d} CPU s: {reached[-1] if reached else float('nan'):.5f}")
        return
    value, parameters, used = run_motep(start, train, options.seconds)
    theirs = start.with_parameters(parameters)
    show("motep, train", theirs, train)
    show("motep, held out", theirs, held)
    reached = next((cpu for cpu, own in fit.history if own <= value), float("nan"))
    print(f"  motep reached {value:.5f} in {used:.0f} CPU s; ours in {reached:.2f}, "
          f"that is 1/{used / reached:.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
