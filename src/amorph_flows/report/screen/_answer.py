"""The question and the answer of a study, each one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from pymatgen.core import Species

from amorph_flows.report._text import capitalised, charged, formula, number
from amorph_flows.report.screen._headlines import Headlines
from amorph_flows.schemas.judged_number import JudgedNumber
from amorph_flows.schemas.study import StudyParts


def question_sentence(parts: StudyParts) -> str:
    """Return what was studied.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    ion = charged(parts.ion)
    glass = _glass(parts)
    return (
        f"How fast does {ion} move in amorphous {glass}, and how does the voltage of the glass "
        "compare with that of the crystal?"
    )


def answer_sentence(parts: StudyParts, headlines: Headlines) -> str:
    """Return what came out and how sure it is.

    Parameters
    ----------
    parts
        The documents of the study.
    headlines
        Its headline results.
    """
    told = [clause for clause in (_motion(headlines), _voltage(headlines)) if clause]
    return answer(told, headlines.all, parts.quench.engine.name)


def answer(clauses: Sequence[str], rows: Sequence[JudgedNumber], engine: str) -> str:
    """Return what came out and how sure it is.

    Parameters
    ----------
    clauses
        What came out.
    rows
        The headline numbers.
    engine
        Where energies and forces come from.
    """
    *first, last = clauses or ["there is no number yet"]
    told = ", and ".join([*([", ".join(first)] if first else []), last])
    return f"{capitalised(told)}; {_sureness(rows, engine)}."


def _glass(parts: StudyParts) -> str:
    structures = [run.structure for run in parts.production]
    structures += [site.structure for site in parts.insertions]
    structures += [branch.structure for branch in parts.quench.branches]
    ion = Species.from_str(parts.ion).symbol
    for structure in structures:
        return formula(structure.composition.reduced_formula)
    return f"{ion} glass"


def _motion(headlines: Headlines) -> str:
    row = headlines.room_diffusivity
    if row is None or row.value is None:
        row = headlines.hot_diffusivity
    if row is None or row.value is None:
        return ""
    barrier = headlines.activation_energy
    clause = f"ions diffuse with {number(row.value, 2)} cm²/s at {row.temperature_k:g} K"
    if barrier is not None and barrier.value is not None:
        clause += f" over a barrier of {number(barrier.value, 2)} eV"
    return clause


def _voltage(headlines: Headlines) -> str:
    glass, crystal = headlines.voltage, headlines.crystal
    if glass is None or glass.value is None:
        return ""
    clause = f"the glass has {glass.value:.2f} V"
    if crystal is not None and crystal.value is not None:
        clause += f", {difference(glass.value, crystal.value)}"
    return clause


def difference(glass_v: float, crystal_v: float) -> str:
    """Return how far a voltage is from the crystal's, in words.

    Parameters
    ----------
    glass_v, crystal_v
        V.
    """
    change = glass_v - crystal_v
    if abs(change) < 0.005:
        return "the same as the crystal"
    return f"{abs(change):.2f} V {'above' if change > 0 else 'below'} the crystal"


def _sureness(rows: Sequence[JudgedNumber], engine: str) -> str:
    """Return how many of the headline numbers are to be believed, in words."""
    n, sound = len(rows), sum(row.is_sound for row in rows)
    if n and all(row.verdict == "believed" for row in rows):
        return "all these numbers are believed"
    within = f"within {engine}, which only imitates density functional theory"
    if n and sound == n:
        return f"all these numbers are converged, {within}"
    rest = "are a first estimate: what to change is told below"
    if not sound:
        return f"none of the headline numbers is converged, so they {rest}"
    return f"{sound} of {n} headline numbers are converged, the others {rest}"
