"""A method for environments of their own: ASE's EMT, with grades and a training that counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np


def calculator(folder, scale=1.0, name="EMT"):
    """Return ASE's EMT, whose energies and forces a file of the potential scales."""
    from ase.calculators.emt import EMT

    sys.stdout.write("what a method prints is no reply")
    if name != "EMT":
        raise ValueError(f"{name} is no potential")

    class Scaled(EMT):
        def calculate(self, *args, **kwargs):
            super().calculate(*args, **kwargs)
            if self.atoms.positions.max() > 500.0:
                raise ArithmeticError("an atom is too far away")
            if self.atoms.positions.max() > 400.0:
                os.kill(os.getpid(), 9)
            for key in ("energy", "forces", "stress"):
                if key in self.results:
                    self.results[key] = scale * self.results[key]

    return Scaled()


def grades(calculator):
    """Return a grade for each atom."""
    return np.abs(calculator.results["forces"]).max(axis=1)


def count(task):
    """Count to the number of the settings, at 0.05 s each, from a checkpoint."""
    checkpoint = task.folder / "checkpoint.json"
    done = json.loads(checkpoint.read_text()) if checkpoint.exists() else 0
    task.report(done, task.settings["to"])
    frames = task.frames("training.npz")
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (task.folder / "pids.txt").write_text(f"{os.getpid()} {helper.pid}")
    begun_at = done
    while done < task.settings["to"] and not task.stopped:
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass
        done += 1
        new = checkpoint.with_suffix(".new")
        new.write_text(str(done))
        new.replace(checkpoint)  # whole whenever the task is killed
        task.report(done, task.settings["to"], loss=1.0 / done)
    helper.kill()
    return {
        "counted": done,
        "begun_at": begun_at,
        "energies": [a.info.get("energy") for a in frames],
    }


def fail(task):
    """Fail."""
    sys.stdout.write("the data are nonsense\n")
    sys.stdout.flush()
    raise RuntimeError("no potential fits these")


def die(task):
    """End as the kernel ends a process when the memory is full."""
    os.kill(os.getpid(), 9)
