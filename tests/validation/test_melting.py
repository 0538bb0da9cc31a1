"""The disorder verdicts on MgV2O5 run with the published potential, cold and hot."""

from __future__ import annotations

import numpy as np
from ase import units
from ase.io import read
from ase.md.langevin import Langevin
from published import MGV2O5

from amorph_flows.analysis import Trajectory, judge_amorphous, judge_melt
from amorph_flows.analysis.structure.amorphous import AmorphousVerdict
from amorph_flows.analysis.structure.melting import MeltVerdict
from amorph_flows.potentials.mtp._calculator import MTPCalculator
from amorph_flows.structures._library import v2o5

HOST = ["V", "O"]


def _run(temperature_k: float, n_steps: int) -> Trajectory:
    atoms = read(
        MGV2O5 / "mg12v24o60.lammps-data",
        format="lammps-data",
        atom_style="atomic",
        Z_of_type={1: 12, 2: 23, 3: 8},
    )
    atoms.calc = MTPCalculator(MGV2O5 / "pot.mtp", species=["Mg", "V", "O"])
    rng, frames = np.random.default_rng(0), []
    width = np.sqrt(atoms.get_masses()[:, None] * units.kB * temperature_k)
    atoms.set_momenta(rng.normal(size=(len(atoms), 3)) * width)
    md = Langevin(
        atoms,
        2 * units.fs,
        temperature_K=temperature_k,
        friction=0.005 / units.fs,
        rng=rng,
        fixcm=False,
    )
    md.attach(lambda: frames.append(atoms.get_positions()), interval=10)
    md.run(n_steps)
    times = np.arange(len(frames)) * 20.0
    return Trajectory(np.array(frames), atoms.cell.array, atoms.numbers, times, temperature_k)


def test_cold_run_keeps_the_order_of_its_start():
    run = _run(300.0, 750)
    melt = judge_melt(run, HOST)
    assert melt.verdict is MeltVerdict.NOT_MELTED
    assert melt.numbers["displacement_ratio"] < 0.5 * melt.thresholds["displacement_ratio"]
    order = judge_amorphous(run.select(slice(40, None)), v2o5(), HOST)
    assert order.verdict is AmorphousVerdict.CRYSTALLINE
    assert order.numbers["rdf_fluctuation"] > 1.4 * order.thresholds["rdf_fluctuation"]


def test_hot_run_melts():
    run = _run(3000.0, 1500)
    melt = judge_melt(run, HOST)
    assert melt.verdict is MeltVerdict.MELTED
    assert melt.numbers["displacement_ratio"] > 1.5 * melt.thresholds["displacement_ratio"]
    order = judge_amorphous(run.select(slice(100, None)), v2o5(), HOST)
    assert order.verdict is AmorphousVerdict.AMORPHOUS
    assert order.numbers["rdf_fluctuation"] < 0.6 * order.thresholds["rdf_fluctuation"]
