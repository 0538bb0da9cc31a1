"""The training of atomic energy networks: generate.x, then train.x once for each member."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import IO

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import CalculationError, WalltimeError
from amorph_flows.potentials.aenet._input import (
    TRAINING_SET,
    fingerprint,
    generate_in,
    network_name,
    setup_name,
    structure_name,
    train_in,
    xsf,
)
from amorph_flows.potentials.aenet._output import epochs, has_converged, n_weights
from amorph_flows.potentials.aenet._programs import command_of, require_success, run
from amorph_flows.potentials.learned import Fit
from amorph_flows.runtime.progress import report_progress
from amorph_flows.runtime.walltime import remaining_s
from amorph_flows.schemas.fits import AENETSettings

_POLL_S = 0.2
_APART_S = 0.05
_STOP = "STOP"
_OUT, _ERR = "train.out", "train.err"


def train(
    training: FrameSet, alone: dict[str, float], settings: AENETSettings, folder: Path
) -> Fit:
    """Return networks, those of the potential and of the other members of its committee.

    Parameters
    ----------
    training
        Labelled frames.
    alone
        Energy of a lone atom of each element, eV, in the order of the species.
    settings
        Basis, layers and epochs.
    folder
        Where the programs work; made if absent.

    Raises
    ------
    CalculationError
        If a program fails; the message ends with what it said last.
    WalltimeError
        If the queue job is about to end.
    """
    species = list(alone)
    folder.mkdir(parents=True, exist_ok=True)
    before = _child_seconds()
    _write_input(training, alone, settings, folder)
    run("generate", folder)
    if not (folder / TRAINING_SET).exists():
        raise CalculationError("AENET's generate.x wrote no training set", folder)
    homes = [folder / f"member{member}" for member in range(settings.members)]
    for home in homes:
        home.mkdir(exist_ok=True)
        for old in home.iterdir():
            old.unlink()
        (home / "train.in").write_text(train_in(species, settings))
    out_of_time = _train_all(homes, settings)
    said = (homes[0] / _OUT).read_text()
    seconds = _child_seconds() - before
    steps = epochs(said)
    shares = [seconds * epoch / max(steps[-1][0], 1) for epoch, _ in steps] if steps else []
    return Fit(
        files={
            network_name(element, member): _network(home, element)
            for member, home in enumerate(homes)
            for element in species
        },
        species=species,
        n_parameters=n_weights(said),
        cpu_seconds=seconds,
        history=[(share, loss) for share, (_, loss) in zip(shares, steps, strict=True)],
        ended="time" if out_of_time else "converged" if has_converged(said) else "steps",
        reference_energies_ev=alone,
    )


def _write_input(
    training: FrameSet, alone: dict[str, float], settings: AENETSettings, folder: Path
) -> None:
    names = [structure_name(index) for index in range(len(training))]
    for name, frame in zip(names, training, strict=True):
        (folder / name).write_text(xsf(frame))
    for element in alone:
        (folder / setup_name(element)).write_text(fingerprint(element, list(alone), settings))
    (folder / "generate.in").write_text(generate_in(alone, names))
    (folder / TRAINING_SET).unlink(missing_ok=True)


def _network(home: Path, element: str) -> bytes:
    path = home / network_name(element)
    if not path.exists():
        raise CalculationError(f"AENET's train.x wrote no {path.name}", home)
    return path.read_bytes()


def _train_all(homes: list[Path], settings: AENETSettings) -> bool:
    """Train the members, as many at once as there are cores; return whether time ran out."""
    waiting, running = list(homes), list[tuple[Path, subprocess.Popen[bytes], list[IO[bytes]]]]()
    cores, began, out_of_time = len(os.sched_getaffinity(0)), time.monotonic(), False
    try:
        while waiting or running:
            while waiting and len(running) < cores:
                running.append(_start(waiting.pop(0)))
                time.sleep(_APART_S)  # train.x takes the clock for its seed
            for one in [one for one in running if one[1].poll() is not None]:
                running.remove(one)
                _finish(one)
            left = remaining_s()
            if left is not None and left <= 0:
                raise WalltimeError(
                    "the training of AENET was stopped before the queue job ends; give the job a "
                    "longer walltime, or fewer max_steps"
                )
            if not out_of_time and time.monotonic() - began > settings.max_seconds:
                out_of_time = True
                for home in homes:
                    (home / _STOP).touch()  # train.x ends after the epoch
            _report(homes, settings)
            time.sleep(_POLL_S)
    finally:
        for _, process, _ in running:
            process.kill()
            process.wait()
    return out_of_time


def _start(home: Path) -> tuple[Path, subprocess.Popen[bytes], list[IO[bytes]]]:
    logs = [(home / _OUT).open("wb"), (home / _ERR).open("wb")]
    process = subprocess.Popen(
        [*command_of("train"), "train.in"],
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=logs[0],
        stderr=logs[1],
    )
    return home, process, list(logs)


def _finish(one: tuple[Path, subprocess.Popen[bytes], list[IO[bytes]]]) -> None:
    home, process, logs = one
    for log in logs:
        log.close()
    said, errors = ((home / name).read_text(errors="replace") for name in (_OUT, _ERR))
    require_success("train", process.returncode, said, errors)


def _report(homes: list[Path], settings: AENETSettings) -> None:
    done = 0
    for home in homes:
        path = home / _OUT
        found = epochs(path.read_text(errors="replace")) if path.exists() else []
        done += found[-1][0] if found else 0
    report_progress(done, settings.max_steps * len(homes), "epochs of AENET")


def _child_seconds() -> float:
    used = os.times()
    return used.children_user + used.children_system
