"""LAMMPS held at a step by the potential, and killed or let go there."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from pathlib import Path

import psutil
import run_lammps
from lammps_backends import argon_that
from processes import LONG_S, started
from pymatgen.core import Structure

from amorph_flows.lammps import LammpsMD
from amorph_flows.lammps._log import last_step
from amorph_flows.lammps.run_files import LOG_FILE


def step_in(folder: Path) -> int:
    """Return the last step in the log of the only run in a folder; 0 before there is one."""
    return max((last_step(log) for log in folder.glob(f"lammps-*/{LOG_FILE}")), default=0)


def let_go(folder: Path) -> int:
    """Let LAMMPS go on; the pipe that is returned is closed after it has ended."""
    (pipe,) = (path for path in folder.glob("lammps-*/hold.*") if path.is_fifo())
    return os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)


def killed_at(step: int, structure: Structure, md: LammpsMD, folder: Path) -> Path:
    """Kill the process that runs argon in LAMMPS, held at a step; return the log."""
    task = folder / "task.pickle"
    task.write_bytes(pickle.dumps((structure, argon_that(hold=str(step)), md, folder)))
    command = [sys.executable, run_lammps.__file__, task]
    with started(command, folder / "process.log") as process:
        process.wait_until(lambda: step_in(folder) >= step, f"step {step}")
        children = process.children()
        process.send(signal.SIGKILL)
        assert not psutil.wait_procs(children, LONG_S)[1], "LAMMPS outlived its parent"
    assert step_in(folder) == step
    (log,) = folder.glob(f"lammps-*/{LOG_FILE}")
    return log
