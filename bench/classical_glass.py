"""A NaFePO4 glass with the classical potential ``pedone``, from random positions to a page.

``classical_glass.py`` alone makes a small glass in minutes. ``classical_glass.py FOLDER --units 429
--page docs/validation/classical_glass.md`` makes one of 3003 atoms as the paper's, in half an hour
of one core, and writes the page. A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read

from _page import draw_rdfs, write_results
from amorph_flows.analysis import (
    Trajectory,
    coordination_numbers,
    density_g_cm3,
    network_statistics,
)
from amorph_flows.lammps import (
    NPT,
    NVT,
    LammpsMD,
    LammpsResult,
    Minimise,
    load_trajectory,
    run_lammps_md,
)
from amorph_flows.potentials import classical_potential
from amorph_flows.structures.configuration import to_structure

ATOMS = (("Na", 1), ("Fe", 1), ("P", 1), ("O", 4))
SPECIES = ["Na", "Fe2+", "P", "O"]
PAIRS = (("P", "O"), ("Fe", "O"), ("Na", "O"), ("O", "O"))
START_G_CM3, MELT_K, COLD_K = 3.0, 3000.0, 300.0
PAPER = {
    "BMP (paper)": (3.017, 4.00, 4.46, 0.04, 3.39),
    "Teter (paper)": (2.985, 4.00, 4.70, 0.12, 3.29),
    "ACE (paper)": (3.071, 4.00, 5.15, 0.08, 3.53),
}
"""Table 1 of the paper: density, coordination of P and Fe, P-O-P and P-O-Fe for each P."""


def packed(units: int, seed: int) -> Atoms:
    """Return the formula units at random on a grid of the start's density, so that none touch."""
    symbols = [symbol for symbol, count in ATOMS for _ in range(count * units)]
    atoms = Atoms(symbols, pbc=True)
    edge = (atoms.get_masses().sum() / START_G_CM3 / 0.602214076) ** (1 / 3)
    side = int(np.ceil(len(atoms) ** (1 / 3)))
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3)
    sites = np.random.default_rng(seed).permutation(grid)[: len(atoms)]
    atoms.set_cell(np.eye(3) * edge)
    atoms.positions = sites * edge / side
    return atoms


def schedule(rate_k_per_ps: float, hold_ps: float, seed: int) -> LammpsMD:
    """Return the protocol of the paper with other lengths: melt, cool and hold at zero pressure."""
    hold_fs, cooling_fs = hold_ps * 1e3, (MELT_K - COLD_K) / rate_k_per_ps * 1e3
    return LammpsMD(
        stages=(
            Minimise(force_tolerance_ev_a=0.1, max_steps=2000),
            NVT(temperature_k=COLD_K, duration_fs=2000),
            NPT(temperature_k=COLD_K, duration_fs=2000),
            NVT(temperature_k=MELT_K, duration_fs=hold_fs, velocities="draw"),
            NPT(temperature_k=MELT_K, duration_fs=hold_fs),
            NPT(temperature_k=MELT_K, end_temperature_k=COLD_K, duration_fs=cooling_fs),
            NPT(temperature_k=COLD_K, duration_fs=2 * hold_fs, frame_stride=250),
        ),
        restart_stride=2500,
        seed=seed,
    )


def numbers_of(glass: Trajectory) -> tuple[float, ...]:
    """Return what Table 1 of the paper has, means over the frames."""
    frames = [glass.select(slice(i, i + 1)) for i in range(0, glass.n_frames, 5)]
    links = [network_statistics(frame, "P", ["Fe"]).linkages_per_former for frame in frames]
    bonds = [[coordination_numbers(f, of, "O").mean for f in frames] for of in ("P", "Fe")]
    return (
        float(np.mean([density_g_cm3(frame) for frame in frames])),
        *(float(np.mean(means)) for means in bonds),
        *(float(np.mean([link[name] for link in links])) for name in ("P-O-P", "P-O-Fe")),
    )


def table(result: LammpsResult, glass: Trajectory, said: str) -> str:
    """Return the results as Markdown."""
    rows = {"`pedone` (here)": numbers_of(glass), **PAPER}
    lines = [
        "| potential | density, g/cm³ | P coordination | Fe coordination | P-O-P per P | "
        "P-O-Fe per P |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {v[0]:.3f} | {v[1]:.2f} | {v[2]:.2f} | {v[3]:.2f} | {v[4]:.2f} |"
            for name, v in rows.items()
        ),
    ]
    last = result.thermo_of(6)
    pressure = last["pressure_gpa"]
    lines += [
        "",
        f"{said} The last hold has a mean density of {last['density_g_cm3'].mean():.3f} g/cm³, a "
        f"mean pressure of {pressure.mean():.3f} GPa and a mean temperature of "
        f"{last['temperature_k'].mean():.0f} K; the melt at {MELT_K:g} K and zero pressure has "
        f"{result.thermo_of(4)['density_g_cm3'][-50:].mean():.2f} g/cm³.",
    ]
    return "\n".join(lines) + "\n"


def published_glass(data: Path) -> Atoms:
    """Return a glass that the paper made with its ACE potential."""
    with gzip.open(data / "glass_300K_ACE_1.lammps-data.gz", "rt") as stream:
        types = {1: 26, 2: 11, 3: 8, 4: 15}
        return read(stream, format="lammps-data", atom_style="atomic", Z_of_type=types)


def main() -> None:
    """Make the glass, or the rest of it, and say what it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("classical-glass"))
    parser.add_argument("--units", type=int, default=64, help="formula units of NaFePO4")
    parser.add_argument("--rate", type=float, default=100.0, help="of cooling, K/ps")
    parser.add_argument("--hold-ps", type=float, default=5.0, help="of the melt, ps, twice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="folder of the published glasses")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    start = to_structure(packed(arguments.units, arguments.seed))
    settings = schedule(arguments.rate, arguments.hold_ps, arguments.seed)
    began = time.time()
    result = run_lammps_md(
        start, classical_potential("pedone", SPECIES), settings, arguments.folder
    )
    hours = (time.time() - began) / 3600
    glass = load_trajectory(result.trajectory, COLD_K)
    said = (
        f"{len(start)} atoms, {arguments.rate:g} K/ps, {settings.duration_fs / 1e3:g} ps, "
        f"{settings.n_steps} steps."
    )
    text = table(result, glass, said)
    print(text)
    print(f"{hours:.2f} h, {hours * 3.6e6 / settings.n_steps:.1f} ms a step, if not continued")
    if arguments.page:
        write_results(arguments.page, text)
    if arguments.figure:
        drawn: list[tuple[str, Trajectory | Atoms]] = [("pedone, here", glass)]
        if arguments.data:
            drawn.append(("ACE, published", published_glass(arguments.data)))
        draw_rdfs(drawn, PAIRS, arguments.figure)


if __name__ == "__main__":
    main()
