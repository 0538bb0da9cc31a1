"""Remedies of the interval of several samples."""

from __future__ import annotations

from amorph_flows.analysis import TransportVerdict
from amorph_flows.remedies._case import Case, Change, Table


def more_samples(case: Case) -> Change | None:
    """Return more glasses, or more occupations where they multiply the samples less."""
    ways: list[tuple[float, Change]] = []
    for key, more in (("n_glasses", "more_glasses"), ("n_occupations", "more_occupations")):
        asked, made, added = case.present(key), case.number(key), case.number(more)
        if asked is not None and made and added:
            ways.append(((made + added) / made, (key, round(max(made, asked) + added))))
    return min(ways, key=lambda way: way[0])[1] if ways else None


SAMPLES: Table = {"precise with all samples?": {TransportVerdict.IMPRECISE: more_samples}}
