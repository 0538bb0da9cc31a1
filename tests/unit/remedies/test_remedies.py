"""Remedies: every numerical verdict that fails has one, or a reason why no key would do."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from dataclasses import replace
from pathlib import Path

import pytest
from monty.json import jsanitize

import amorph_flows
from amorph_flows import analysis, schemas
from amorph_flows.analysis import Answer, Remedy, Verdict
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.remedies import STUDY_KEYS, TABLE, changes_of, core_hours, remedy_for, value_of
from amorph_flows.remedies._glasses import GLASSES
from amorph_flows.study import Study
from amorph_flows.study.overrides import apply_overrides, override_names

SOURCE = Path(amorph_flows.__file__).parent
PASSING = {
    "ALL_CONTENTS",
    "PLATEAU",
    "GENERALISES",
    *("CLOSED", "CUTOFF_GIVEN", "SLOW"),
    *("ACCURATE", "AMORPHOUS", "ARRHENIUS", "CELL_LARGE_ENOUGH", "CELL_SMALL", "COMPLETE"),
    *("CONTINUOUS", "CONVERGED", "DIFFUSIVE", "DISCONTINUOUS", "DRIFT_LARGE", "DRIFT_SMALL"),
    *(
        "ENERGY_STEADY",
        "ENOUGH",
        "ENOUGH_FRAMES",
        "ENOUGH_MOVES",
        "EXTRAPOLATED",
        "FOUND",
        "HAVEN_CONSTANT",
    ),
    *("HELD", "HOST_SOLID", "INSIDE", "INTERPOLATED", "ISOTROPIC", "LATTICE", "MELTED"),
    *(
        "NO_BEND",
        "NO_HOST",
        "PRECISE",
        "PROVEN",
        "REACHED",
        "RELAXED",
        "RIGHT",
        "SEARCHED",
        "STEADY",
    ),
    *("TIME_STEP_CONFIRMED", "TIME_STEP_NOT_TESTABLE", "UNWRAPPED", "WIDE"),
}
STAGES = {
    "melted?": ["melt_quench"],
    "amorphous?": ["melt_quench"],
    "volume right?": [
        "melt_quench.branch",
        "large_glass",
        "sampling",
        "mtp_sampling",
        "production",
    ],
    "energy steady?": ["sampling", "melt_quench.branch"],
    "inside the training set?": ["large_glass", "mtp_sampling", "production"],
    "temperature held?": ["mtp_sampling", "production"],
    "cell wider than twice the cutoff?": ["mtp_sampling", "production"],
    "potential accurate?": ["fit"],
    "enough training frames?": ["fit"],
    "fit ended by itself?": ["fit"],
    "test frames used once?": ["fit"],
    "active learning converged?": ["active_learning"],
    "sampled long enough?": ["sampling", "mtp_sampling"],
    "relaxed?": ["voltage"],
    "cell with its ions relaxed?": ["insertion"],
    "precise with all samples?": ["samples"],
}
"""Stages that a question is asked of; production for those that are not here."""
NUMBERS = {
    "n_glasses": 3.0,
    "more": 2.0,
    "longest_piece": 10.0, "longest_step": 0.9, "memory_times": 2.0, "travel_a2": 0.5,
    "moves": 12.0, "relative_error": 0.9, "glass_transition_k": 950.0, "width_a": 7.1,
    "duration_fs": 300.0, "displacement_ratio": 0.1, "mean_pressure_gpa": 3.0,
    "standard_error_gpa": 0.9, "n_training": 120.0, "failures": 30.0, "sampled_fs": 240.0,
    "drift_ev_atom": -0.02, "error_ev_atom": 0.01,
    "n_snapshots": 2.0, "length_ps": 20.0, "core_hours": 0.3, "factor": 2.5,
    "n_occupations": 1.0, "more_glasses": 2.0, "max_seconds": 1e5,
}  # fmt: skip
LIMITS = {
    "least_frames": 100.0, "longest_step": 0.45, "least_memory_times": 10.0,
    "least_travel_a2": 2.0, "least_moves": 60.0, "most_relative_error": 0.5, "width_a": 10.0,
    "duration_fs": 4000.0, "displacement_ratio": 1.0, "n_training": 1000.0,
    "sampled_fs": 20_000.0, "n_snapshots": 5.0, "drift_ev_atom": 0.01,
}  # fmt: skip
CASES = [
    (question, str(answer), stage)
    for question, answers in TABLE.items()
    if question not in GLASSES  # which no study from a crystal is judged by
    for answer, found in answers.items()
    if not isinstance(found, str)
    for stage in STAGES.get(question, ["production"])
    if (answer, stage) != ("NOT_WATCHED", "large_glass")  # whose frames always have a grade
]


HELD_BY_ALL = {
    "potential accurate?",
    "test frames used once?",
    "goal reached?",
    "enough glasses?",
}
"""What no preset has an answer to: they have test frames, and no goal."""


def failed(question: str, answer: str, **numbers: float) -> Verdict:
    measured = NUMBERS | numbers
    return Verdict(question, answer, False, "numerical", "why", measured, LIMITS)


def settings_of(maker: AmorphousElectrodeMaker) -> dict:
    return jsanitize(maker, strict=True, enum_values=True)


def questions_of_numerical_verdicts() -> set[str]:
    """Return the questions of all verdicts that the package makes, from its source."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Verdict"):
                continue
            given = {k.arg: k.value for k in node.keywords}
            question = node.args[0] if node.args else given["question"]
            scope = node.args[3] if len(node.args) > 3 else given["scope"]
            if isinstance(scope, ast.Constant) and scope.value == "numerical":
                if isinstance(question, ast.Constant):
                    found.add(question.value)
                elif question.id in named:
                    found.add(named[question.id])
                else:  # an argument: the literals that the function is called with
                    found |= {"crystal relaxed?", "metal relaxed?"}
    return found


def test_every_numerical_verdict_has_a_remedy_or_a_reason_why_not():
    always_passed = {"drift?", "supercell large enough?", "lowest electrostatic energy found?"}
    questions = questions_of_numerical_verdicts()
    assert len(questions) > 30
    assert questions - always_passed <= set(TABLE), questions - set(TABLE)
    written = [found for answers in TABLE.values() for found in answers.values()]
    assert all(callable(found) or len(found) > 10 for found in written)


def test_every_answer_that_can_fail_is_in_the_table():
    for package in (analysis, schemas):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    members = {
        str(member)
        for enum in Answer.__subclasses__()
        if enum.__module__.startswith("amorph_flows.")
        for member in enum
    }
    failing = {str(answer) for answers in TABLE.values() for answer in answers}
    assert members == failing | PASSING


@pytest.mark.parametrize(
    ("answer", "key", "value"),
    [
        ("TIME_USED_UP", "production.until.budget_ps", 50.0),
        ("CORE_HOURS_USED_UP", "production.until.budget_core_hours", 0.75),
    ],
)
def test_a_budget_that_was_used_up_is_made_larger(answer, key, value):
    goal = {"relative_error": 0.1, "budget_ps": 20.0, "budget_core_hours": 0.3}
    study = Study(structure=Path("V2O5.cif"), preset="demo", overrides={"production.until": goal})
    maker = study.maker()
    verdict = failed("goal reached?", answer)
    remedy = remedy_for(verdict, "production", settings_of(maker), {"production": 3600.0})
    assert (remedy.key, remedy.value) == (key, value)
    assert remedy.core_hours > 0
    assert value_of(settings_of(apply_overrides(maker, {key: value})), key) == value


@pytest.mark.parametrize(
    ("answer", "key", "value"),
    [
        ("GLASSES_USED_UP", "until.most_glasses", 5),
        ("CORE_HOURS_USED_UP", "until.budget_core_hours", 14.0),
    ],
)
def test_a_budget_of_glasses_is_made_larger(answer, key, value):
    goal = {"quantity": "average_voltage", "relative_error": 0.1, "most_glasses": 3}
    maker = apply_overrides(
        AmorphousElectrodeMaker.from_preset("demo"),
        {"until": goal | {"budget_core_hours": 10.0}},
    )
    numbers = {"n_glasses": 3, "more": 2, "core_hours": 10.0, "core_hours_of_a_glass": 2.0}
    verdict = replace(failed("enough glasses?", answer), numbers=numbers)
    remedy = remedy_for(verdict, "until", settings_of(maker))
    assert (remedy.key, remedy.value) == (key, value)
    assert value_of(settings_of(apply_overrides(maker, {key: value})), key) == value


@pytest.mark.parametrize(
    ("fit", "key", "value"),
    [
        ({"backend": "mtp", "level": 10}, "fit.settings.level", 14),
        ({"backend": "snap", "twojmax": 6}, "fit.settings.twojmax", 8),
        (
            {"backend": "ace", "functions_per_element": 60},
            "fit.settings.functions_per_element",
            120,
        ),
        ({"backend": "gap", "n_sparse": 300}, "fit.settings.n_sparse", 600),
        ({"backend": "nequip", "features": 32}, "fit.settings.features", 64),
        ({"backend": "mace", "features": 100}, "fit.settings.features", 128),
        ({"backend": "pod"}, "fit.settings.triplet_functions", 6),
        ({"backend": "pod", "triplet_functions": 6}, "fit.settings.triplet_degree", 4),
        ({"backend": "aenet"}, "fit.settings.hidden", [30, 30]),
    ],
)
def test_an_inaccurate_potential_gets_the_larger_model_of_its_method(
    fit: dict[str, object], key: str, value: object
) -> None:
    maker = apply_overrides(AmorphousElectrodeMaker.from_preset("demo"), {"fit.settings": fit})
    remedy = remedy_for(failed("potential accurate?", "INACCURATE"), "fit", settings_of(maker))
    assert remedy is not None
    assert (remedy.key, jsanitize(remedy.value)) == (key, value)
    changed = settings_of(apply_overrides(maker, {key: remedy.value}))
    assert jsanitize(value_of(changed, key)) == value


@pytest.mark.parametrize(
    "fit",
    [
        {"backend": "mtp", "level": 16},
        {"backend": "ace"},
        {"backend": "sevenn"},
        {"backend": "mace", "foundation": "mine.model", "features": 8},
    ],
)
def test_the_largest_model_gets_more_labels(fit: dict[str, object]) -> None:
    maker = apply_overrides(AmorphousElectrodeMaker.from_preset("demo"), {"fit.settings": fit})
    settings = settings_of(maker)
    remedy = remedy_for(failed("potential accurate?", "INACCURATE"), "fit", settings)
    assert remedy is not None
    assert remedy.key == "sampling.duration_fs"
    assert remedy.value == pytest.approx(2 * value_of(settings, remedy.key), rel=0.1)


def test_a_pretrained_potential_has_no_larger_model() -> None:
    """More labels would not change it either."""
    maker = apply_overrides(
        AmorphousElectrodeMaker.from_preset("demo"), {"fit.settings": {"backend": "pretrained"}}
    )
    verdict = failed("potential accurate?", "INACCURATE")
    assert remedy_for(verdict, "fit", settings_of(maker)) is None


@pytest.mark.parametrize("stage", ["sampling", "melt_quench", "melt_quench.branch"])
def test_a_larger_budget_of_engine_md_costs_more(stage):
    goal = {f"{stage}.until.budget_ps": 20.0, f"{stage}.until.verdict": "any"}
    maker = Study(structure=Path("V2O5.cif"), preset="demo", overrides=goal).maker()
    verdict = failed("goal reached?", "TIME_USED_UP", length_ps=20.0, factor=5.0)
    first = stage.partition(".")[0]
    remedy = remedy_for(verdict, stage, settings_of(maker), {first: 3600.0})
    assert (remedy.key, remedy.value) == (f"{stage}.until.budget_ps", 100.0)
    assert 4.0 < remedy.core_hours <= 5.0


@pytest.mark.parametrize("preset", AmorphousElectrodeMaker.presets())
@pytest.mark.parametrize(("question", "answer", "stage"), CASES)
def test_a_remedy_is_a_key_of_the_study_file_with_a_value_that_it_takes(
    question, answer, stage, preset
):
    maker = Study(structure=Path("V2O5.cif"), preset=preset).maker()
    remedy = remedy_for(failed(question, answer), stage, settings_of(maker))
    if remedy is None:  # what the preset has already
        assert question in HELD_BY_ALL or (preset, question) in {
            ("choyal2025", "cell wider than twice the cutoff?"),
            ("choyal2025", "sampled long enough?"),
            ("choyal2025", "active learning converged?"),
            ("choyal2025", "inside the training set?"),
            ("laptop", "active learning converged?"),
            ("laptop", "inside the training set?"),
            ("laptop", "one line through the glass transition?"),  # it has one temperature
        }, remedy
        return
    assert remedy.key in override_names(maker)
    value = list(remedy.value) if isinstance(remedy.value, tuple) else remedy.value
    given = {remedy.key: value} if remedy.key in STUDY_KEYS else {"overrides": {remedy.key: value}}
    study = Study(structure=Path("V2O5.cif"), preset=preset, **given)
    changed = settings_of(study.maker())
    assert value_of(changed, remedy.key) == value != value_of(settings_of(maker), remedy.key)
    assert remedy.core_hours is None


@pytest.mark.parametrize(
    ("question", "answer", "stage", "key", "value"),
    [
        ("precise?", "IMPRECISE", "production", "production.production_fs", 65_000.0),
        ("enough moves?", "TOO_FEW_MOVES", "production", "production.production_fs", 100_000.0),
        ("diffusive regime?", "CAGED", "production", "production.production_fs", 100_000.0),
        ("enough frames?", "TOO_FEW_FRAMES", "production", "production.frame_stride", 5),
        ("steady?", "AGEING", "production", "production.equilibration_fs", 22_000.0),
        ("melted?", "NOT_MELTED", "melt_quench", "melt_quench.melt_temperature_k", 2500.0),
        ("volume right?", "TOO_SMALL", "production", "production.ensemble", "npt"),
        ("volume right?", "NOT_KNOWN", "production", "production.production_fs", 65_000.0),
        ("volume right?", "TOO_SMALL", "mtp_sampling", "insertion.relax_cell", True),
        ("cell wider than twice the cutoff?", "NARROW", "mtp_sampling",
         "mtp_sampling.supercell", (1, 2, 2)),
        ("sampled long enough?", "SHORT", "sampling", "sampling.duration_fs", 20_000.0),
        ("active learning converged?", "TURNS_USED_UP", "active_learning",
         "active_learning.max_turns", 6),
    ],
)  # fmt: skip
def test_values_follow_from_the_numbers_of_the_verdict(question, answer, stage, key, value):
    demo = settings_of(AmorphousElectrodeMaker.from_preset("demo"))
    remedy = remedy_for(failed(question, answer), stage, demo)
    assert (remedy.key, remedy.value) == (key, value)


def test_a_verdict_that_passed_and_a_stage_of_ones_own_have_no_remedy():
    demo = settings_of(AmorphousElectrodeMaker.from_preset("demo"))
    good = Verdict("precise?", "PRECISE", True, "numerical", "it is", NUMBERS, LIMITS)
    assert remedy_for(good, "production", demo) is None
    own = demo | {"production": {"steps": 3}}
    assert remedy_for(failed("precise?", "IMPRECISE"), "production", own) is None
    assert remedy_for(failed("weather?", "RAINY"), "production", demo) is None
    assert remedy_for(failed("ran to its end?", "CUT_SHORT"), "production", demo) is None


def test_a_remedy_costs_what_the_jobs_that_run_again_took_longer_by_the_change():
    demo = settings_of(AmorphousElectrodeMaker.from_preset("demo"))
    took = {
        "melt_quench": 600.0, "sampling": 300.0, "fit": 60.0, "active_learning": 120.0,
        "mtp_sampling": 30.0, "production": 360.0, "voltage": 180.0,
    }  # fmt: skip
    longer = remedy_for(failed("precise?", "IMPRECISE"), "production", demo, took)
    assert longer.value == 65_000.0
    assert longer.core_hours == pytest.approx(0.1 * 67 / 22, rel=0.01)  # with 2 ps before
    more = failed("sampled long enough?", "SHORT", sampled_fs=20_000.0)
    assert remedy_for(more, "sampling", demo, took) is None  # five are asked for already
    few = demo | {"voltage": demo["voltage"] | {"n_snapshots": 2}}
    assert remedy_for(more, "sampling", few, took).core_hours == pytest.approx(0.05 * 5 / 2)
    hotter = remedy_for(failed("melted?", "NOT_MELTED"), "melt_quench", demo, took)
    assert hotter.core_hours == pytest.approx(sum(took.values()) / 3600, rel=0.01)
    unknown = took | {"voltage": None}
    assert (
        remedy_for(failed("melted?", "NOT_MELTED"), "melt_quench", demo, unknown).core_hours is None
    )
    assert remedy_for(failed("precise?", "IMPRECISE"), "production", demo, unknown) == longer


def test_what_several_changes_run_again_is_counted_once():
    settings = settings_of(AmorphousElectrodeMaker(n_glasses=2))
    took = {"melt_quench": 3600.0, "sampling": 7200.0, "fit": 3600.0, "production": 7200.0}
    length = settings["production"]["production_fs"]
    longer, colder = {"production.production_fs": 2 * length}, {"voltage.n_snapshots": 10}
    ran = (settings["production"]["equilibration_fs"] + 2 * length) / (
        settings["production"]["equilibration_fs"] + length
    )
    assert core_hours(longer, settings, took) == pytest.approx(2 * ran, rel=0.01)
    assert core_hours(longer | colder, settings, took) == pytest.approx(2 * ran, rel=0.01)
    glasses = {"n_glasses": 4}
    assert core_hours(glasses, settings, took) == 1 + 2 + 2 + 4
    both = core_hours(glasses | longer, settings, took)
    assert both == pytest.approx(1 + 2 + 2 + 4 * ran, rel=0.01)
    molten = {"melt_quench.melt_temperature_k": 3000.0}  # nothing of the old glasses stays
    assert core_hours(glasses | molten, settings, took) == 2 + 4 + 2 + 4
    added = {"until.most_glasses": 4}  # without a new fit
    assert core_hours(added, settings, took) == 1 + 2 + 2
    assert core_hours({"until.budget_core_hours": 4.0}, settings, took) is None
    assert core_hours({"of_my_own": 1}, settings, took) is None


def test_of_several_remedies_for_one_key_the_furthest_serves_all():
    demo = settings_of(AmorphousElectrodeMaker.from_preset("demo"))
    remedies = [
        Remedy("production.production_fs", 40_000.0),
        Remedy("production.frame_stride", 5),
        Remedy("production.production_fs", 65_000.0),
        Remedy("production.frame_stride", 10),
        Remedy("production.supercell", (3, 2, 2)),
        Remedy("production.supercell", (2, 2, 3)),
        Remedy("production.ensemble", "npt"),
        Remedy("production.ensemble", "npt"),
    ]
    assert changes_of(remedies, demo) == {
        "production.production_fs": 65_000.0,
        "production.frame_stride": 5,
        "production.supercell": [3, 2, 3],
        "production.ensemble": "npt",
    }


def test_more_samples_are_glasses_or_occupations_whichever_are_fewer():
    maker = AmorphousElectrodeMaker(n_glasses=3, n_occupations=2)
    settings, question = settings_of(maker), "precise with all samples?"
    took = {"melt_quench": 3 * 3600.0, "sampling": 6 * 3600.0, "fit": 3600.0, "production": 7200.0}
    numbers = {"n_glasses": 3.0, "n_occupations": 2.0, "more_glasses": 3.0}
    remedy = remedy_for(failed(question, "IMPRECISE", **numbers), "samples", settings, took)
    assert (remedy.key, remedy.value) == ("n_glasses", 6)
    assert remedy.core_hours == 3 + 6 + 2 + 4  # melts and engine MD of the old glasses stay
    verdict = failed(question, "IMPRECISE", **numbers, more_occupations=1.0)
    remedy = remedy_for(verdict, "samples", settings, took)
    assert (remedy.key, remedy.value) == ("n_occupations", 3)
    assert remedy.core_hours == 3 + 1.5 + 3


def test_glasses_that_failed_are_asked_for_again():
    settings = settings_of(AmorphousElectrodeMaker(n_glasses=5))
    verdict = failed("precise with all samples?", "IMPRECISE", n_glasses=4.0, more_glasses=2.0)
    assert remedy_for(verdict, "samples", settings).value == 7
