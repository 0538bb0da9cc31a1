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
    """

    turns: float = 1.0
    unbroken: float = 1.0
    labels: float = 1.0
    relax_steps: float = inf

    def n_turns(self, limit: int) -> int:
        """Return the number of turns.

        Parameters
        ----------
        limit
            How many are allowed.
        """
        return max(1, ceil(self.turns * limit))

    @property
    def assumptions(self) -> list[str]:
        """What is assumed, one sentence each."""
        return [
            f"active learning ends after {self.turns:.0%} of the turns that are allowed",
            f"its runs break after {self.unbroken:.0%} of their length, but in the last turn",
            f"a turn labels {self.labels:.0%} of the configurations that it may take",
            f"a relaxation takes {self.relax_steps:g} steps",
        ]


EXPECTED = Case(turns=0.5, unbroken=0.5, labels=0.5, relax_steps=75)
AT_MOST = Case()
