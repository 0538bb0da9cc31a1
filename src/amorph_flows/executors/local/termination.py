"""SIGTERM, which queues and containers send, ends a study as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """Raised where a process gets SIGTERM, so that what ends after Ctrl-C ends then too."""


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` inside of a block.

    A second SIGTERM is ignored, so that workers are still ended in order. Outside of the main
    thread, and where somebody else handles or ignores SIGTERM, nothing is changed.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise Terminated

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def exit_code(stop: KeyboardInterrupt) -> int:
    """Return what a shell expects of a command that was stopped: 128 and the signal's number.

    Parameters
    ----------
    stop
        What was raised.
    """
    number = signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT
    return 128 + number
