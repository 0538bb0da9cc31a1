"""References laid over the plot of diffusivities."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report.figures._theme import GREEN
from amorph_flows.schemas.figure import Series, Symbol
from amorph_flows.schemas.reference import Reference, ReferenceQuantity

_SYMBOLS: dict[ReferenceQuantity, Symbol] = {
    "tracer_diffusivity": "square-open",
    "jump_diffusivity": "cross-open",
}


def reference_series(references: Sequence[Reference]) -> list[Series]:
    """Return the diffusivities among some references against 1000/T, one series for each label.

    Parameters
    ----------
    references
        Of the study.
    """
    groups: dict[tuple[str, ReferenceQuantity], list[tuple[float, Reference]]] = {}
    for one in references:
        if one.quantity in _SYMBOLS and one.temperature_k is not None:
            groups.setdefault((one.label, one.quantity), []).append((one.temperature_k, one))
    return [
        Series(
            name=label,
            kind="points",
            x=[1e3 / kelvin for kelvin, _ in found],
            y=[one.middle for _, one in found],
            low=[one.ends[0] for _, one in found],
            high=[one.ends[1] for _, one in found],
            labels=[f"{kelvin:g} K, {one.source}" for kelvin, one in found],
            colour=GREEN,
            symbol=_SYMBOLS[quantity],
        )
        for (label, quantity), found in groups.items()
    ]
