"""One class of verdicts: what judges return, what their answers are, the word for a result."""

import importlib
import inspect
import json
import pkgutil
from dataclasses import FrozenInstanceError
from enum import auto
from typing import get_args, get_origin, get_type_hints

import pytest
from monty.json import MontyDecoder, MontyEncoder

from amorph_flows import analysis, jobs, schemas
from amorph_flows.analysis import Answer, MeltVerdict, Remedy, Verdict, believable, doubts
from amorph_flows.analysis.verdict import first_failed, word_for


class Weather(Answer):
    """Answers to the question of a test."""

    FINE = auto()
    RAINY_DAY = auto()


def verdict(answer=Weather.FINE, passed=True, scope="numerical", reason="it is dry", **more):
    return Verdict("weather?", answer, passed, scope, reason, **more)


def modules(package):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def judges():
    """Return every public function ``judge_…`` of the package, by name."""
    rooms = [*modules(analysis), *modules(jobs)]
    functions = (f for room in rooms for f in vars(room).items() if inspect.isfunction(f[1]))
    return {name: function for name, function in functions if name.startswith("judge_")}


def test_every_judge_returns_verdicts():
    found = judges()
    assert {"judge_melt", "judge_amorphous", "judge_regime", "judge_loop"} <= set(found)
    for name, judge in found.items():
        returned = get_type_hints(judge)["return"]
        kinds = get_args(returned) if get_origin(returned) is not None else (returned,)
        assert Verdict in kinds, name


def test_values_of_answers_are_their_names():
    list(modules(schemas))
    enums = Answer.__subclasses__()
    assert len(enums) >= 11
    assert all(member.value == member.name for enum in enums for member in enum)


def test_a_verdict_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        verdict().passed = False


def test_a_verdict_survives_json_and_its_answer_is_equal_to_the_member():
    remedy = Remedy("production.duration_fs", 4e6, core_hours=120.0)
    first = verdict(Weather.RAINY_DAY, numbers={"rain_mm": 3}, remedy=remedy)
    again = json.loads(json.dumps(first, cls=MontyEncoder), cls=MontyDecoder)
    assert again == first
    assert again.answer == Weather.RAINY_DAY
    assert again.answer in {Weather.RAINY_DAY}
    assert str(again) == str(first) == "weather? rainy day: it is dry"


def test_numbers_that_are_not_finite_are_left_out():
    numbers = {"rain_mm": 0.5, "wind": float("inf"), "sun": float("nan")}
    assert verdict(numbers=numbers).numbers == {"rain_mm": 0.5}


def test_only_numerical_verdicts_decide_what_may_be_believed():
    surrogate = verdict(passed=False, scope="model", reason="a toy made the labels")
    assert believable([verdict(), surrogate])
    assert not believable([verdict(passed=False), surrogate])
    assert doubts([verdict(), surrogate, surrogate]) == ["a toy made the labels"]


@pytest.mark.parametrize(
    ("failed", "has_value", "word"),
    [
        ([], True, "believed"),
        (["model"], True, "converged"),
        (["numerical"], True, "not converged"),
        (["numerical", "model"], True, "not converged"),
        ([], False, "refused"),
        (["numerical", "model"], False, "refused"),
    ],
)
def test_scopes_of_what_failed_give_the_word(failed, has_value, word):
    assert word_for(failed, has_value=has_value) == word


def test_names_that_scripts_import_are_verdicts():
    for name in ("MeltJudgement", "AmorphousJudgement", "Finding"):
        assert getattr(analysis, name) is Verdict
    assert verdict(MeltVerdict.MELTED).verdict is MeltVerdict.MELTED


def test_first_failed_is_one_verdict_of_each_question():
    def of(question: str, passed: bool, reason: str) -> Verdict:
        return Verdict(question, "A", passed, "numerical", reason)

    good, bad, worse = (
        of("long?", ok, why) for ok, why in ((True, "1"), (False, "2"), (False, "3"))
    )
    other = of("wide?", True, "4")
    assert first_failed([good, None, bad, other, worse]) == [bad, other]
    assert first_failed([good, other]) == [good, other]
    assert first_failed([None]) == []
