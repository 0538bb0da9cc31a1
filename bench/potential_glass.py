"""Amorphous MgV2O5 of 768 atoms by the published moment tensor potential, in pieces of a walltime.

``potential_glass.py FOLDER --data FOLDER_OF_POT_MTP`` melts at 2500 K, cools at 100 K/ps, lets the
volume go at 300 K, and stops on the way as at the end of a queue job.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from _page import draw_rdfs, write_results
from amorph_flows.analysis import coordination_numbers, density_g_cm3, radial_distribution
from amorph_flows.lammps import NPT, NVT, LammpsMD, load_trajectory, run_lammps_md
from published_potential import DATA, potential, published_cell

MELT_K, COLD_K = 2500.0, 300.0
PAIRS = (("V", "O"), ("Mg", "O"), ("O", "O"), ("V", "V"))


def schedule(rate_k_per_ps: float, hold_ps: float, walltime_s: float) -> LammpsMD:
    """Return melt, quench and hold."""
    hold_fs, cooling_fs = hold_ps * 1e3, (MELT_K - COLD_K) / rate_k_per_ps * 1e3
    return LammpsMD(
        stages=(
            NVT(temperature_k=MELT_K, duration_fs=hold_fs),
            NVT(temperature_k=MELT_K, end_temperature_k=COLD_K, duration_fs=cooling_fs),
            NPT(temperature_k=COLD_K, duration_fs=hold_fs, frame_stride=100),
        ),
        restart_stride=1000,
        seed=1,
        walltime_s=walltime_s,
    )


def main() -> None:
    """Make the glass piece by piece, and say what it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("potential-glass"))
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--repeats", type=int, default=2, help="of the published cell, each way")
    parser.add_argument("--rate", type=float, default=100.0, help="of cooling, K/ps")
    parser.add_argument("--hold-ps", type=float, default=10.0, help="of melt and glass, ps")
    parser.add_argument("--walltime-s", type=float, default=120.0, help="of a piece")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    cell = published_cell(arguments.data)
    start = cell * ((arguments.repeats,) * 3)
    settings = schedule(arguments.rate, arguments.hold_ps, arguments.walltime_s)
    began = time.time()
    while True:
        doc = potential(arguments.data)
        result = run_lammps_md(start, doc, settings, arguments.folder)
        print(f"{result.reached_fs / 1e3:g} ps after {time.time() - began:.0f} s", flush=True)
        if result.is_complete:
            break
    glass = load_trajectory(result.trajectory, COLD_K)
    last, melt = result.thermo_of(2), result.thermo_of(0)
    late = glass.select(slice(glass.n_frames // 2, None))
    bonds = {of: coordination_numbers(glass.select(slice(-1, None)), of, "O") for of in ("V", "Mg")}
    rdf = radial_distribution(late, 6.0, 300)
    peaks = {"-".join(p): rdf.distances_a[rdf.pair(*p).argmax()] for p in PAIRS[:3]}
    crystal = float(density_g_cm3(cell))
    rows = {
        "density of the start cell, g/cm³": f"{crystal:.3f}",
        "pressure of the melt at this density, GPa": f"{melt['pressure_gpa'][20:].mean():.2f}",
        "density of the glass at 300 K, g/cm³": f"{last['density_g_cm3'].mean():.3f}",
        "mean pressure of the last hold, GPa": f"{last['pressure_gpa'].mean():.3f}",
        **{f"first peak of {pair}, Å": f"{r:.2f}" for pair, r in peaks.items()},
        **{f"oxygens around {of}": f"{found.mean:.2f}" for of, found in bonds.items()},
        "pieces": ", ".join(f"step {piece.first_step}" for piece in result.pieces),
        "steps": str(settings.n_steps),
    }
    text = "\n".join(
        ["| quantity | value |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in rows.items())]
    )
    print(text)
    if arguments.page:
        write_results(arguments.page, f"{text}\n", "potential")
    if arguments.figure:
        draw_rdfs([("glass", late), ("start cell", cell)], PAIRS, arguments.figure)


if __name__ == "__main__":
    main()
