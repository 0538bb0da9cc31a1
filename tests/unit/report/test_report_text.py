"""Numbers and formulas as a person reads them."""

from __future__ import annotations

import pytest

from amorph_flows.report._text import (
    formula,
    formulas_in,
    number,
    sentence,
    temperature,
    uncertainty,
    with_full_stop,
)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (2.5613, 3, "2.56"),
        (1.8123e-6, 3, "1.81 × 10⁻⁶"),
        (9.996e-7, 3, "1.00 × 10⁻⁶"),
        (-812.25, 5, "−812.25"),
        (123456.0, 3, "1.23 × 10⁵"),
        (0.0, 3, "0.00"),
        (-3.2e-7, 2, "−3.2 × 10⁻⁷"),
        (7, 1, "7"),
        (None, 3, "–"),
        (float("nan"), 3, "–"),
        (float("inf"), 3, "–"),
    ],
)
def test_number(value: float | None, digits: int, shown: str) -> None:
    assert number(value, digits) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0224, "± 0.022"),
        ([0.9, 1.1], "95 %: 0.900 to 1.10"),
        ((1.6e-6, 1.9e-6), "95 %: (1.60 to 1.90) × 10⁻⁶"),
        ((8.5e-7, 3.4e-6), "95 %: 8.50 × 10⁻⁷ to 3.40 × 10⁻⁶"),
        (None, "–"),
    ],
)
def test_uncertainty(value: float | list[float] | None, shown: str) -> None:
    assert uncertainty(value) == shown


def test_formula_and_temperature() -> None:
    assert formula("MgV2O5") == "MgV₂O₅"
    assert temperature(1200.0) == "1200 K"
    assert temperature(None) == "–"


def test_sentence_has_one_full_stop() -> None:
    assert sentence(["too short.", "too small"]) == "Too short; too small."


def test_only_the_numbers_of_formulas_are_lowered() -> None:
    text = "MgV2O5 from amorphous V2O5, 2 cells at 300 K, run A1"
    assert formulas_in(text) == "MgV₂O₅ from amorphous V₂O₅, 2 cells at 300 K, run A1"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("the run failed", "The run failed."),
        ("it ended.", "It ended."),
        ("and ions would travel…", "And ions would travel…"),
    ],
)
def test_a_reason_has_one_end(reason: str, told: str) -> None:
    assert with_full_stop(reason) == told
