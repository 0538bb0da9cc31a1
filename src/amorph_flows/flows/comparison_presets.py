"""Published comparisons of potentials, as fields of `ComparePotentialsMaker` and splits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amorph_flows.errors import unknown_name
from amorph_flows.schemas.fits import (
    AENETSettings,
    GAPSettings,
    MTPSettings,
    NequIPSettings,
    SnapSettings,
)

_FRAMES = (*range(2000, 10_000, 1000), 10_842)
_TRAINED = 0.9


def _training_frames(*totals: int) -> tuple[int, ...]:
    return tuple(round(_TRAINED * total) for total in totals)


def _choyal2024() -> dict[str, Any]:
    """Return the comparison of Choyal et al., J. Chem. Theory Comput. (2024).

    Methods on disordered rocksalts of 11 elements: GAP and AENET are fitted to energies alone,
    AENET in 3300 epochs; quadratic SNAP was fitted to the 2000 and 3000 frames only, NequIP
    to 2000. The optimal hyperparameters are in a supplement; here they are the defaults of each
    method.
    """
    return {
        "methods": (
            MTPSettings(),
            SnapSettings(),
            GAPSettings(labels="energies"),
            AENETSettings(max_steps=3300),
            SnapSettings(backend="qsnap"),
            NequIPSettings(),
        ),
        "sizes": _training_frames(*_FRAMES),
        "own_sizes": {"qsnap": _training_frames(2000, 3000), "nequip": _training_frames(2000)},
    }


_PRESETS: dict[str, Callable[[], dict[str, Any]]] = {"choyal2024": _choyal2024}
_SPLITS: dict[str, dict[str, float]] = {
    "choyal2024": {
        "random": 1 - _TRAINED,
        "blocks": 0.0,
        "validation": 0.0,
        "min_contact_a": 1e-6,
        "max_force_ev_a": float("inf"),
    }
}


def comparison_preset(name: str) -> dict[str, Any]:
    """Return the fields of the Maker of a published comparison.

    Parameters
    ----------
    name
        Such as ``"choyal2024"``.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    if name not in _PRESETS:
        raise unknown_name("preset of a comparison", name, sorted(_PRESETS))
    return _PRESETS[name]()


def preset_splits(name: str) -> dict[str, float]:
    """Return how a published comparison splits a file of frames: its shares and limits.

    Parameters
    ----------
    name
        As for `comparison_preset`.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    if name not in _SPLITS:
        raise unknown_name("preset of a comparison", name, sorted(_SPLITS))
    return _SPLITS[name]
