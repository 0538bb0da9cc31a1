"""Remedies of the verdicts of a study of glasses that starts from a composition."""

from __future__ import annotations

from amorph_flows.analysis import ElasticVerdict as E
from amorph_flows.analysis import ShellVerdict as S
from amorph_flows.analysis import TransitionVerdict as G
from amorph_flows.remedies._case import ATOMS, RATE, Case, Change, Table
from amorph_flows.schemas.glass_making import CoolingVerdict as Cooling


def cool_slower(case: Case) -> Change | None:
    """Return holds that are four times as long, so that the melt leaves equilibrium later."""
    return case.times("transition.production.production_fs", 4.0)


def cool_further(case: Case) -> Change | None:
    """Return one more hold at the hot end, and at the cold one where there is room."""
    kelvin = case.present("transition.temperatures_k")
    if kelvin is None or len(kelvin) < 2:
        return None
    hotter, colder = 2 * kelvin[0] - kelvin[1], 2 * kelvin[-1] - kelvin[-2]
    return "transition.temperatures_k", (hotter, *kelvin, *([colder] if colder > 0 else []))


def smaller_strain(case: Case) -> Change | None:
    """Return half the strain of a step: stress is linear in strains that are small enough."""
    return case.times("elastic.step", 0.5)


def cool_as_slowly(case: Case) -> Change:
    """Return the fastest rate that counts as slow."""
    return RATE, case.limit("rate_k_per_ps")


def more_atoms(case: Case) -> Change | None:
    """Return glasses of so many atoms that the chance differences between axes average out."""
    excess = case.number("anisotropy")
    if excess is None:
        return None
    return case.times(ATOMS, max(2.0, (excess / case.limit("anisotropy")) ** 2))


GLASSES: Table = {
    "glass transition?": {G.NO_BEND: cool_slower, G.AT_THE_EDGE: cool_further},
    "isotropic?": {
        E.NOT_LINEAR: smaller_strain,
        E.UNSTABLE: "the glass gives way under a strain: its relaxation or the potential is at "
        "fault, which no one number mends",
        E.ANISOTROPIC: more_atoms,
    },
    "cooled slowly?": {Cooling.FAST: cool_as_slowly},
    "first shell closed?": {
        S.OPEN: "the number is as the cutoff is; name the one that you mean "
        "(structure.analysis.cutoffs_a)"
    },
}
