"""What decides whether the results of a study may be compared with those of another."""

from __future__ import annotations

from amorph_flows.report._structures import structure_rows
from amorph_flows.schemas.comparison import StudyBasis
from amorph_flows.schemas.study import StudyParts


def study_basis(parts: StudyParts) -> StudyBasis:
    """Return engines, potential, samples and structure of a study.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    return StudyBasis(
        formula=glass_formula(parts),
        engines={
            "voltages": parts.voltage.engine,
            "structures": parts.quench.engine,
            "labels": parts.potential.engine,
        },
        potential=parts.potential.method,
        potential_sha256=parts.potential.sha256,
        n_glasses=len({sample.glass for sample in parts.samples}) or 1,
        n_occupations=len({sample.occupation for sample in parts.samples}) or 1,
        structure=structure_rows(parts),
    )


def glass_formula(parts: StudyParts) -> str:
    """Return the formula of the glass with its ions; empty where nothing has any.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    formulas = [site.structure.composition.reduced_formula for site in parts.insertions]
    return next(iter([*formulas, *(run.formula for run in parts.production)]), "")
