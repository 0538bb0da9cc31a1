"""Processes that tests start: found ready, ended for certain."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom

import psutil

LONG_S = 1800.0
"""For what must come sooner or later, however busy the machine is; only a failure lasts so long."""

_PORTS = range(20_000, 32_000)
"""Below those that the system gives to connections of its own accord."""
_PORT_LOCKS = Path(tempfile.gettempdir()) / f"amorph-test-ports-{os.getuid()}"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on and no other test is given."""
    _PORT_LOCKS.mkdir(exist_ok=True)
    for port in SystemRandom().sample(_PORTS, 100):
        lock = os.open(_PORT_LOCKS / str(port), os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            os.close(lock)
        else:
            return port
    raise RuntimeError(f"no port of {_PORTS[0]} to {_PORTS[-1]} is free")


def wait_until(
    condition: Callable[[], object], what: str, seconds: float = LONG_S, every: float = 0.05
) -> None:
    """Return as soon as a condition holds; a `TimeoutError` says what did not come."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds:g} s still not: {what}")
        time.sleep(every)


@contextmanager
def started(
    command: Sequence[str | Path],
    log: Path,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """Run a process until the end of the block, where it and its children are killed."""
    process = Process(command, log, folder, environment)
    try:
        yield process
    finally:
        process.kill()


class Process:
    """A process with a log that ends no later than the process that started it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_dies_with_parent(), *map(str, command)],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_heeds_ctrl_c,
            )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and not its children."""
        self._process.send_signal(number)

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Return as soon as a condition holds; an error if the process ends before."""

        def holds() -> object:
            alive = self.alive
            found = condition()
            if not found and not alive:
                raise RuntimeError(f"it ended before {what}:\n{self.tail()}")
            return found

        wait_until(holds, what)

    def children(self) -> list[psutil.Process]:
        """Return the processes that it and its children have started."""
        return psutil.Process(self.pid).children(recursive=True)

    def wait(self, seconds: float = LONG_S) -> int:
        """Return the code that it ends with."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"no end after {seconds:g} s:\n{self.tail()}") from None

    def kill(self) -> None:
        """End it and its children at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, seconds: float = 15.0) -> None:
        """Ask it to end, and end it where it does not."""
        if self.alive:
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def tail(self, n_bytes: int = 4000) -> str:
        """Return the end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-n_bytes:]


def _heeds_ctrl_c() -> None:
    """Undo that SIGINT is ignored, which tests in the background of a shell hand down."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _dies_with_parent() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []
