"""A clock that tests set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class TestedTime:
    """In place of the module ``time``: it stands still until it is told to go on.

    Parameters
    ----------
    now
        What it says, s.
    each
        How far it goes on each time that it is asked, s.
    """

    __test__ = False

    now: float = 1e9
    each: float = 0.0

    def time(self) -> float:
        """Return seconds since 1970."""
        self.now += self.each
        return self.now

    def monotonic(self) -> float:
        """Return seconds."""
        return self.time()

    def process_time(self) -> float:
        """Return seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Go on."""
        self.now += seconds
