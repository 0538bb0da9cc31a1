"""Presets: the published protocol, a small study within hours, and a demonstration of minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

from amorph_flows.engines.named import named_engine
from amorph_flows.errors import unknown_name
from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.jobs.transport import TransportSettings
from amorph_flows.potentials import default_settings
from amorph_flows.schemas.fits import MTPSettings


def _choyal2025() -> dict[str, Any]:
    """Return the protocol of Choyal et al., Small (2025), section 2, beside the defaults."""
    settings, *others = _published_grid()
    fit = FitPotentialMaker(
        settings=settings,
        alternatives=tuple(others),
        split="random",
        validation_fraction=0.0,
        min_contact_a=None,
        max_force_ev_a=None,
    )
    return {
        "preset": "choyal2025",
        "engine": named_engine("VASP"),
        "relax_crystal": True,
        "fit": fit,
        "active_learning": ActiveLearningMaker(
            fit=fit,
            equilibration_fs=50_000.0,
            grade_every=1,
            min_contact_a=None,
            max_force_ev_a=None,
        ),
        "produce_host": True,
        "produce_small": True,
        "voltage": VoltageMaker(n_snapshots=1),
        "transport": TransportSettings(time_difference_fs=200_000.0),
        "find_engine_transport": True,
    }


def _published_grid() -> list[MTPSettings]:
    """Return the fits that are tried, the published one first; the paper chose on test frames.

    Its own grid is in Table S1, which is not at hand.
    """
    published = default_settings().model_copy(update={"choose_on": "test"})
    steps = product((12, 16, 20), (5.0, 7.0), (8, 10))
    grid = [
        published.model_copy(update={"level": level, "cutoff": cutoff, "radial_size": size})
        for level, cutoff, size in steps
    ]
    return [published, *(settings for settings in grid if settings != published)]


def _small_fit(level: int, max_steps: int) -> MTPSettings:
    """Return a fit of minutes; where there is no compiler, of a level that is lower."""
    backend = default_settings().backend
    lowest = level if backend == "mtp" else 8
    return MTPSettings(backend=backend, level=lowest, cutoff=5.0, max_steps=max_steps)


def _demo() -> dict[str, Any]:
    """Return a study of minutes on two cores; its verdicts say why it is not converged."""
    settings = _small_fit(level=12, max_steps=300)
    fit = FitPotentialMaker(settings=settings)
    hold = SamplingMaker(duration_fs=160.0, frame_stride=5, hot_frame_stride=5)
    small = ProductionMDMaker(
        name="MTP sampling",
        supercell=(1, 1, 1),
        equilibration_fs=500.0,
        production_fs=4000.0,
        frame_stride=20,
        grade_every=20,
    )
    return {
        "preset": "demo",
        "cell_lengths_a": (11.5, 7.1, 8.8),
        "melt_quench": MeltQuenchMaker(
            melt_duration_fs=400.0,
            hold_temperatures_k=(),
            hold_duration_fs=0.0,
            quench_duration_fs=600.0,
            branch=hold,
            frame_stride=10,
        ),
        "sampling": SamplingMaker(duration_fs=240.0, frame_stride=5, hot_frame_stride=5),
        "fit": fit,
        "active_learning": ActiveLearningMaker(
            fit=fit, duration_fs=20_000.0, max_turns=3, max_selected=30
        ),
        "mtp_sampling": small,
        "melt_sampling": replace(small, name="MTP melt"),
        "production": ProductionMDMaker(
            equilibration_fs=2000.0, production_fs=20_000.0, frame_stride=50, grade_every=50
        ),
    }


def _laptop() -> dict[str, Any]:
    """Return three small glasses at one temperature, within two hours on two cores."""
    settings = _small_fit(level=10, max_steps=400)
    fit = FitPotentialMaker(settings=settings)
    hold = SamplingMaker(duration_fs=1000.0, ensemble="npt", frame_stride=5, hot_frame_stride=5)
    small = ProductionMDMaker(
        name="MTP sampling",
        supercell=(1, 2, 2),
        ensemble="npt",
        equilibration_fs=2000.0,
        production_fs=50_000.0,
        frame_stride=50,
    )
    return {
        "preset": "laptop",
        "cell_lengths_a": (11.5, 7.1, 8.8),
        "n_glasses": 3,
        "melt_quench": MeltQuenchMaker(
            melt_temperature_k=2500.0,
            melt_duration_fs=1500.0,
            hold_temperatures_k=(),
            hold_duration_fs=0.0,
            quench_duration_fs=1000.0,
            final_temperature_k=900.0,
            branch_temperatures_k=(),
            branch=hold,
            frame_stride=5,
        ),
        "insertion_temperatures_k": (900.0,),
        "sampling": replace(hold, duration_fs=2000.0),
        "fit": fit,
        "active_learning": ActiveLearningMaker(
            fit=fit, max_turns=6, grade_every=20, max_selected=60
        ),
        "mtp_sampling": small,
        "melt_sampling": replace(small, name="MTP melt", supercell=(1, 1, 1), ensemble="nvt"),
        "production": ProductionMDMaker(
            supercell=(1, 2, 2),
            ensemble="npt",
            equilibration_fs=20_000.0,
            production_fs=200_000.0,
            grade_every=50,
        ),
        "production_temperatures_k": (900.0,),
    }


PRESETS: dict[str, Callable[[], dict[str, Any]]] = {
    "choyal2025": _choyal2025,
    "demo": _demo,
    "laptop": _laptop,
}


def preset_fields(name: str) -> dict[str, Any]:
    """Return the fields of a preset.

    Parameters
    ----------
    name
        Name of the preset.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    if name not in PRESETS:
        raise unknown_name("preset", name, sorted(PRESETS))
    return PRESETS[name]()
