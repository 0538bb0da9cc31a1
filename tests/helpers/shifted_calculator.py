"""A toy calculator with another energy reference and stiffer forces: its differences are known."""

from __future__ import annotations

from typing import Any

from amorph_flows.calculators.toy import ToyCalculator

SHIFT_EV_ATOM = 0.25
STIFFER = 1.1


class Shifted(ToyCalculator):
    """Energies move by a constant per atom, forces grow by a tenth."""

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        """Compute and change the labels."""
        super().calculate(*args, **kwargs)
        self.results["energy"] += SHIFT_EV_ATOM * len(self.atoms)
        self.results["forces"] = STIFFER * self.results["forces"]
