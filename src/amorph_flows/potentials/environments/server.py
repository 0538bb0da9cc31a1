"""A method of another environment as an ASE calculator, through a process and its pipes."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, ClassVar, cast

import numpy as np
from ase import Atoms
from ase.calculators.calculator import CalculationFailed, Calculator, all_changes
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import CalculationError
from amorph_flows.potentials.base import require_elements
from amorph_flows.potentials.environments._child import read_message, write_message
from amorph_flows.potentials.environments.installed import CHILD, Installed

_PATIENCE_S = 10.0
_LAST_LINES = 15


class MethodServer:
    """A process that the first question starts; it ends with this object or with this process.

    Parameters
    ----------
    installed
        The environment.
    script
        File of the method, as ``_child.py`` takes it.
    files
        Files of the potential, written into a folder of their own.
    options
        Arguments of the method's ``calculator``, which JSON can hold, beside ``folder``.
    """

    def __init__(
        self,
        installed: Installed,
        script: Path,
        files: Mapping[str, bytes],
        options: Mapping[str, Any],
    ) -> None:
        self._installed, self._script = installed, script
        self._files, self._options = dict(files), dict(options)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._end: weakref.finalize[..., MethodServer] | None = None

    def ask(
        self, question: Mapping[str, Any], arrays: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and arrays of the answer.

        Parameters
        ----------
        question, arrays
            As ``_child.py`` takes them.

        Raises
        ------
        CalculationError
            If the method cannot load the potential.
        CalculationFailed
            If it fails in this configuration, or the process dies; the message says how.
        """
        process = self._running()
        try:
            write_message(cast("Any", process.stdin), dict(question), dict(arrays or {}))
        except OSError as error:
            raise self._death(process) from error
        return self._reply(process)

    def usage(self) -> dict[str, float]:
        """Return ``cpu_seconds`` and ``peak_mb`` of the process so far."""
        return self.ask({"ask": "use"})[0]

    @property
    def pid(self) -> int | None:
        """Its process number while there is one."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process, if there is one."""
        if self._end is not None:
            self._end()
        self._process = self._end = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        folder = tempfile.TemporaryDirectory(prefix="amorph-potential-")
        for name, content in self._files.items():
            (Path(folder.name) / name).write_bytes(content)
        log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process lives
        process = subprocess.Popen(
            [
                *(*self._installed.command, str(CHILD), "serve", str(self._script)),
                json.dumps({**self._options, "folder": folder.name}),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={"OMP_NUM_THREADS": "1", **self._installed.variables()},
        )
        self._process, self._log = process, log
        self._end = weakref.finalize(self, _end, process, log, folder)
        try:
            self._reply(process)
        except CalculationFailed as error:
            self.close()
            raise CalculationError(f"the potential cannot be used: {error}") from error
        return process

    def _reply(self, process: subprocess.Popen[bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            header, arrays = read_message(cast("Any", process.stdout))
        except EOFError:
            raise self._death(process) from None
        if "error" in header:
            name = self._installed.environment.name
            raise CalculationFailed(f"{name}: {header['error']}: {header['message']}")
        return header, arrays

    def _death(self, process: subprocess.Popen[bytes]) -> CalculationFailed:
        name = self._installed.environment.name
        try:
            code = process.wait(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            code = 0
        how = f"ended with exit code {code}"
        if code < 0:
            how = f"was ended by signal {-code} ({signal.strsignal(-code)})"
            how += "; the memory may have been full" if -code == signal.SIGKILL else ""
        said = ""
        if self._log is not None:
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").strip().splitlines()
            said = "".join(f"\n{line}" for line in lines[-_LAST_LINES:])
        self.close()
        return CalculationFailed(f"the process of {name!r} {how}{said}")


class ServedCalculator(Calculator):
    """An ASE calculator of energy, forces and stress by a method of another environment.

    Parameters
    ----------
    server
        Answers.
    species
        Element symbols of the potential; others are refused before the method is asked.
    offsets
        Energy that is added for each atom of an element, eV, where the method leaves it out.

    Raises
    ------
    InputError
        When it is asked about an element that the potential lacks.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(
        self,
        server: MethodServer,
        species: Sequence[str],
        offsets: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.server, self.species = server, list(species)
        self._offsets = dict(offsets or {})

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute energy, eV, forces, eV/Å, and the stress of a periodic cell, eV/Å³.

        A configuration in which the method fails raises a `CalculationFailed`.
        """
        super().calculate(atoms, properties, system_changes)
        wanted = ["energy", "forces", *(["stress"] if self.atoms.pbc.all() else [])]
        found = self._ask(self.atoms, wanted)
        symbols = self.atoms.get_chemical_symbols()
        energy = float(found["energy"]) + sum(self._offsets.get(s, 0.0) for s in symbols)
        self.results = {"energy": energy, "free_energy": energy, "forces": found["forces"].copy()}
        if "stress" in found:
            self.results["stress"] = found["stress"].copy()

    def ask(self, name: str, atoms: Atoms) -> FloatArray:
        """Return what a function of the method's script gives for a configuration.

        Parameters
        ----------
        name
            Of the function, such as ``"grades"``, the extrapolation grade of each atom.
        atoms
            The configuration.
        """
        return cast("FloatArray", self._ask(atoms, ["energy", name])[name])

    def close(self) -> None:
        """End the method's process; the next configuration starts another."""
        self.server.close()

    def _ask(self, atoms: Atoms, wanted: list[str]) -> dict[str, Any]:
        require_elements(self.species, atoms.get_chemical_symbols())
        arrays = {
            "numbers": atoms.numbers,
            "positions": atoms.positions,
            "cell": np.asarray(atoms.cell.array),
            "pbc": atoms.pbc,
        }
        return self.server.ask({"ask": "evaluate", "wanted": wanted}, arrays)[1]


def _end(
    process: subprocess.Popen[bytes], log: IO[bytes], folder: tempfile.TemporaryDirectory[str]
) -> None:
    """End the process, by force if it does not end by itself, and remove its files."""
    for pipe in (process.stdin, process.stdout):
        try:
            cast("Any", pipe).close()
        except OSError:  # it died with a question half written
            continue
    try:
        process.wait(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    log.close()
    folder.cleanup()
