"""Settings of the stages that could only fail after hours of MD, tried beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pymatgen.core import Structure

from amorph_flows.datasets import refuse_unphysical, split_frames
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker

_TIMES = ("time_step_fs", "duration_fs", "production_fs", "damping_fs")
_COUNTS = {
    "active_learning": ("n_seeds", "max_turns", "max_selected", "label_jobs"),
    "insertion": ("n_best",),
    "voltage": ("n_snapshots",),
}
_TOLERANCES = ("min_distance", "merge_distance")


def check_settings(maker: AmorphousElectrodeMaker) -> None:
    """Refuse settings that no stage could run with.

    Parameters
    ----------
    maker
        The study.

    Raises
    ------
    InputError
        If a number is out of its range; the message names the field.
    """
    _check_times(maker)
    _check_counts(maker)
    _check_stages(maker)
    _check_tolerances(maker.insertion.tolerances or {})
    fit = maker.fit
    split_frames(FrameSet(), fit.test_fraction, fit.validation_fraction)
    refuse_unphysical(FrameSet(), fit.min_contact_a, fit.max_force_ev_a)


def check_neutral(host: Structure, ion_charge: float, n_ions: int) -> None:
    """Refuse charges that do not add up to zero with the ions in place.

    Parameters
    ----------
    host
        With the charges that it has after insertion.
    ion_charge
        Charge of an ion, in elementary charges.
    n_ions
        How many there are.

    Raises
    ------
    InputError
        If they leave a net charge.
    """
    total = host.charge + n_ions * ion_charge
    if abs(total) > 1e-3:
        raise InputError(
            f"insertion.charges and {n_ions} ions leave a net charge of {total:+g} in the cell; "
            "give the charges that the host has after insertion (V4+, not V5+, in MgV2O5)"
        )


def _check_times(maker: AmorphousElectrodeMaker) -> None:
    stages = {
        "melt_quench.branch": maker.melt_quench.branch,
        "sampling": maker.sampling,
        "active_learning": maker.active_learning,
        "mtp_sampling": maker.mtp_sampling,
        "production": maker.production,
    }
    for name, stage in stages.items():
        for field_name in _TIMES:
            value = getattr(stage, field_name, 1.0)
            if not 0 < value < math.inf:
                raise InputError(f"{name}.{field_name} is {value:g}; give more than 0")
        equilibration = getattr(stage, "equilibration_fs", 0.0)
        if not 0 <= equilibration < math.inf:
            raise InputError(f"{name}.equilibration_fs is {equilibration:g}; give 0 or more")


def _check_counts(maker: AmorphousElectrodeMaker) -> None:
    for name, fields in _COUNTS.items():
        for field_name in fields:
            value = getattr(getattr(maker, name), field_name)
            if value < 1:
                raise InputError(f"{name}.{field_name} is {value}; give at least 1")
    for name in ("mtp_sampling", "production"):
        supercell = getattr(maker, name).supercell
        if len(supercell) != 3 or min(supercell) < 1:
            raise InputError(f"{name}.supercell is {supercell}; give three numbers of at least 1")
    for name in ("insertion_temperatures_k", "production_temperatures_k"):
        if not getattr(maker, name):
            raise InputError(f"{name} is empty; give at least one temperature")


def _check_stages(maker: AmorphousElectrodeMaker) -> None:
    quench, learning = maker.melt_quench, maker.active_learning
    hot = maker.sampling.hot_temperature_k
    attempts: list[tuple[str, Callable[[], object]]] = [
        ("melt_quench", quench.schedule),
        *(("melt_quench.branch", lambda t=t: quench.branch.stage(t)) for t in (hot, hot / 2)),
        *(("sampling", lambda t=t: maker.sampling.stage(t)) for t in (hot, hot / 2)),
        ("active_learning", lambda: (learning.md(hot, 0), learning.grade())),
        ("mtp_sampling", lambda: (maker.mtp_sampling.md(hot, ""), maker.mtp_sampling.grade())),
        ("production", lambda: (maker.production.md(hot, ""), maker.production.grade())),
    ]
    for name, attempt in attempts:
        try:
            attempt()
        except ValidationError as error:
            first = error.errors()[0]
            field_name = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"{name}: {field_name} is {first['input']!r}; {first['msg']}"
            ) from error


def _check_tolerances(tolerances: dict[str, float]) -> None:
    for name in tolerances:
        if name not in _TOLERANCES:
            raise InputError(
                f"insertion.tolerances has {name!r}; known are {', '.join(_TOLERANCES)}"
            )
