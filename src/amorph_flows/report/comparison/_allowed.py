"""What must be the same for two results to be compared."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.schemas.comparison import ComparedStudy
from amorph_flows.schemas.labelling import EngineInfo

_VOLTAGES = {"average_voltage", "voltage_crystal"}
_WITH_POTENTIAL = {"MTP MD", "production", "crystal by MTP", "crystal relaxed by MTP"}


def why_not(one: ComparedStudy, other: ComparedStudy, quantity: str, source: str) -> str:
    """Return why a result of two studies may not be compared, empty where it may.

    Ion and glass must be the same, and the settings of every engine that the result rests on: of
    the voltages for a voltage, of melt and quench for what is of a glass, and of the labels of the
    potential for what is from MD with it.

    Parameters
    ----------
    one, other
        The studies.
    quantity, source
        The result, and the structures that it is from.
    """
    if one.ion != other.ion:
        return f"other ions: {one.ion} and {other.ion}"
    if one.basis.formula != other.basis.formula:
        return f"other glasses: {one.basis.formula} and {other.basis.formula}"
    needed = ["voltages"] if quantity in _VOLTAGES else []
    needed += [] if quantity == "voltage_crystal" else ["structures"]
    needed += ["labels"] if source in _WITH_POTENTIAL else []
    for use in needed:
        first, second = one.basis.engines[use], other.basis.engines[use]
        if first.settings_hash != second.settings_hash:
            return f"other settings of the engine of the {use}: {_of(first)} and {_of(second)}"
    return ""


def remarks(studies: Sequence[ComparedStudy]) -> list[str]:
    """Return what errors lack and differences hold besides the glasses.

    Parameters
    ----------
    studies
        All of them.
    """
    found = []
    alone = [study.name for study in studies if study.basis.n_glasses == 1]
    if alone:
        found.append(
            f"The scatter between glasses is not in the errors of {' and '.join(alone)}, which "
            f"{'have' if len(alone) > 1 else 'has'} one glass: where results differ, it may be "
            "that single glasses do."
        )
    potentials = {study.basis.potential_sha256 for study in studies}
    if len(potentials) > 1:
        found.append(
            f"There are {len(potentials)} potentials, whose errors are in the differences of all "
            "that is from MD with them."
        )
    return found


def _of(engine: EngineInfo) -> str:
    return f"{engine.name} {engine.settings_hash[:8]}"
