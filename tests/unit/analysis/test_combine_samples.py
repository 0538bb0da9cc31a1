"""Values of several glasses: intervals of known variances, what is missing, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amorph_flows.analysis import combine_samples
from amorph_flows.analysis._random_effects import Design, Effects, random_effects
from amorph_flows.errors import InputError
from amorph_flows.schemas.combined import CombinedDoc

N_SAMPLES = 1000
OCCUPATION = 0.5
RATIOS = (0.0, 0.3, 3.0, 1000.0)
SIX = [(glass, occupation) for glass in "abc" for occupation in (0, 1)]


def nested(n_glasses: int) -> list[tuple[int, int]]:
    return [(glass, number) for glass in range(n_glasses) for number in range(2)]


def unequal(n_glasses: int) -> list[tuple[int, int]]:
    return [(glass, number) for glass in range(n_glasses) for number in range(1 + 2 * glass % 4)]


def single(n_glasses: int) -> list[tuple[int, int]]:
    return [(glass, 0) for glass in range(n_glasses)]


def repeated(n_glasses: int) -> list[tuple[int, int]]:
    return [(glass, 0) for glass in range(n_glasses) for _ in range(2 + glass % 3)]


DESIGNS = {
    "nested": (nested, 1.0, "known"),
    "unequal numbers": (unequal, 1.0, "known"),
    "unequal numbers and errors": (unequal, 5.0, "known"),
    "estimated errors": (unequal, 5.0, "estimated"),
    "one run of each": (single, 5.0, "known"),
    "one bad run": (single, None, "known"),
    "unknown errors": (unequal, 1.0, "unknown"),
    "unknown errors of repeated runs": (repeated, 1.0, "unknown"),
}


def sample(
    groups: list[tuple[int, int]], between: float, spread: float | None, errors: str
) -> Effects:
    """Return the effects found in samples whose mean is zero and run variance about 1."""
    rng = np.random.default_rng(7)
    design = Design.of(groups)
    n_runs = len(groups)
    n_glasses, n_occupations = design.occupations.shape
    true = np.append(np.ones(n_runs - 1), 5.0)
    if spread is not None:
        true = np.geomspace(spread**-0.5, spread**0.5, n_runs)[rng.permutation(n_runs)]
    glass = rng.normal(size=(N_SAMPLES, n_glasses)) * between**0.5
    occupation = rng.normal(size=(N_SAMPLES, n_occupations)) * OCCUPATION**0.5
    if n_occupations == n_glasses:
        occupation *= 0.0
    values = (glass @ design.occupations + occupation) @ design.runs
    values += rng.normal(size=(N_SAMPLES, n_runs)) * true
    told = np.broadcast_to(true, values.shape)
    if errors == "estimated":
        told = told * np.sqrt(rng.chisquare(10, values.shape) / 10)
    return random_effects(values, told if errors != "unknown" else told * np.nan, design)


@pytest.mark.parametrize("n_glasses", [3, 5, 10])
@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_cover_the_truth(name: str, n_glasses: int) -> None:
    make, spread, errors = DESIGNS[name]
    for between in RATIOS:
        found = sample(make(n_glasses), between, spread, errors)
        covered = np.mean(np.abs(found.value) <= found.half_width)
        assert 0.90 <= covered <= 0.99, f"{between = }: {covered}"
        assert abs(found.value.mean()) < 4 * found.value.std() / N_SAMPLES**0.5


def test_variances_are_those_of_the_samples() -> None:
    found = sample(nested(10), 3.0, 1.0, "known")
    assert found.glasses is not None
    assert found.occupations is not None
    assert found.glasses.mean() == pytest.approx(3.0, rel=0.05)
    assert found.occupations.mean() == pytest.approx(OCCUPATION, abs=0.08)
    assert (found.runs == 1.0).all()
    assert (found.error_factor == 1.0).all()
    unknown = sample(repeated(10), 3.0, 1.0, "unknown")
    assert unknown.glasses is not None
    assert unknown.glasses.mean() == pytest.approx(3.0, rel=0.06)
    assert unknown.runs.mean() == pytest.approx(1.0, rel=0.03)
    assert unknown.occupations is None


def test_the_public_function_gives_the_same() -> None:
    """Balanced samples have the mean of the glasses and Student's interval of their means."""
    values = [1.0, 2.0, 3.0, 1.5, 2.2, 3.9]
    found = combine_samples(values, [0.1] * 6, SIX)
    means = np.reshape(values, (3, 2)).mean(axis=1)
    half = 4.302653 * means.std(ddof=1) / 3**0.5
    assert found.value == pytest.approx(np.mean(values))
    assert found.interval == pytest.approx((means.mean() - half, means.mean() + half))
    assert found.within == pytest.approx(0.01)
    scatter = np.reshape(values, (3, 2)).var(axis=1, ddof=1).mean()
    assert found.between_occupations == pytest.approx(scatter - 0.01)
    assert found.between == pytest.approx(means.var(ddof=1) - scatter / 2)
    assert found.complete
    order = [5, 2, 0, 4, 1, 3]
    mixed = combine_samples(np.take(values, order), [0.1] * 6, [SIX[i] for i in order])
    assert mixed.interval == pytest.approx(found.interval)


def test_logarithms() -> None:
    values, errors = np.array([1e-9, 4e-8, 2e-10]), np.array([2e-10, 1e-8, 3e-11])
    found = combine_samples(values, errors, ["a", "b", "c"], log=True)
    plain = combine_samples(np.log(values), errors / values, ["a", "b", "c"])
    assert plain.interval is not None
    assert found.value == pytest.approx(np.exp(plain.value))
    assert found.interval == pytest.approx(np.exp(plain.interval))
    assert found.between == pytest.approx(plain.between)
    scaled = combine_samples(values * 1e4, errors * 1e4, ["a", "b", "c"], log=True)
    assert scaled.value == pytest.approx(found.value * 1e4)
    assert scaled.between == pytest.approx(found.between)


def test_one_glass_says_what_it_lacks() -> None:
    found = combine_samples([1.0, 2.0, 1.5], [0.1] * 3, [("a", 0), ("a", 1), ("a", 2)])
    assert not found.complete
    assert found.between is None
    assert found.between_occupations == pytest.approx(0.24)
    assert found.interval is not None
    assert "scatter between glasses is not in the interval" in found.reason
    assert found.needed().glasses == 2
    alone = combine_samples([3.0], [0.5], ["a"])
    assert alone.interval == pytest.approx((3 - 1.959964 * 0.5, 3 + 1.959964 * 0.5))
    assert alone.needed().run_length == pytest.approx(4.0)
    bare = combine_samples([3.0], [None], ["a"])
    assert (bare.value, bare.interval, bare.within, bare.dominant) == (3.0, None, None, None)


@pytest.mark.parametrize("unknown", [None, np.nan, 0.0])
def test_unknown_errors_are_those_of_repeated_runs(unknown: float | None) -> None:
    values, groups = [1.0, 1.2, 3.0, 3.4, 5.0], ["a", "a", "b", "b", "c"]
    found = combine_samples(values, [unknown] * 5, groups)
    assert found.within == pytest.approx((0.02 + 0.08) / 2)
    assert found == combine_samples(values, None, np.array(groups))
    some = combine_samples(values, [0.3, unknown, 0.3, 0.3, 0.3], groups)
    assert some.within == pytest.approx(0.09)


def test_errors_that_repeated_runs_refute_are_enlarged() -> None:
    found = combine_samples([1.0, 2.0, 3.0, 4.0], [0.01] * 4, ["a", "a", "b", "b"])
    assert found.within == pytest.approx(0.5)
    assert found.error_factor == pytest.approx(0.5**0.5 / 0.01)


def test_what_dominates_and_what_would_halve_the_interval() -> None:
    glasses = combine_samples([1, 1.1, 5, 5.1, 9, 9.1], [0.1] * 6, SIX)
    assert glasses.dominant == "glasses"
    assert (glasses.needed().occupations, glasses.needed().run_length) == (None, None)
    assert glasses.needed().glasses == 2  # 4.303/√3 = 2 · 2.776/√5
    assert glasses.needed(0.25).glasses == 10  # 4.303/√3 = 2.48 > 4 · 2.179/√13, < 4 · 2.201/√12
    assert glasses.needed(1.0).glasses == 0
    assert "2 more glasses would halve the interval" in glasses.reason
    noisy = combine_samples([1.0, 3, 1, 3, 1, 3.1], [1.5] * 6, SIX)
    assert noisy.dominant == "runs"
    assert noisy.shares["runs"] == pytest.approx(1.0)
    assert noisy.needed().run_length == pytest.approx(4.0)
    assert noisy.needed().occupations == 6
    assert sum(glasses.shares.values()) == pytest.approx(1.0)
    assert len(noisy.reason) <= 200
    with pytest.raises(InputError, match=r"factor = 0"):
        noisy.needed(0)


def test_values_that_do_not_scatter() -> None:
    found = combine_samples([2.0, 2.0, 2.0], None, "abc")
    assert (found.value, found.interval, found.between, found.dominant) == (2, (2, 2), 0, None)


@pytest.mark.parametrize(
    ("values", "errors", "groups", "message"),
    [
        ([], [], [], r"values have the shape \(0,\)"),
        ([[1.0]], None, ["a"], r"shape \(1, 1\)"),
        (["high"], None, ["a"], "one number for each run"),
        ([1.0, np.nan], None, "ab", r"\[nan\] of runs \[1\] are not finite"),
        ([1.0, 2.0], [0.1], "ab", r"2 values and errors of the shape \(1,\)"),
        ([1.0, 2.0], None, "a", "2 values and 1 groups"),
        ([1.0, 2.0], [0.1, -0.2], "ab", r"errors \[-0.2\] of runs \[1\]"),
        ([1.0, 2.0], [0.1, np.inf], "ab", r"errors \[inf\] of runs \[1\]"),
        ([1.0, 2.0], None, ["a", ("b", 1)], "each a pair"),
        ([1.0, 2.0], None, [("a", 1, 2), ("b", 1, 2)], "each a pair"),
        ([1.0, 2.0], None, ["a", None], "not named"),
    ],
)
def test_bad_input(values: Any, errors: Any, groups: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        combine_samples(values, errors, groups)


def test_what_has_no_logarithm_is_refused() -> None:
    with pytest.raises(InputError, match=r"\[-1.0\] of runs \[1\] have no logarithm"):
        combine_samples([1.0, -1.0], None, "ab", log=True)


@pytest.mark.parametrize("errors", [[0.1] * 6, None])
def test_document(errors: list[float] | None) -> None:
    found = combine_samples([1.0, 2.0, 3.0, 1.5, 2.2, 3.9], errors, SIX)
    doc = CombinedDoc.model_validate_json(CombinedDoc.from_result(found).model_dump_json())
    assert (doc.value, doc.interval, doc.between) == (found.value, found.interval, found.between)
    assert (doc.complete, doc.dominant, doc.needed) == (True, found.dominant, found.needed())
    assert doc.reason == found.reason
