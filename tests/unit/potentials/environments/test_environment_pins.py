"""Pins, names and licences of environments, and what refuses those that are not there."""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.doctor import examine
from amorph_flows.errors import CalculationError, InputError, MissingDependencyError
from amorph_flows.potentials.environments.install import find_uv, install, read_record
from amorph_flows.potentials.environments.installed import (
    RECORD_FILE,
    find_installed,
    folder_of,
)
from amorph_flows.potentials.environments.pins import (
    ACE,
    ACE_EVALUATE,
    ENVIRONMENTS,
    Environment,
    get_environment,
)

ASE = metadata.version("ase")
NUMPY = metadata.version("numpy")


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMORPH_CACHE_DIR", str(tmp_path))


def named(monkeypatch: pytest.MonkeyPatch, requirements: str) -> Environment:
    """Return an environment whose interpreter the settings name: that of the tests."""
    monkeypatch.setenv("AMORPH_GAP_PYTHON", sys.executable)
    return Environment("emt", requirements, ("ase",), (), "LGPL", setting="gap_python")


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=lambda one: one.name)
def test_every_environment_is_pinned_exactly(environment: Environment) -> None:
    lines = [line for line in environment.requirements.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in lines)
    assert set(environment.packages) <= set(environment.pins)
    assert {"ase", "numpy"} <= set(environment.pins)
    assert environment.licence


def test_non_commercial_licences_say_so() -> None:
    assert [one.name for one in ENVIRONMENTS.values() if one.non_commercial] == [
        "ace",
        "ace-evaluate",
    ]
    assert "non-commercial" in ACE.terms
    assert "non-commercial" not in ENVIRONMENTS["mace"].terms


def test_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'nequip'"):
        get_environment("nequipp")
    result = CliRunner().invoke(app, ["install-backend", "sevennet"])
    assert result.exit_code == 2
    assert "unknown environment 'sevennet'; did you mean 'sevenn'" in result.stderr


def test_what_is_not_there_is_refused_with_the_command() -> None:
    with pytest.raises(MissingDependencyError, match="install it with: amorph install-backend ace"):
        find_installed(ACE)
    with pytest.raises(MissingDependencyError, match=r"amorph install-backend ace$"):
        find_installed(ACE, ACE_EVALUATE)


def test_installation_that_did_not_end_is_refused(tmp_path: Path) -> None:
    python = folder_of(ACE) / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    with pytest.raises(MissingDependencyError, match="did not come to its end"):
        find_installed(ACE)
    level = {check.name: check.level for check in examine() if check.kind == "backend"}
    assert (level["ace"], level["mace"]) == ("fail", "warn")


def test_named_interpreter_with_the_versions_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_installed(named(monkeypatch, f"ase=={ASE}\nnumpy=={NUMPY}"))
    assert found.command == (sys.executable,)
    assert found.method_versions == {"ase": ASE}


def test_patch_of_what_the_method_stands_on_may_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    series = ".".join(NUMPY.split(".")[:2])
    assert find_installed(named(monkeypatch, f"ase=={ASE}\nnumpy=={series}.999"))


@pytest.mark.parametrize("pins", [f"ase=={ASE}\nnumpy==1.1.1", "ase==3.0.0", "ase==3.29.0\nno==1"])
def test_another_environments_versions_are_refused(
    monkeypatch: pytest.MonkeyPatch, pins: str
) -> None:
    with pytest.raises(
        MissingDependencyError,
        match=r"another environment's: .* instead of .*install-backend emt \(and unset AMORPH_GAP",
    ):
        find_installed(named(monkeypatch, pins))


@pytest.mark.parametrize(
    ("python", "said"), [("/no/python", "No such file"), ("false", "exit code 1")]
)
def test_interpreter_that_does_not_start_is_told(
    monkeypatch: pytest.MonkeyPatch, python: str, said: str
) -> None:
    monkeypatch.setenv("AMORPH_ACE_PYTHON", python)
    with pytest.raises(MissingDependencyError, match=said):
        find_installed(ACE)


def test_missing_uv_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingDependencyError, match="pip install uv"):
        find_uv()


def test_failed_installation_leaves_nothing(tmp_path: Path) -> None:
    """An interpreter that is not there: uv fails at once, without a registry."""
    environment = Environment("emt", f"ase=={ASE}", ("ase",), (), "LGPL")
    with pytest.raises(CalculationError, match="'emt' was not made"):
        install(environment, "/no/such/python")
    assert not folder_of(environment).exists()


def test_damaged_record_is_no_environment(tmp_path: Path) -> None:
    for text in ("{", json.dumps({"name": "ace"})):
        (tmp_path / RECORD_FILE).write_text(text)
        assert read_record(tmp_path) is None
