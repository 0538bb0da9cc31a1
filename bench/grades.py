"""Do extrapolation grades tell where forces are wrong? Every backend on the same frames.

    python bench/grades.py [METHOD ...] [--folder FOLDER] [--page docs/validation/grades.md]

All labels are CHGNet's. Training frames are crystals of V2O5 and MgV2O5 (28 and 32 atoms),
strained by at most 3 % and with atoms displaced at random by 0.03 to 0.15 A. Frames that are unlike
them: larger displacements (0.2 to 0.6 A), compressed and stretched cells (8 to 20 %), and Mg at
random places. A method whose environment is not here is left out, with the command that makes it.
FOLDER keeps the labels.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read, write

from _page import write_results
from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.datasets.grade_check import check_grades, force_errors
from amorph_flows.errors import MissingDependencyError
from amorph_flows.potentials import get_learned_backend
from amorph_flows.schemas.fits import (
    ACESettings,
    FitSettings,
    GAPSettings,
    MTPSettings,
    NequIPSettings,
    PODSettings,
    SnapSettings,
)
from amorph_flows.structures import v2o5
from amorph_flows.testing.alloy import document

N_TRAINING, N_UNLIKE = 60, 90
TIMES_AS_WRONG = 2.0
"""A frame is wrong whose error is so many times the median of frames that are like the training."""

METHODS: dict[str, FitSettings] = {
    "MTP, level 10": MTPSettings(level=10, cutoff=5.0, max_steps=200, seed=1),
    "SNAP": SnapSettings(backend="snap", cutoff=5.0, twojmax=6, trials=4, seed=1),
    "qSNAP": SnapSettings(backend="qsnap", cutoff=5.0, twojmax=4, trials=4, seed=1),
    "POD": PODSettings(cutoff=5.0),
    "GAP": GAPSettings(
        labels="energies and forces", cutoff=5.0, n_max=5, l_max=3, n_sparse=150, force_sigma=0.05
    ),
    "ACE": ACESettings(cutoff=5.0, powers=(1.0, 0.5), functions_per_element=60, max_steps=60),
    "NequIP, committee": NequIPSettings(
        cutoff=4.0, layers=2, features=8, max_steps=30, members=3, seed=1
    ),
}


def with_magnesium(host: Atoms, rng: np.random.Generator, least_a: float) -> Atoms:
    """Return a host with four Mg at random places that are no nearer to other atoms."""
    full = host.copy()
    while len(full) < len(host) + 4:
        added = full + Atoms("Mg", [rng.random(3) @ host.cell.array])
        added.set_cell(host.cell)
        if min(added.get_distances(-1, range(len(full)), mic=True)) > least_a:
            full = added
    return full


def disturbed(
    atoms: Atoms, rng: np.random.Generator, rattle_a: float, strain: float, volume: float = 1.0
) -> Atoms:
    """Return atoms displaced at random in a cell that is strained and scaled."""
    moved = atoms.copy()
    change = (np.eye(3) + rng.uniform(-strain, strain, (3, 3))) * volume ** (1 / 3)
    moved.set_cell(moved.cell.array @ change, scale_atoms=True)
    moved.positions += rng.normal(0.0, rattle_a, moved.positions.shape)
    return moved


def training(host: Atoms, full: Atoms, rng: np.random.Generator) -> Iterator[Atoms]:
    for index in range(N_TRAINING):
        yield disturbed((host, full)[index % 2], rng, rng.uniform(0.03, 0.15), 0.03)


def unlike(host: Atoms, full: Atoms, rng: np.random.Generator) -> Iterator[Atoms]:
    for index in range(N_UNLIKE):
        atoms = (host, full)[index % 2]
        if index % 3 == 0:
            yield disturbed(atoms, rng, rng.uniform(0.2, 0.6), 0.03)
        elif index % 3 == 1:
            change = rng.choice([-1, 1]) * rng.uniform(0.08, 0.2)
            yield disturbed(atoms, rng, 0.1, 0.03, 1.0 + change)
        else:
            yield disturbed(with_magnesium(host, rng, 1.2), rng, 0.1, 0.03)


def labelled(folder: Path) -> dict[str, FrameSet]:
    """Return the sets with labels of CHGNet, kept in a folder."""
    rng, folder = np.random.default_rng(0), folder.resolve()
    host = v2o5().to_ase_atoms(msonable=False) * (1, 2, 1)
    both = host, with_magnesium(host, rng, 1.75)
    sets = {
        "training": training(*both, rng),
        "like": training(*both, rng),
        "unlike": unlike(*both, rng),
    }
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, atoms in sets.items():
        path, bare = folder / f"{name}.extxyz", FrameSet(Frame.from_atoms(a) for a in atoms)
        if not path.exists():
            write(path, bare.labelled_by(get_calculator("CHGNet", {})).to_atoms())
        found[name] = FrameSet(Frame.from_atoms(held) for held in read(path, ":"))
    return found


def row(name: str, settings: FitSettings, sets: dict[str, FrameSet]) -> str:
    """Return the line of the table of one method."""
    backend = get_learned_backend(settings.backend)
    started = time.process_time()
    fit = backend.fit(sets["training"], FrameSet(), settings)
    known = sets["training" if backend.grades_need == "training" else "like"]
    doc = document(backend, fit, known, settings)
    predicted = {
        kind: sets[kind].labelled_by(backend.calculator(doc)) for kind in ("like", "unlike")
    }
    errors = {kind: force_errors(sets[kind], found) for kind, found in predicted.items()}
    wanted = TIMES_AS_WRONG * float(np.median(errors["like"]))
    check = check_grades(backend.grades(doc, sets["unlike"]), errors["unlike"], wanted)
    cells = [f"{np.median(found):.2f}" for found in errors.values()]
    print(f"{name}: {time.process_time() - started:.0f} CPU s", flush=True)
    cells += [
        f"{np.mean(errors['unlike'] > wanted) * 100:.0f} %",
        f"{check.rank_correlation:.2f}",
        str(check.n_above_stop),
        "-" if check.wrong_above_stop is None else f"{100 * check.wrong_above_stop:.0f} %",
        "-" if check.wrong_below_select is None else f"{100 * check.wrong_below_select:.0f} %",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", help="all that are installed if none is given")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "grades")
    parser.add_argument("--page", type=Path, help="page whose results are replaced")
    options = parser.parse_args()
    if unknown := set(options.methods) - set(METHODS):
        parser.error(f"no method {', '.join(sorted(unknown))}; there are {', '.join(METHODS)}")
    sets = labelled(options.folder)
    page = options.page.resolve() if options.page else None
    os.chdir(options.folder)  # fits leave their files
    lines = [
        "| method | force error, like | unlike, eV/Å | wrong | rank correlation | above 10 "
        "| of these wrong | of those below 2 wrong |",
        "|" + " --- |" * 8,
    ]
    for name, settings in METHODS.items():
        if options.methods and name not in options.methods:
            continue
        try:
            get_learned_backend(settings.backend).check()
        except MissingDependencyError as error:
            print(f"{name} is left out: {error}")
            continue
        lines.append(row(name, settings, sets))
        print(lines[-1], flush=True)
    if page:
        write_results(page, "\n" + "\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main()
