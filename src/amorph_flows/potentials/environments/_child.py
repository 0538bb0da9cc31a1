"""The other side of a backend's environment: a script that its interpreter runs by path.

It imports nothing of this package, only the standard library, numpy, ase and the file of a method,
and ends, with every process that it started, when its standard input does. The side of this package
imports it for the form of messages and of frames.
"""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

INPUT_FILE, RESULT_FILE, PROGRESS_FILE = "task.json", "result.json", "progress.jsonl"
FRAMES = ("n_atoms", "numbers", "positions", "cells", "energies", "forces", "stresses")
"""Arrays of a file of frames; labels that a frame lacks are not a number."""


def write_message(stream: BinaryIO, header: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write a line of JSON and the bytes of arrays, which it describes.

    Parameters
    ----------
    stream
        Binary.
    header
        What JSON can hold.
    arrays
        Arrays of numbers by name.
    """
    held = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    described = [(name, array.dtype.str, array.shape) for name, array in held.items()]
    line = json.dumps({**header, "arrays": described}).encode() + b"\n"
    stream.write(b"".join([line, *(array.tobytes() for array in held.values())]))
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the arrays of the next message.

    Parameters
    ----------
    stream
        Binary.

    Raises
    ------
    EOFError
        If the stream ends before the message does.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    header = json.loads(line)
    arrays = {}
    for name, dtype, shape in header.pop("arrays"):
        size = np.dtype(dtype).itemsize * int(np.prod(shape, dtype=int))
        data = stream.read(size)
        if len(data) != size:
            raise EOFError
        arrays[name] = np.frombuffer(data, dtype).reshape(shape)
    return header, arrays


class Task:
    """What a long function of a method gets: its folder, its input, and whom to tell.

    Parameters
    ----------
    folder
        Where it works; files of an earlier piece that was stopped or killed are still there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = json.loads((folder / INPUT_FILE).read_text())
        self.stopped = False
        self._earlier = _earlier_cpu_seconds(folder)
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopped = True

    def report(self, done: float, total: float, loss: float | None = None) -> None:
        """Tell how far the task is.

        Parameters
        ----------
        done, total
            Steps done and steps in all.
        loss
            Of the training frames.
        """
        line = {"done": done, "total": total, "loss": loss, "cpu_seconds": self.cpu_seconds()}
        with (self.folder / PROGRESS_FILE).open("a") as file:
            file.write(json.dumps(line) + "\n")

    def cpu_seconds(self) -> float:
        """Return the CPU time of this task, its child processes and its earlier pieces, s."""
        return self._earlier + usage()["cpu_seconds"]

    def frames(self, name: str) -> list[Any]:
        """Return the frames of a file as ASE's atoms.

        Labels are in ``atoms.info["energy"]``, ``atoms.arrays["forces"]`` and
        ``atoms.info["stress"]`` (3 by 3), where there are any.

        Parameters
        ----------
        name
            Of the file, ``.npz``.
        """
        with np.load(self.folder / name, allow_pickle=False) as held:
            return list(_atoms(dict(held)))


def _atoms(held: dict[str, Any]) -> Iterator[Any]:
    from ase import Atoms

    ends = np.cumsum(held["n_atoms"])
    for i, end in enumerate(ends):
        part = slice(end - held["n_atoms"][i], end)
        atoms = Atoms(
            held["numbers"][part], held["positions"][part], cell=held["cells"][i], pbc=True
        )
        if np.isfinite(held["energies"][i]):
            atoms.info["energy"] = float(held["energies"][i])
        if np.isfinite(held["forces"][part]).all():
            atoms.arrays["forces"] = held["forces"][part]
        if np.isfinite(held["stresses"][i]).all():
            atoms.info["stress"] = held["stresses"][i]
        yield atoms


def _earlier_cpu_seconds(folder: Path) -> float:
    path = folder / PROGRESS_FILE
    if not path.exists():
        return 0.0
    kept, seconds = [], 0.0
    for line in path.read_text().splitlines():
        try:
            seconds = float(json.loads(line)["cpu_seconds"])
        except ValueError:  # cut by a kill
            continue
        kept.append(line + "\n")
    path.write_text("".join(kept))
    return seconds


class Evaluation:
    """Answers what is asked about configurations, one after another.

    Parameters
    ----------
    method
        Module with ``calculator(**options)``, an ASE calculator, and functions of it for what else
        can be asked of the atoms that it has just computed, such as ``grades(calculator)``.
    options
        Its arguments.
    """

    def __init__(self, method: Any, options: dict[str, Any]) -> None:
        self.calculator = method.calculator(**options)
        self._method = method
        self._atoms: Any = None

    LABELS: ClassVar[tuple[str, ...]] = ("energy", "forces", "stress")

    def answer(
        self, request: dict[str, Any], arrays: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the header and the arrays of the reply."""
        if request["ask"] == "use":
            return usage(), {}
        atoms = self._placed(arrays)
        found = {}
        for name in request["wanted"]:
            if name in self.LABELS:
                value = self.calculator.get_property(name, atoms)
            else:
                value = getattr(self._method, name)(self.calculator)
            found[name] = np.asarray(value, dtype=float)
        return {}, found

    def _placed(self, arrays: dict[str, Any]) -> Any:
        """Return the atoms; the same object where only positions and cell differ."""
        from ase import Atoms

        numbers, pbc = arrays["numbers"], arrays["pbc"]
        same = (
            self._atoms is not None
            and np.array_equal(self._atoms.numbers, numbers)
            and np.array_equal(self._atoms.pbc, pbc)
        )
        if same:
            self._atoms.set_cell(arrays["cell"])
            self._atoms.positions = arrays["positions"]
        else:
            self._atoms = Atoms(numbers, arrays["positions"], cell=arrays["cell"], pbc=pbc)
        return self._atoms


def usage() -> dict[str, float]:
    """Return the CPU time, s, and the largest memory, MB, of this process and its children."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "cpu_seconds": sum(part.ru_utime + part.ru_stime for part in parts),
        "peak_mb": max(part.ru_maxrss for part in parts) / 1024,
    }


def serve(script: str, options: str) -> None:
    """Answer requests until there are no more."""
    with os.fdopen(os.dup(1), "wb") as replies, os.fdopen(os.dup(0), "rb") as stream:
        os.dup2(2, 1)  # what the method prints is no reply
        requests: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=_receive, args=(stream, requests), daemon=True).start()
        evaluation: Evaluation | None = None
        while True:
            try:
                if evaluation is None:
                    evaluation = Evaluation(_load(script), json.loads(options))
                    reply: tuple[dict[str, Any], dict[str, Any]] = {"ready": True}, {}
                else:
                    reply = evaluation.answer(*requests.get())
            except Exception as error:  # noqa: BLE001 - the parent tells what failed
                reply = _said(error), {}
            write_message(replies, *reply)
            if evaluation is None:
                return


def _said(error: Exception) -> dict[str, str]:
    traceback.print_exc()
    return {"error": type(error).__name__, "message": str(error)}


def _receive(stream: BinaryIO, requests: queue.Queue[Any]) -> None:
    try:
        while True:
            requests.put(read_message(stream))
    except EOFError:
        os._exit(0)  # in the middle of a calculation too: nobody waits for it any more


def run(script: str, function: str) -> None:
    """Run a function of a method in this folder, and write what it returns."""
    threading.Thread(target=_watch, daemon=True).start()
    folder = Path.cwd()
    task = Task(folder)
    result = getattr(_load(script), function)(task)
    content = {"result": result, "stopped": task.stopped, **usage()}
    content["cpu_seconds"] = task.cpu_seconds()
    new = folder / f".{RESULT_FILE}"
    new.write_text(json.dumps(content))
    new.replace(folder / RESULT_FILE)


def _watch() -> None:
    """End the whole group of processes when the parent has gone."""
    while os.read(0, 4096):
        time.sleep(0)
    os.killpg(0, signal.SIGKILL)


def describe(packages: list[str], modules: list[str]) -> dict[str, Any]:
    """Return this interpreter's version and those of packages, once the modules are imported."""
    from importlib import import_module, metadata

    for module in modules:
        import_module(module)
    versions = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {"python": ".".join(map(str, sys.version_info[:3])), "versions": versions}


def _load(script: str) -> Any:
    spec = importlib.util.spec_from_file_location("amorph_method", script)
    if spec is None or spec.loader is None:
        raise ImportError(script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(arguments: list[str]) -> None:
    """Do what the arguments ask for."""
    here = str(Path(__file__).parent)
    sys.path[:] = [place for place in sys.path if place != here]  # its modules are no packages
    what, *rest = arguments
    if what == "describe":
        packages, modules = rest
        said = describe(packages.split(","), [name for name in modules.split(",") if name])
        sys.stdout.write("\n" + json.dumps(said))
    else:
        {"serve": serve, "run": run}[what](*rest)


if __name__ == "__main__":
    main(sys.argv[1:])
