"""Remedies of a study of glasses that starts from a composition."""

from __future__ import annotations

import pytest

from amorph_flows.analysis import Verdict
from amorph_flows.engines import AseEngine
from amorph_flows.flows import GlassStudyMaker
from amorph_flows.remedies import core_hours, remedy_for, value_of
from amorph_flows.study.overrides import apply_overrides, override_names

TOOK = {"glasses": 7200.0, "transition": 3600.0, "elastic": 360.0, "ions": 36_000.0}
NUMBERS = {
    "anisotropy": 0.6, "travel_a2": 0.5, "memory_times": 2.0, "width_a": 10.0, "moves": 12.0,
    "relative_error": 1.0, "standard_error_gpa": 0.9, "mean_pressure_gpa": 2.0,
    "n_training": 200.0, "failures": 30.0,
}  # fmt: skip
LIMITS = {
    "anisotropy": 0.2, "least_travel_a2": 2.0, "least_memory_times": 10.0, "width_a": 12.0,
    "least_moves": 60.0, "rate_k_per_ps": 10.0, "most_relative_error": 0.5, "n_training": 1000.0,
}  # fmt: skip


def failed(question: str, answer: str) -> Verdict:
    return Verdict(question, answer, False, "numerical", "why", NUMBERS, LIMITS)


@pytest.mark.parametrize("preset", ["christensen2025", "glass-demo"])
@pytest.mark.parametrize(
    ("question", "answer", "stage", "key", "factor"),
    [
        ("glass transition?", "NO_BEND", "transition", "transition.production.production_fs", 4),
        ("isotropic?", "NOT_LINEAR", "elastic", "elastic.step", 0.5),
        ("isotropic?", "ANISOTROPIC", "elastic", "glasses.packing.n_atoms", 9),
        ("cooled slowly?", "FAST", "glasses.schedule", "glasses.schedule.rate_k_per_ps", None),
        ("amorphous?", "CRYSTALLINE", "glasses.schedule", "glasses.schedule.rate_k_per_ps", 2),
        ("amorphous?", "UNDECIDED", "glasses.schedule", "glasses.schedule.melt_nvt_fs", 2),
        ("diffusive regime?", "CAGED", "ions", "ions.production_fs", 5),
        ("precise?", "IMPRECISE", "ions", "ions.production_fs", 4),
        ("enough moves?", "TOO_FEW_MOVES", "ions", "ions.production_fs", 5),
        ("volume right?", "NOT_KNOWN", "glasses.schedule", "glasses.schedule.relax_fs", None),
        (
            "cell wider than twice the cutoff?", "NARROW", "glasses.schedule",
            "glasses.packing.n_atoms", 1.2**3,
        ),
        ("inside the training set?", "EXTRAPOLATES", "glasses.schedule", "learning.max_turns", 2),
        ("active learning converged?", "TURNS_USED_UP", "learning", "learning.max_turns", 2),
        ("enough training frames?", "FEW", "learning.fit", "learning.max_selected", 2),
    ],
)  # fmt: skip
def test_a_remedy_is_an_override_that_is_taken(
    question: str, answer: str, stage: str, key: str, factor: float | None, preset: str
) -> None:
    maker = GlassStudyMaker.from_preset(preset).learning_first(AseEngine())
    remedy = remedy_for(failed(question, answer), stage, maker.settings, TOOK)
    assert remedy is not None
    assert remedy.key == key
    assert key in override_names(maker)
    if factor is not None:
        wanted = value_of(maker.settings, key) * factor
        assert remedy.value == pytest.approx(wanted, rel=0.1)
        assert remedy.value >= wanted
    changed = apply_overrides(maker, {key: remedy.value}).settings
    assert value_of(changed, key) == remedy.value


def test_a_bend_at_the_edge_gets_a_hold_on_each_side() -> None:
    maker = GlassStudyMaker.from_preset("glass-demo")
    verdict = failed("glass transition?", "AT_THE_EDGE")
    remedy = remedy_for(verdict, "transition", maker.settings, TOOK)
    kelvin = maker.transition.temperatures_k
    assert remedy.value == (2400.0, *kelvin)  # the next below 300 K would be 0 K
    cooler = apply_overrides(maker, {"transition.temperatures_k": [*kelvin[:-1], 500.0]})
    remedy = remedy_for(verdict, "transition", cooler.settings, TOOK)
    assert remedy.value == (2400.0, *kelvin[:-1], 500.0, 400.0)
    assert apply_overrides(cooler, {remedy.key: list(remedy.value)}) != cooler


def test_glasses_without_a_barostat_get_one() -> None:
    maker = apply_overrides(
        GlassStudyMaker.from_preset("glass-demo"), {"glasses.schedule.ensemble": "nvt"}
    )
    verdict = failed("volume right?", "TOO_SMALL")
    remedy = remedy_for(verdict, "glasses.schedule", maker.settings)
    assert (remedy.key, remedy.value) == ("glasses.schedule.ensemble", "npt")


def test_longer_runs_of_ions_cost_what_they_are_longer() -> None:
    maker = GlassStudyMaker.from_preset("christensen2025")
    longer = core_hours({"ions.production_fs": 20_000_000.0}, maker.settings, TOOK)
    heating, held, twice = (1200 + 1000 + 800 + 600 + 400 + 200) / 6, 100 + 10_000, 100 + 20_000
    assert longer == pytest.approx(10.0 * (heating + twice) / (heating + held), rel=0.01)


def test_slow_cooling_costs_what_it_is_longer() -> None:
    maker = GlassStudyMaker.from_preset("glass-demo")
    key = "glasses.schedule.rate_k_per_ps"
    slow = core_hours({key: 10.0}, maker.settings, {**TOOK, "ions": 0.0})
    held, fast, slower = 1 + 1 + 4 + 6 + 4, 2700 / 300, 2700 / 10
    again = TOOK["transition"] + TOOK["elastic"]
    longer = TOOK["glasses"] * (held + slower) / (held + fast)
    assert slow == pytest.approx((longer + again) / 3600, rel=0.01)


def test_more_atoms_are_paid_in_every_stage_after() -> None:
    maker = GlassStudyMaker.from_preset("christensen2025")
    key = "glasses.packing.n_atoms"
    twice = core_hours({key: 6006}, maker.settings, TOOK)
    assert twice == pytest.approx(2 * sum(TOOK.values()) / 3600, rel=0.01)
    assert core_hours({key: 6006}, maker.settings, {**TOOK, "elastic": None}) is None


def test_an_open_shell_has_no_key_that_closes_it() -> None:
    settings = GlassStudyMaker.from_preset("glass-demo").settings
    assert remedy_for(failed("first shell closed?", "OPEN"), "structure", settings) is None
