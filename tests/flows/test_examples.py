"""The examples run, or are accepted where a run would take long, and pages show them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from amorph_flows.study.study_file import load_study

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def example(name: str) -> ModuleType:
    """Return an example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_melt_quench_alone_gives_its_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    example("melt_quench_alone").main()
    printed = [line for line in capsys.readouterr().out.splitlines() if " INFO " not in line]
    assert printed[0].startswith("the host is liquid")
    assert [line.partition(":")[0] for line in printed[1:]] == ["900 K", "300 K"]
    assert all("of the hot crystal's" in line for line in printed[1:])
    assert not any("order of a crystal remains" in line for line in printed[1:])
    assert [path.name for path in tmp_path.iterdir()] == ["melt-quench"]


def test_study_file_is_accepted() -> None:
    study = load_study(EXAMPLES / "study.yaml")
    assert study.home == EXAMPLES / "v2o5-study"
    maker = study.maker()
    assert maker.melt_quench.time_step_fs == 1.0
    assert maker.production.production_fs == 20_000.0
    host, discharged = study.structures()
    assert host.composition.reduced_formula == "V2O5"
    assert discharged is None
    maker.check(host)


def test_pages_show_examples_that_are_there() -> None:
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md")]
    assert not any("--8 <" in page for page in pages)  # what a formatter makes of a marker
    markers = re.compile(r'^--8<--(?: "([^"]+)"|\n(\S+)\n--8<--)$', re.MULTILINE)
    names = (one or two for page in pages for one, two in markers.findall(page))
    files = {name.partition(":")[0] for name in names}  # a file, or file:section of it
    assert all((ROOT / file).is_file() for file in files)
    shown = {file for file in files if file.startswith("examples/")}
    assert shown == {f"examples/{path.name}" for path in EXAMPLES.iterdir()} - {"examples/V2O5.cif"}
