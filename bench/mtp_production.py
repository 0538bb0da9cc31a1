"""A fit of production size: level 16, 7 A, 2000 frames of 84 and 96 atoms; about an hour of CPU.

    python bench/mtp_production.py [FOLDER] [--frames 2000] [--max-hours 2]

MD with the published MgV2O5 potential in LAMMPS, crystalline MgV2O5 and V2O5 (its Mg taken out) at
several temperatures, a frame every 0.2 ps, labelled by CHGNet in a random order and kept in FOLDER,
so that a stopped run goes on. The split is the package's: whole blocks of the trajectories are held
out for the choice of the snapshot and for the test. CPU seconds of one thread: OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write

from amorph_flows.analysis import read_trajectory
from amorph_flows.datasets import Frame, FrameSet, Provenance, shortest_contact, split_frames
from amorph_flows.lammps.input import write_data
from amorph_flows.potentials.mtp import MTPTrainer, TrainingSettings, build_plugin, untrained
from mtp_md import BIN, DATA, SPECIES, cell
from mtp_training import show

RUNS = {"MgV2O5": (300, 600, 900, 1200, 1500), "V2O5": (300, 600, 900)}
STRIDE, EQUILIBRATION = 100, 1500
SHORTEST_A = 1.25

INPUT = """units metal
atom_style atomic
read_data data
plugin load {plugin}
pair_style mtp
pair_coeff * * {data}/pot.mtp 0 1 2
neighbor 0.5 bin
timestep 0.002
velocity all create {temperature} {seed}
fix 1 all langevin {temperature} {temperature} 0.2 {seed} zero yes
fix 2 all nve
run {equilibration}
dump 1 all custom {stride} dump id type xu yu zu
dump_modify 1 sort id time yes units yes first no format float %.8f
run {steps}
"""


def run_md(name: str, temperature: int, n_frames: int) -> list[Atoms]:
    """Return the frames of one trajectory, up to the first with a contact that is too short."""
    atoms = cell()
    if name == "V2O5":
        del atoms[atoms.numbers == 12]
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder) / "data", atoms, SPECIES)
        text = INPUT.format(plugin=build_plugin(), data=DATA, temperature=temperature,
                            seed=temperature, stride=STRIDE, equilibration=EQUILIBRATION,
                            steps=STRIDE * n_frames)  # fmt: skip
        (Path(folder) / "in.lmp").write_text(text)
        subprocess.run([BIN / "lmp", "-in", "in.lmp", "-log", "none"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        run = read_trajectory(Path(folder) / "dump", species=SPECIES)
    frames = []
    for step, (positions, box) in enumerate(zip(run.positions, run.cells, strict=True)):
        frame = Atoms(run.numbers, positions, cell=box, pbc=True)
        if shortest_contact(Frame.from_atoms(frame), SHORTEST_A) is not None:
            break
        frame.info = {"run": f"{name} {temperature} K", "temperature": temperature, "step": step}
        frames.append(frame)
    print(f"{name} {temperature} K: {len(frames)} frames", flush=True)
    return frames


class Labeller:
    """CHGNet's energy, forces and stress by one backward pass instead of its two."""

    def __init__(self) -> None:
        from chgnet.model import CHGNet

        self.model = CHGNet.load(use_device="cpu", verbose=False).eval()
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)

    def __call__(self, atoms: Atoms) -> Atoms:
        import torch
        from chgnet.model.model import BatchedGraph
        from pymatgen.io.ase import AseAtomsAdaptor

        model, n = self.model, len(atoms)
        graph = model.graph_converter(AseAtomsAdaptor.get_structure(atoms))
        batch = BatchedGraph.from_graphs(
            [graph], model.bond_basis_expansion, model.angle_basis_expansion, compute_stress=True
        )
        energy = n * model._compute(batch)["e"].sum()
        inputs = [batch.atom_positions[0], batch.strains[0]]
        slope, virial = (part.numpy() for part in torch.autograd.grad(energy, inputs))
        stress = (virial / atoms.get_volume())[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        total = float(energy + n * model.composition_model([graph]))
        atoms.calc = SinglePointCalculator(atoms, energy=total, forces=-slope, stress=stress)
        return atoms


def labelled(folder: Path, n_frames: int) -> FrameSet:
    """Return labelled frames, those that are missing in the folder made first."""
    raw, done = folder / "raw.extxyz", folder / "labelled.extxyz"
    if not raw.exists():
        per_run = -(-n_frames // sum(map(len, RUNS.values())))
        frames = [f for name, ts in RUNS.items() for t in ts for f in run_md(name, t, per_run)]
        order = np.random.default_rng(0).permutation(len(frames))
        write(raw, [frames[i] for i in order])
    have = len(read(done, ":")) if done.exists() else 0
    missing = read(raw, f"{have}:{n_frames}") if have < n_frames else []
    label, begin = Labeller() if missing else None, time.process_time()
    for frame in missing:
        write(done, label(frame), append=True)
        have += 1
        if have % 100 == 0:
            print(f"{have} labels, {time.process_time() - begin:.0f} CPU s", flush=True)
    return FrameSet(
        Frame.from_atoms(atoms, Provenance(run=atoms.info["run"], step=int(atoms.info["step"]),
                                           temperature_k=float(atoms.info["temperature"])))
        for atoms in read(done, f":{n_frames}")
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(tempfile.gettempdir()) / "amorph-bench-production"
    parser.add_argument("folder", type=Path, nargs="?", default=default)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--max-hours", type=float, default=2.0, help="wall time of the fit")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    options.folder.mkdir(parents=True, exist_ok=True)
    frames = labelled(options.folder, options.frames)
    split = split_frames(frames)
    train, choose = (frames.take(part).to_atoms() for part in (split.training, split.validation))
    settings = TrainingSettings(threads=1, checkpoint=options.folder / "checkpoint.mtp")
    start = untrained(16, SPECIES, 7.0, min_distance=1.2, seed=0)
    print(f"{start.n_parameters} parameters; {len(train)} frames, {sum(map(len, train))} atoms; "
          f"{len(choose)} choose the snapshot", flush=True)  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    trainer = MTPTrainer(start, train, settings, choose)
    fit = trainer.train(
        3600.0 * options.max_hours,
        callback=lambda p: p.validation_loss is not None and print(
            f"  {p.steps:4d} steps {p.cpu_seconds:6.0f} CPU s  loss {p.loss:.5f}, "
            f"held out {p.validation_loss:.5f}", flush=True),
    )  # fmt: skip
    fit.potential.write(options.folder / "fitted.mtp")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{time.process_time() - cpu:.0f} CPU s, {time.perf_counter() - wall:.0f} s of wall "
          f"time, {len(fit.history)} steps; memory peak {peak / 2**20:.2f} GB, "
          f"{before / 2**20:.2f} before the fit")  # fmt: skip
    for part in ("training", "validation", "test_random", "test_blocks"):
        atoms = frames.take(getattr(split, part)).to_atoms()
        show(part, fit.potential, atoms)


if __name__ == "__main__":
    main()
