"""What the published MgV2O5 potential gives: MD in pieces, then the tool's verdicts.

    python bench/published_potential.py run FOLDER [NAME ...] [--data DATA] [--piece-minutes 10]
    python bench/published_potential.py analyse FOLDER [--page PAGE] [--figure FIGURE]

``run`` makes the runs that are missing in FOLDER, one after the other in one process; a stopped one
goes on. ``analyse`` prints the Markdown of docs/validation/published_potential.md from those that
are there, and puts it between the marks of PAGE, where kinds of runs that are not in FOLDER stay as
they are. Names are ``96-published-removed-1200`` and the like; the default is all of them, about 8
hours of one core.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ase.io import read
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.serialization import dumpfn, loadfn
from pymatgen.core import Structure

from _page import write_results
from amorph_flows.analysis import (
    Trajectory,
    TransportAtTemperature,
    TransportResult,
    analyse_transport,
    judge_amorphous,
    judge_melt,
    read_trajectory,
)
from amorph_flows.errors import CalculationError
from amorph_flows.jobs.production_md import run_production
from amorph_flows.lammps import LammpsMD, load_trajectory, run_lammps_md
from amorph_flows.potentials import mtp_potential
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_structure

DATA = Path(__file__).parents[1] / "tests" / "data" / "mgv2o5"
SPECIES = ["Mg", "V", "O"]
PAPER_CM2_S = {1200: 8.71e-6, 900: 4.75e-6, 600: 3.41e-6}
MELT_K, STEP_K, HOLD_FS, STEP_FS = 2500, 100, 20_000.0, 10_000.0
STEP_ATTEMPTS, RUN_ATTEMPTS, MOST_BROKEN = 3, 10, 30
SINGLE_TIME_FS = 200_000.0
FAILURE_FILE, START_FILE = "failed.txt", "start.txt"


@dataclass(frozen=True)
class Run:
    """One run: how many atoms, from which start, with which momentum, at which temperature, K."""

    n_atoms: int
    start: str
    momentum: str
    temperature: int

    @property
    def name(self) -> str:
        return f"{self.n_atoms}-{self.start}-{self.momentum}-{self.temperature}"

    @property
    def kind(self) -> str:
        return f"{self.n_atoms} atoms, {self.start}, momentum {self.momentum}"

    @property
    def repeats(self) -> tuple[int, int, int]:
        return (1, 1, 1) if self.n_atoms == 96 else (2, 2, 2)

    def md(self, piece_s: float, attempt: int = 0) -> LammpsMD:
        md = LammpsMD.held(
            self.temperature,
            1e6 if self.n_atoms == 96 else 5e5,
            equilibration_fs=50_000.0,
            frame_stride=25,
            thermo_stride=25,
            seed=zlib.crc32(self.name.encode()) % 900_000_000 + 10_000 * attempt,
        )
        changes = {"remove_drift": self.momentum == "removed", "walltime_s": piece_s}
        return md.model_copy(update=changes)


RUNS = [
    Run(n_atoms, start, momentum, temperature)
    for n_atoms, start, momentum, temperatures in (
        (96, "published", "removed", (1200, 900, 600)),
        (96, "quenched", "removed", (1200, 900, 600)),
        (96, "published", "drifting", (1200, 900, 600)),
        (768, "published", "removed", (1200, 900)),
        (768, "published", "drifting", (1200, 900)),
        (768, "quenched", "removed", (1200, 900)),
    )
    for temperature in temperatures
]


def potential(data: Path) -> PotentialDoc:
    """The published potential as a document; nothing is known of its training."""
    labels = EngineInfo(name="VASP, SCAN+U", settings_hash="", surrogate=False)
    return mtp_potential(data / "pot.mtp", SPECIES, labels)


def published_cell(data: Path) -> Structure:
    """The published start cell; the elements, and with them the masses, are given here."""
    atoms = read(data / "mg12v24o60.lammps-data", format="lammps-data", atom_style="atomic",
                 Z_of_type={1: 12, 2: 23, 3: 8})  # fmt: skip
    return to_structure(atoms)


def cooled(data: Path, folder: Path, run: Run) -> tuple[Structure, Trajectory, list[Broken]]:
    """The cell molten and cooled to the run's temperature, the melt, and which steps broke.

    A step in which LAMMPS ends early is made again from its start with another seed, and if none
    of a few seeds reaches its end, so is the step before it.
    """
    home = folder / f"{run.n_atoms}-cooling"
    cells, melts, broken = [published_cell(data) * run.repeats], list[Trajectory](), list[Broken]()
    kelvins = range(MELT_K, run.temperature - 1, -STEP_K)
    tries = dict.fromkeys(kelvins, 0)
    while len(cells) <= len(kelvins):
        kelvin = kelvins[len(cells) - 1]
        seed = kelvin + 10_000 * tries[kelvin]
        tries[kelvin] += 1
        length = STEP_FS if len(cells) > 1 else HOLD_FS
        md = LammpsMD.held(
            kelvin, length - 1000.0, equilibration_fs=1000.0, frame_stride=25, seed=seed
        )
        try:
            result = run_lammps_md(cells[-1], potential(data), md, home)
        except CalculationError as error:
            broken.append(Broken.of(kelvin, error))
            if len(broken) >= MOST_BROKEN:
                raise CalculationError(f"the cell does not cool: {told(broken)}", home) from error
            if tries[kelvin] % STEP_ATTEMPTS == 0 and len(cells) > 1:
                cells.pop()
            continue
        if len(cells) == 1:
            melts = [load_trajectory(result.trajectory, kelvin)]
        cells.append(result.structure)
    return cells[-1], melts[0], broken


def make(run: Run, data: Path, folder: Path, piece_s: float) -> None:
    """Run, piece after piece, and keep the document; what it says of the start is kept too.

    A run in which LAMMPS ends early is made again with another seed.
    """
    home = folder / run.name
    done = home / "run.json"
    if done.exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    cell, repeats, said = published_cell(data), run.repeats, list[str]()
    if run.start == "quenched":
        cell, melt, broken = cooled(data, folder, run)
        repeats = (1, 1, 1)
        said = [str(judge_melt(melt, SPECIES[1:]))]
        said += [f"steps of the cooling made again: {told(broken)}"] if broken else []
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    failed = list[Broken]()
    for attempt in range(RUN_ATTEMPTS):
        md = run.md(piece_s, attempt)
        job = run_production(potential(data), cell, float(run.temperature), md, repeats, run.start)
        try:
            pieces = run_locally(job, store=store, root_dir=home, log=False, raise_immediately=True)
        except CalculationError as error:
            failed.append(Broken.of(run.temperature, error))
            print(f"{run.name}: {error}", flush=True)
            continue
        doc: TrajectoryDoc = pieces[job.uuid][max(pieces[job.uuid])].output
        dumpfn(doc.model_copy(update={"curves": {}}), done)
        said += [f"made again: {told(failed)}"] if failed else []
        (home / START_FILE).write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
        print(f"{run.name}: {len(doc.pieces)} pieces, {doc.mean_temperature_k:.0f} K", flush=True)
        return
    (home / FAILURE_FILE).write_text(f"{told(failed)}\n", encoding="utf-8")


@dataclass(frozen=True)
class Broken:
    """MD that did not reach its end: at which temperature, K, after which step, and why."""

    kelvin: int
    step: int
    reason: str

    @classmethod
    def of(cls, kelvin: int, error: CalculationError) -> Broken:
        step = re.search(r"after step (\d+)", str(error))
        reason = re.search(r"ERROR: (.*?)( met on|:|;|$)", str(error), re.MULTILINE)
        where = int(step[1]) if step else 0
        return cls(kelvin, where, reason[1] if reason else str(error).splitlines()[0])


def told(broken: list[Broken]) -> str:
    """How often LAMMPS ended early, where and why."""
    where = ", ".join(
        f"{n} times at {kelvin} K" for kelvin, n in Counter(one.kelvin for one in broken).items()
    )
    why = " or ".join(f"'{reason}'" for reason in dict.fromkeys(one.reason for one in broken))
    steps = [one.step for one in broken]
    return f"LAMMPS ended early {where}, after {min(steps)} to {max(steps)} steps: {why}"


@dataclass(frozen=True)
class Analysed:
    """One run and what the tool says of it."""

    run: Run
    doc: TrajectoryDoc
    transport: TransportAtTemperature
    structure: list[str]

    @property
    def said(self) -> list[str]:
        doubts = [str(verdict) for verdict in self.doc.verdicts if not verdict.passed]
        return [*self.structure, memory(self.transport), *doubts, *self.transport.doubts]


def trajectory_of(run: Run, doc: TrajectoryDoc, folder: Path) -> Trajectory:
    (dump,) = (folder / run.name).glob("lammps-*/trajectory.lammpstrj*")
    return read_trajectory(dump, temperature_k=run.temperature, species=doc.trajectory.species)


def analysed(folder: Path) -> list[tuple[list[Analysed], TransportResult]]:
    """The runs that are there, those of one kind together."""
    sets = []
    there = [run for run in RUNS if (folder / run.name / "run.json").exists()]
    for _, runs in groupby(there, lambda run: run.kind):
        docs: dict[Run, TrajectoryDoc] = {
            run: loadfn(folder / run.name / "run.json") for run in runs
        }
        trajectories = {
            float(run.temperature): trajectory_of(run, doc, folder) for run, doc in docs.items()
        }
        result = analyse_transport(trajectories, "Mg", charge=2.0, single_time_fs=SINGLE_TIME_FS)
        found = {at.temperature_k: at for at in result.temperatures}
        members = [
            Analysed(run, doc, found[kelvin], said_of_structure(folder / run.name, trajectory))
            for (run, doc), (kelvin, trajectory) in zip(
                docs.items(), trajectories.items(), strict=True
            )
        ]
        sets.append((members, result))
    return sets


def said_of_structure(home: Path, trajectory: Trajectory) -> list[str]:
    """What is told of its melt and cooling, if any, and whether its last 20 ps are amorphous."""
    path = home / START_FILE
    melted = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    last = trajectory.select(slice(-400, None, 4))
    return [*melted, str(judge_amorphous(last, v2o5(), SPECIES[1:]))]


@dataclass(frozen=True)
class Results:
    """What the page has between its marks: a row for each run, and a section for each kind."""

    rows: dict[str, str]
    sections: dict[str, str]

    @classmethod
    def of(cls, sets: list[tuple[list[Analysed], TransportResult]]) -> Results:
        """Return those of the runs that are there."""
        rows = {member.run.name: row(member) for members, _ in sets for member in members}
        return cls(rows, {members[0].run.kind: section(members, all_t) for members, all_t in sets})

    @classmethod
    def on(cls, page: Path) -> Results:
        """Return those on a page, of runs that may be on another machine or nowhere any more."""
        text = page.read_text(encoding="utf-8")
        held = text.partition("<!-- results -->")[2].partition("<!-- end of results -->")[0]
        lines = held.splitlines()
        rows = {
            run.name: line
            for run in RUNS
            for line in lines
            if line.startswith(f"| {run.kind} | {run.temperature} |")
        }
        parts = (part.partition("\n") for part in f"\n{held}".split("\n### ")[1:])
        return cls(rows, {kind: said.strip() for kind, _, said in parts})

    def renewed(self, newer: Results) -> Results:
        """Return both; of a kind of which there are newer runs, the newer ones alone."""
        again = {run.name for run in RUNS if run.kind in newer.sections}
        rows = {name: line for name, line in self.rows.items() if name not in again}
        return Results(rows | newer.rows, self.sections | newer.sections)

    def markdown(self, folder: Path) -> str:
        """Return the tables and, run by run, what the tool says."""
        start = judge_amorphous(published_cell(DATA), v2o5(), SPECIES[1:])
        lines = [
            f"The published start cell: {start}.",
            "",
            "| run | T, K | ns | pieces | energy, eV/atom | D*, cm²/s | 95 % | believed | "
            "D*, drift left in | MSD(200 ps)/6Δt | paper |",
            "|" + " --- |" * 11,
            *(self.rows[run.name] for run in RUNS if run.name in self.rows),
        ]
        for name in (run.name for run in RUNS if run.name not in self.rows):
            path = folder / name / FAILURE_FILE
            said = path.read_text(encoding="utf-8").strip() if path.exists() else "not run yet"
            lines += ["", f"{name}: {said}."]
        for kind in dict.fromkeys(run.kind for run in RUNS if run.kind in self.sections):
            lines += ["", f"### {kind}", "", self.sections[kind]]
        return "\n".join(lines) + "\n"


def section(members: list[Analysed], result: TransportResult) -> str:
    """What the tool says of the runs of one kind."""
    lines = []
    for member in members:
        lines += [f"**{member.run.temperature} K**", "", *(f"- {said}" for said in member.said), ""]
    if len(members) > 1:
        lines += ["**All temperatures**", "", *(f"- {line}" for line in together(result))]
    return "\n".join(lines).strip()


def row(member: Analysed) -> str:
    run, doc, at = member.run, member.doc, member.transport
    low, high = at.tracer_diffusivity_interval_cm2_s
    cells = [
        run.kind, str(run.temperature), f"{doc.production_fs / 1e6:g}", str(len(doc.pieces)),
        f"{doc.mean_energy_ev_atom:.3f}",
        number(at.tracer_diffusivity_cm2_s), f"{number(low)} to {number(high)}",
        "yes" if at.believable else "no", number(at.tracer_diffusivity_with_drift_cm2_s),
        number(at.tracer_diffusivity_single_time_cm2_s), number(PAPER_CM2_S[run.temperature]),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def memory(at: TransportAtTemperature) -> str:
    """How often ions hop and how much of it is undone, where that can be told."""
    numbers = {
        "residence time": (at.residence_time_fs, at.residence_time_interval_fs, 1e-3, " ps"),
        "memory time": (at.memory_time_fs, at.memory_time_interval_fs, 1e-3, " ps"),
        "correlation factor": (at.correlation_factor, at.correlation_factor_interval, 1.0, ""),
    }
    said = []
    for name, (value, interval, scale, unit) in numbers.items():
        if value is None:
            said.append(f"{name} not to be told")
            continue
        ends = (
            ""
            if interval is None
            else " ({:.3g} to {:.3g})".format(*(scale * end for end in interval))
        )
        said.append(f"{name} {scale * value:.3g}{unit}{ends}")
    return ", ".join(said)


def number(value: float) -> str:
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}e{int(exponent)}".replace("e0", "")


def together(result: TransportResult) -> list[str]:
    lines = [str(verdict) for verdict in result.verdicts if not verdict.passed]
    if result.activation_energy_ev is not None:
        lines.append(f"activation energy: {1e3 * result.activation_energy_ev:.0f} meV, "
                     f"{'believed' if result.believable else 'not believed'}")  # fmt: skip
    return lines


def draw(sets: list[tuple[list[Analysed], TransportResult]], path: Path) -> None:
    """MSD of Mg without drift against lag, one panel a kind of run, and the paper's 6 D t."""
    from matplotlib.figure import Figure

    colours = {1200: "#cf5f30", 900: "#d0a030", 600: "#3a78c2"}
    n_columns = min(3, len(sets))
    n_rows = -(-len(sets) // n_columns)
    figure = Figure(figsize=(0.8 + 2.9 * n_columns, 3.2 * n_rows), dpi=110, layout="constrained")
    panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(sets) :]:
        axes.set_axis_off()
    for axes, (members, _) in zip(panels.flat, sets, strict=False):
        axes.set_title(members[0].run.kind.replace(", mom", ",\nmom"), fontsize=9)
        for member in members:
            at, kelvin = member.transport, member.run.temperature
            shown = slice(1, len(at.lags_fs) // 2)
            lags_ps = at.lags_fs[shown] / 1e3
            axes.loglog(lags_ps, at.msd_a2[shown], color=colours[kelvin], label=f"{kelvin} K")
            paper = 6 * PAPER_CM2_S[kelvin] * 1e4 * lags_ps
            axes.loglog(lags_ps, paper, ":", color=colours[kelvin], lw=1)
        axes.legend(frameon=False, fontsize=8, title="dotted: 6 D t, paper", title_fontsize=8)
    figure.supxlabel("lag / ps", fontsize=9)
    figure.supylabel("MSD of Mg / Å²", fontsize=9)
    figure.savefig(path)


def main() -> None:
    if len(sys.argv) == 1:
        print("skipped: it takes hours; give run or analyse, and a folder")
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    run = parts.add_parser("run")
    run.add_argument("folder", type=Path)
    run.add_argument("names", nargs="*", help="all if none is given")
    run.add_argument("--data", type=Path, default=DATA, help="of pot.mtp and the start cell")
    run.add_argument("--piece-minutes", type=float, default=10.0, help="walltime of a piece")
    analyse = parts.add_parser("analyse")
    analyse.add_argument("folder", type=Path)
    analyse.add_argument("--page", type=Path, help="page whose results are replaced")
    analyse.add_argument("--figure", type=Path, help="PNG of the mean square displacements")
    options = parser.parse_args()
    if options.part == "run":
        if unknown := set(options.names) - {each.name for each in RUNS}:
            parser.error(f"no run {', '.join(sorted(unknown))}; there are "
                         f"{', '.join(each.name for each in RUNS)}")  # fmt: skip
        for each in RUNS:
            if not options.names or each.name in options.names:
                make(each, options.data.resolve(), options.folder.resolve(),
                     60 * options.piece_minutes)  # fmt: skip
        return
    sets = analysed(options.folder)
    results = Results.of(sets)
    if options.page:
        results = Results.on(options.page).renewed(results)
    text = results.markdown(options.folder)
    print(text)
    if options.figure:
        draw(sets, options.figure)
    if options.page:
        write_results(options.page, f"\n{text}\n")


if __name__ == "__main__":
    main()
