"""Mean density of the crystals that the Materials Project knows of a composition."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from amorph_flows.errors import AmorphFlowsError, InputError, MissingDependencyError
from amorph_flows.structures.mixture import Mixture

_FIELDS = ["material_id", "formula_pretty", "density"]


@dataclass(frozen=True)
class CrystalDensity:
    """A density from crystals.

    Parameters
    ----------
    density_g_cm3
        Mean over the crystals, g/cm³.
    deviation_g_cm3
        Standard deviation between them, g/cm³; 0 for one.
    same
        What they share with the glass: its ``"composition"``, or only its ``"elements"``.
    material_ids
        Their identifiers.
    """

    density_g_cm3: float
    deviation_g_cm3: float
    same: Literal["composition", "elements"]
    material_ids: tuple[str, ...]


def density_from_crystals(mixture: Mixture, client: Any = None) -> CrystalDensity:
    """Return the mean density of all crystals of the composition, else of the same elements.

    As in Christensen et al., J. Mater. Chem. A (2025), section 2.2.1.

    Parameters
    ----------
    mixture
        The composition.
    client
        An open ``MPRester`` of ``mp_api.client``; None: one with the key in ``MP_API_KEY``.

    Raises
    ------
    InputError
        If there is no key, or no crystal of these elements is known.
    MissingDependencyError
        If mp-api is not installed.
    AmorphFlowsError
        If the Materials Project does not answer.
    """
    if client is None:
        with _open_client() as opened:
            return density_from_crystals(mixture, opened)
    search = client.materials.summary.search
    questions: list[tuple[Literal["composition", "elements"], dict[str, str]]] = [
        ("composition", {"formula": mixture.formula}),
        ("elements", {"chemsys": mixture.formula_unit.chemical_system}),
    ]
    for same, question in questions:
        try:
            found = search(**question, deprecated=False, all_fields=False, fields=_FIELDS)
        except Exception as exc:
            raise AmorphFlowsError(
                f"the Materials Project gives no densities for {mixture.formula}: {exc}; check "
                "the key and the network, or give density_g_cm3"
            ) from exc
        densities = {str(doc.material_id): float(doc.density) for doc in found if doc.density}
        if densities:
            values = list(densities.values())
            return CrystalDensity(
                float(np.mean(values)), float(np.std(values)), same, tuple(sorted(densities))
            )
    raise InputError(
        f"the Materials Project has no crystal of {mixture.formula_unit.chemical_system}; "
        "give density_g_cm3, or take the density from radii"
    )


def _open_client() -> Any:
    """Return the client of the Materials Project with the user's key."""
    if not os.environ.get("MP_API_KEY"):
        raise InputError(
            "MP_API_KEY is not set; it is the key of your account at materialsproject.org, which "
            "densities of crystals need; or take the density from radii"
        )
    try:
        from mp_api import client
    except ImportError as exc:
        raise MissingDependencyError("mp-api", extra="materials-project") from exc
    return client.MPRester(mute_progress_bars=True)
