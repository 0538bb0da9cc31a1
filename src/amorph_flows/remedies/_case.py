"""A failed verdict beside the settings of the stage that it is about."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.remedies._settings import Settings, value_of

Change = tuple[str, Any]
"""Key of the study file and its new value."""

LENGTH = {
    "production": "production.production_fs",
    "mtp_sampling": "mtp_sampling.production_fs",
    "sampling": "sampling.duration_fs",
    "melt_quench.branch": "melt_quench.branch.duration_fs",
    "large_glass": "melt_quench.branch.duration_fs",
    "glasses.schedule": "glasses.schedule.relax_fs",
    "ions": "ions.production_fs",
    "transition": "transition.production.production_fs",
}
"""The key of a stage that makes its runs longer."""

ATOMS, RATE = "glasses.packing.n_atoms", "glasses.schedule.rate_k_per_ps"
"""The keys of the atoms and the cooling of each glass, where they are made from a composition."""

UNKNOWN_FACTOR = 10.0
"""How much longer where a verdict has no number to go by."""


@dataclass(frozen=True)
class Case:
    """A failed verdict.

    Parameters
    ----------
    verdict
        The verdict.
    stage
        Key of the stage that it is about, such as ``"production"``.
    settings
        Of the study.
    """

    verdict: Verdict
    stage: str
    settings: Settings

    def present(self, key: str) -> Any:
        """Return the value of a key of the study file; None where the study has no such key."""
        return value_of(self.settings, key)

    def number(self, name: str) -> float | None:
        """Return what the verdict measured."""
        return self.verdict.numbers.get(name)

    def limit(self, name: str) -> float:
        """Return what it was held to."""
        return self.verdict.thresholds[name]

    def times(self, key: str, factor: float) -> Change | None:
        """Return a key whose value is to be larger by a factor, rounded up to two digits."""
        value = self.present(key)
        if value is None:
            return None
        larger = rounded_up(value * factor)
        return key, (math.ceil(larger) if isinstance(value, int) else larger)

    def longer(self, factor: float) -> Change | None:
        """Return the stage with longer runs."""
        return self.times(LENGTH[self.stage], factor)

    @property
    def loop(self) -> str:
        """Key of active learning; in a study of glasses it is ``"learning"``."""
        return "learning" if self.present("learning") else "active_learning"

    @property
    def fit(self) -> str:
        """Key of the fit, which in a study of glasses is part of the loop."""
        return "learning.fit" if self.present("learning") else "fit"

    def short_of(self, name: str, limit: str) -> float:
        """Return by which factor a number that grows in proportion to the run is too small."""
        number = self.number(name)
        return self.limit(limit) / number if number and number > 0 else UNKNOWN_FACTOR


Table = Mapping[str, Mapping[str, Callable[[Case], Change | None] | str]]
"""By question and failing answer: what finds the change, or why no change would do."""


def rounded_up(value: float) -> float:
    """Return a positive number rounded up to two significant digits.

    Parameters
    ----------
    value
        The number.
    """
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / unit - 1e-9) * unit:.2g}")
