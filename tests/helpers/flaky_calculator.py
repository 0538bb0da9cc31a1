"""A toy calculator whose every third label fails, as a self-consistency cycle may."""

from __future__ import annotations

from typing import Any, ClassVar

from amorph_flows.calculators.toy import ToyCalculator


class EveryThirdFails(ToyCalculator):
    """Counts its configurations over all instances and refuses every third."""

    count: ClassVar[int] = 0

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        """Compute, or fail."""
        type(self).count += 1
        if type(self).count % 3 == 0:
            raise RuntimeError("the self-consistency cycle did not converge")
        super().calculate(*args, **kwargs)


class WithoutStress(ToyCalculator):
    """Gives energies and forces alone."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]
