"""The same data through pymatgen's DiffusionAnalyzer and through kinisi."""

import numpy as np
import pytest
from ase import Atoms
from pymatgen.analysis.diffusion.analyzer import DiffusionAnalyzer
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import (
    Trajectory,
    analyse_transport,
    mean_squared_displacement,
    unwrap,
)

CELL_A, SPACING_FS = 18.0, 500.0


@pytest.fixture(scope="module")
def run():
    rng = np.random.default_rng(3)
    ions = np.cumsum(rng.normal(0, 0.3, (400, 16, 3)), axis=0) + rng.random((16, 3)) * CELL_A
    host = rng.random((8, 3)) * CELL_A + rng.normal(0, 0.05, (400, 8, 3))
    drift = np.linspace(0, 3, 400)[:, None, None]
    positions = (np.concatenate([ions, host], axis=1) + drift) % CELL_A
    return Trajectory(
        positions, np.eye(3) * CELL_A, [12] * 16 + [8] * 8, np.arange(400) * SPACING_FS, 700.0
    )


@pytest.fixture(scope="module")
def pymatgen_analysis(run):
    structure = Structure(
        Lattice.cubic(CELL_A), ["Mg"] * 16 + ["O"] * 8, run.positions[0], coords_are_cartesian=True
    )
    displacements = (unwrap(run) - run.positions[0]).transpose(1, 0, 2)
    return DiffusionAnalyzer(structure, displacements, "Mg", 700, SPACING_FS, 1, smoothed="max")


@pytest.mark.parametrize("curve", ["msd", "mscd"])
def test_displacements_are_those_of_pymatgen(run, pymatgen_analysis, curve):
    ours = mean_squared_displacement(run, "Mg", drift="host")
    lags = np.round(pymatgen_analysis.dt / SPACING_FS).astype(int)
    theirs = getattr(pymatgen_analysis, curve)
    assert getattr(ours, f"{curve}_a2")[lags] == pytest.approx(theirs, rel=1e-8, abs=1e-10)


def test_diffusivity_is_that_of_pymatgen_within_its_spread(run, pymatgen_analysis):
    (ours,) = analyse_transport({700: run}, "Mg").temperatures
    # theirs is an ordinary fit over lags up to the whole run, so only roughly the same
    assert ours.tracer_diffusivity_cm2_s == pytest.approx(pymatgen_analysis.diffusivity, rel=0.3)


def test_diffusivity_and_interval_are_those_of_kinisi(run):
    kinisi = pytest.importorskip("kinisi.analyze", reason="kinisi is not installed")
    scipp = pytest.importorskip("scipp")
    frames = [
        Atoms(numbers=run.numbers, positions=p, cell=run.cells[0], pbc=True) for p in run.positions
    ]
    theirs = kinisi.DiffusionAnalyzer.from_ase(
        frames,
        specie="Mg",
        time_step=scipp.scalar(SPACING_FS, unit="fs"),
        step_skip=scipp.scalar(1, unit="dimensionless"),
        progress=False,
    )
    np.random.seed(0)  # noqa: NPY002
    theirs.diffusion(scipp.scalar(SPACING_FS, unit="fs"), progress=False)
    samples = theirs.D.to(unit="cm2/s").values
    (ours,) = analyse_transport({700: run}, "Mg").temperatures
    assert ours.tracer_diffusivity_cm2_s == pytest.approx(samples.mean(), rel=0.03)
    width = np.diff(ours.tracer_diffusivity_interval_cm2_s)[0]
    assert width == pytest.approx(np.diff(np.percentile(samples, [2.5, 97.5]))[0], rel=0.5)
