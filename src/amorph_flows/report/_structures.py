"""Numbers of the structure of glasses: first peaks, coordination, densities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement

import numpy as np
from pymatgen.core import Element

from amorph_flows.analysis import combine_samples, first_minimum
from amorph_flows.analysis.structure.coordination import first_peak
from amorph_flows.analysis.structure.rdf import RadialDistribution
from amorph_flows.errors import InputError
from amorph_flows.schemas.combined import CombinedDoc
from amorph_flows.schemas.comparison import StructureRow
from amorph_flows.schemas.study import SampleParts, StudyParts

Key = tuple[str, str, float, str, str]
"""Name, formula, temperature in K, structures and unit."""
Values = dict[tuple[int, int], float]


def structure_values(parts: StudyParts) -> dict[Key, Values]:
    """Return the values of each quantity by glass and occupation.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    found: dict[Key, Values] = {}
    samples: Sequence[tuple[tuple[int, int], SampleParts | StudyParts]]
    samples = [((one.glass, one.occupation), one) for one in parts.samples] or [((1, 1), parts)]
    for which, sample in samples:
        for key, value in [*_of_rdfs(sample), *_densities(sample)]:
            found.setdefault(key, {})[which] = value
    return found


def structure_rows(parts: StudyParts) -> list[StructureRow]:
    """Return each number of the structure, those of all samples combined.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    return [_row(key, values) for key, values in structure_values(parts).items()]


def combined_structure(values: Values) -> CombinedDoc:
    """Return the values of all samples as one, by the model of glasses and occupations.

    Parameters
    ----------
    values
        By glass and occupation.
    """
    return CombinedDoc.from_result(combine_samples(list(values.values()), None, list(values)))


def _row(key: Key, values: Values) -> StructureRow:
    name, formula, temperature_k, source, unit = key
    found = combined_structure(values)
    interval = found.interval if found.complete else None
    return StructureRow(
        name=name,
        formula=formula,
        temperature_k=temperature_k,
        structure_source=source,
        value=found.value,
        unit=unit,
        uncertainty=None if interval is None else list(interval),
        n_glasses=found.n_glasses,
    )


def _of_rdfs(sample: SampleParts | StudyParts) -> Iterator[tuple[Key, float]]:
    for one in sample.structure.samples if sample.structure else ():
        if one.structure_source == "crystal" or one.temperature_k is None:
            continue
        rdf = one.rdf.to_result()
        where = one.formula, one.temperature_k, one.structure_source
        for pair in combinations_with_replacement(rdf.elements, 2):
            place = first_peak(rdf, *pair)
            if place is not None:
                yield (f"first {'-'.join(pair)} peak", *where, "Å"), place
        anion = max(rdf.elements, key=lambda symbol: Element(symbol).X)
        for cation in rdf.elements:
            neighbours = None if cation == anion else _neighbours(rdf, cation, anion)
            if neighbours is not None:
                yield (f"{anion} around {cation}", *where, ""), neighbours


def _neighbours(rdf: RadialDistribution, centre: str, neighbour: str) -> float | None:
    """Return the mean number of neighbours up to the first minimum; None without one."""
    try:
        cutoff = first_minimum(rdf, centre, neighbour)
    except InputError:
        return None
    running = rdf.running_coordination(centre, neighbour)
    return float(np.interp(cutoff, rdf.edges_a[1:], running))


def _densities(sample: SampleParts | StudyParts) -> Iterator[tuple[Key, float]]:
    for run in sample.production:
        if run.mean_density_g_cm3 is not None:
            key = ("density", run.formula, run.temperature_k, "production", "g/cm³")
            yield key, run.mean_density_g_cm3
