"""Diffusivities of one trajectory by this package, by kinisi and by pymatgen."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipp
from ase import Atoms
from kinisi.analyze import DiffusionAnalyzer as KinisiAnalyzer
from pymatgen.analysis.diffusion.analyzer import DiffusionAnalyzer as PymatgenAnalyzer
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import Trajectory, TransportAtTemperature, analyse_transport, unwrap
from amorph_flows.errors import AmorphFlowsError

OURS, KINISI, KINISI_STARTED, PYMATGEN = METHODS = (
    "amorph_flows",
    "kinisi, first lag",
    "kinisi, our start",
    "pymatgen",
)
KINISI_LAGS = 100
MEMORY_TIMES = 5
OTHER_QUANTITIES = ("memory_time_fs", "residence_time_fs", "correlation_factor")


@dataclass(frozen=True)
class Estimate:
    """What a method says about one quantity of one trajectory."""

    method: str
    quantity: str
    value: float
    low: float
    high: float
    believed: bool
    cpu_s: float


def estimates(trajectory: Trajectory, peers: bool) -> Iterator[Estimate]:
    """Yield what every method says; peers have no verdicts, so all they say is believed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found, cpu_s = timed(
                lambda: analyse_transport({trajectory.temperature_k: trajectory}, "Mg")
            )
        except AmorphFlowsError:
            nothing = np.nan, np.nan, np.nan, False, np.nan
            yield from (Estimate(OURS, quantity, *nothing) for quantity in ("tracer", "jump"))
            return
        (found,) = found.temperatures
        yield from of_ours(found, cpu_s)
        if peers:
            yield from of_kinisi(trajectory, start_fs(found))
            yield from of_pymatgen(trajectory)


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU time that it took, s."""
    start = time.process_time()
    return function(), time.process_time() - start


def of_ours(found: TransportAtTemperature, cpu_s: float) -> Iterator[Estimate]:
    """Yield diffusivities and, where they can be told, what else a walk is described by."""
    for quantity in ("tracer", "jump"):
        value = getattr(found, f"{quantity}_diffusivity_cm2_s")
        interval = getattr(found, f"{quantity}_diffusivity_interval_cm2_s")
        yield Estimate(OURS, quantity, value, *interval, found.believable, cpu_s)
    for quantity in OTHER_QUANTITIES:
        value = getattr(found, quantity, None)
        if value is not None:
            base, unit = quantity.removesuffix("_fs"), "_fs" * quantity.endswith("_fs")
            interval = getattr(found, f"{base}_interval{unit}", None) or (np.nan, np.nan)
            yield Estimate(OURS, quantity, value, *interval, found.believable, cpu_s)


def start_fs(found: TransportAtTemperature) -> float:
    """Return where a fit may start: after some memory times, or where ours does."""
    memory = getattr(found, "memory_time_fs", None)
    return float(MEMORY_TIMES * memory if memory else found.fit_window_fs[0])


def of_kinisi(trajectory: Trajectory, our_start_fs: float) -> Iterator[Estimate]:
    """Yield the posterior of kinisi from its first lag on, and from our start.

    All lags, its default, take minutes a trajectory; it gets some, evenly spaced up to the longest.
    """
    last = trajectory.n_frames - 1
    lags = np.unique(np.linspace(1, last, min(KINISI_LAGS, last)).round())
    spacing = trajectory.frame_spacing_fs
    atoms = [
        Atoms(numbers=trajectory.numbers, positions=positions, cell=trajectory.cells[0], pbc=True)
        for positions in trajectory.positions
    ]
    analyzer, read_s = timed(
        lambda: KinisiAnalyzer.from_ase(
            atoms,
            specie="Mg",
            time_step=scipp.scalar(spacing, unit="fs"),
            step_skip=scipp.scalar(1, unit="dimensionless"),
            dt=scipp.array(dims=["time interval"], values=lags * spacing, unit="fs"),
            progress=False,
        )
    )
    known_fs = analyzer.da.coords["time interval"].values
    np.random.seed(0)  # noqa: NPY002
    for method, start in ((KINISI, 0.0), (KINISI_STARTED, our_start_fs)):
        # a line needs a few lags; the last ones are all that a late start leaves
        begin = scipp.scalar(float(min(max(start, known_fs[0]), known_fs[-5])), unit="fs")
        try:
            _, fit_s = timed(lambda begin=begin: analyzer.diffusion(begin, progress=False))
        except (ValueError, np.linalg.LinAlgError):
            yield Estimate(method, "tracer", np.nan, np.nan, np.nan, True, read_s)
            continue
        samples = analyzer.D.to(unit="cm2/s").values
        interval = np.percentile(samples, [2.5, 97.5])
        yield Estimate(method, "tracer", samples.mean(), *interval, True, read_s + fit_s)


def of_pymatgen(trajectory: Trajectory) -> Iterator[Estimate]:
    """Yield the fit of pymatgen with 1.96 of its standard deviations on both sides."""
    n_ions = int(np.sum(trajectory.numbers == 12))
    structure = Structure(
        Lattice(trajectory.cells[0]),
        ["Mg"] * n_ions + ["O"] * (trajectory.n_atoms - n_ions),
        trajectory.positions[0],
        coords_are_cartesian=True,
    )

    def fit() -> Any:
        moved = (unwrap(trajectory) - trajectory.positions[0]).transpose(1, 0, 2)
        return PymatgenAnalyzer(
            structure, np.ascontiguousarray(moved), "Mg", 900, trajectory.frame_spacing_fs, 1
        )

    try:
        found, cpu_s = timed(fit)
    except ValueError:
        yield Estimate(PYMATGEN, "tracer", np.nan, np.nan, np.nan, True, np.nan)
        return
    for quantity, value, error in (
        ("tracer", found.diffusivity, found.diffusivity_std_dev),
        ("jump", found.chg_diffusivity, found.chg_diffusivity_std_dev),
    ):
        wide = 1.96 * error
        yield Estimate(PYMATGEN, quantity, value, value - wide, value + wide, True, cpu_s)
