"""The two cases of a plan: what is expected, and what is needed at most."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf


@dataclass(frozen=True)
class Case:
    """How much is done of what nobody knows before the run.

    Parameters
    ----------
    turns
        Share of the turns of active learning that are allowed.
    unbroken
        Share of its length that a run of active learning lasts in each turn but the last one.
    labels
        Share of the labels that a turn may take.
    relax_steps
        Steps of a relaxation, if its engine allows as many.
    glasses
        Share of the glasses that are allowed beyond those at first.
    """

    turns: float = 1.0
    unbroken: float = 1.0
    labels: float = 1.0
    relax_steps: float = inf
    glasses: float = 1.0

    def n_turns(self, limit: int) -> int:
        """Return the number of turns.

        Parameters
        ----------
        limit
            How many are allowed.
        """
        return max(1, ceil(self.turns * limit))

    def n_glasses(self, n_glasses: int, most_glasses: int | None) -> int:
        """Return the number of glasses of a study that adds some; without a limit, those at first.

        Parameters
        ----------
        n_glasses
            How many there are at first.
        most_glasses
            How many are allowed.
        """
        if most_glasses is None:
            return n_glasses
        return n_glasses + ceil(self.glasses * (most_glasses - n_glasses))

    @property
    def assumptions(self) -> list[str]:
        """What is assumed, one sentence each."""
        return [
            f"active learning ends after {self.turns:.0%} of the turns that are allowed",
            f"its runs break after {self.unbroken:.0%} of their length, but in the last turn",
            f"a turn labels {self.labels:.0%} of the configurations that it may take",
            f"a relaxation takes {self.relax_steps:g} steps",
            f"where glasses are added until a goal is reached, {self.glasses:.0%} of those allowed",
        ]


EXPECTED = Case(turns=0.5, unbroken=0.5, labels=0.5, relax_steps=75, glasses=0.5)
AT_MOST = Case()
