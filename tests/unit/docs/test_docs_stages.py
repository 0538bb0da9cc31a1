"""The table of what a study asks of a stage is what the code asks."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.flows.interface import MeltQuench

PAGE = Path(__file__).parents[3] / "docs" / "stages" / "index.md"
HINTS = get_type_hints(AmorphousElectrodeMaker)
INTERFACE = MeltQuench.__module__


def rows() -> dict[str, str]:
    """Return the arguments of ``make`` of each stage in the table."""
    text = PAGE.read_text(encoding="utf-8").partition("## A stage of your own")[2]
    found = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            names, arguments = line.split("|")[1:3]
            found |= dict.fromkeys(re.findall(r"`(\w+)`", names), arguments)
    return found


def default(parameter: inspect.Parameter) -> str:
    """Return the default of a parameter as the table writes it, empty if there is none."""
    value = parameter.default
    if value is parameter.empty:
        return ""
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_the_table_has_every_stage() -> None:
    names = [field.name for field in fields(AmorphousElectrodeMaker)]
    stages = {name for name in names if getattr(HINTS[name], "__module__", "") == INTERFACE}
    assert set(rows()) == stages


@pytest.mark.parametrize(("stage", "arguments"), rows().items())
def test_the_arguments_are_those_of_the_code(stage: str, arguments: str) -> None:
    in_table = [text.partition("=")[::2] for text in re.findall(r"`([^`]+)`", arguments)]
    asked = inspect.signature(HINTS[stage].make).parameters.values()
    in_code = [(p.name, default(p)) for p in asked if p.name != "self"]
    assert in_table == in_code
    ours = inspect.signature(getattr(AmorphousElectrodeMaker(), stage).make).parameters
    assert [p for p in ours if p != "prev_dir"] == [name for name, _ in in_table]
