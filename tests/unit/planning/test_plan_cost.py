"""Plans from rates that are given: totals, what is not known, what cannot be converged."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import pytest
from morse_engine import MorseEngine
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.engines import AseEngine
from amorph_flows.errors import MissingDependencyError
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.planning import plan_flow
from amorph_flows.planning._walk import walk
from amorph_flows.planning.case import AT_MOST
from amorph_flows.planning.rates import RATES_FILE, Rate, RateCache
from amorph_flows.planning.timed import EngineCall
from amorph_flows.schemas.plan import PlanDoc
from amorph_flows.structures import v2o5
from amorph_flows.study.overrides import apply_overrides

RATE = Rate(core_seconds=0.01, memory_gb=0.25, n_parameters=100, measured="2026-11-28")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("AMORPH_CACHE_DIR", str(tmp_path / "cache"))
    return RateCache()


def _study(**changes):
    fields = {"engine": AseEngine(calculator="toy")} | changes
    return replace(AmorphousElectrodeMaker.from_preset("demo"), **fields)


def _work(flow):
    return [task.timed for node in walk(flow, AT_MOST) for task in node.forecast.tasks]


@pytest.fixture(scope="module")
def demo():
    made = _study().make(v2o5())
    return made, {timed.key: RATE for timed in _work(made)}


@pytest.fixture
def flow(cache, demo):
    cache.add(demo[1])
    return demo[0]


def test_cache_keeps_rates_and_outlives_damage(cache):
    (call,) = [EngineCall(v2o5(), AseEngine(calculator="toy"))]
    assert cache.known([call]) == {}
    cache.add({call.key: RATE})
    cache.add({"other": RATE})
    assert RateCache().known([call]) == {call.key: RATE}
    assert cache.path.name == RATES_FILE
    cache.path.write_text("{")
    assert cache.known([call]) == {}


def test_rates_depend_on_engine_cell_and_settings():
    cell, toy = v2o5(), AseEngine(calculator="toy")
    other = replace(toy, calculator_kwargs={"cutoff": 6.0})
    keys = {EngineCall(c, e).key for c in (cell, cell * (1, 2, 1)) for e in (toy, other)}
    assert len(keys) == 4


def test_totals_are_the_sums_of_the_work(flow):
    plan = plan_flow(flow, workers=2)
    assert plan.jobs == sum(kind.jobs for kind in plan.kinds.values())
    assert plan.at_most.jobs == len(walk(flow, AT_MOST))
    assert plan.core_hours == pytest.approx(sum(k.core_hours for k in plan.kinds.values()))
    assert set(plan.kinds) == {"dft", "md", "fit", "light"}
    calls = sum(line.expected for line in plan.work if line.unit == "calls")
    dft = plan.kinds["dft"]
    assert dft.core_hours * 3600 == pytest.approx(0.01 * calls + 0.6 * dft.jobs)
    assert plan.core_hours / 2 <= plan.wall_hours <= plan.core_hours
    assert plan.wall_hours < plan.at_most.wall_hours
    assert plan.is_complete
    assert PlanDoc.model_validate_json(plan.model_dump_json()) == plan


def test_more_workers_take_less_time_and_more_memory(flow):
    few, many = plan_flow(flow, workers=1), plan_flow(flow, workers=8)
    assert few.core_hours == pytest.approx(many.core_hours)
    assert many.wall_hours < few.wall_hours
    assert many.memory_gb > few.memory_gb


def test_limit_of_a_fit_bounds_its_cost(cache):
    settings = {"settings.max_seconds": 180.0}
    maker = _study()
    fit = apply_overrides(maker.fit, settings)
    flow = replace(maker, fit=fit, active_learning=replace(maker.active_learning, fit=fit)).make(
        v2o5()
    )
    slow = RATE.model_copy(update={"core_seconds": 1e-3})
    cache.add({t.key: slow if t.unit == "atoms times steps" else RATE for t in _work(flow)})
    fits = plan_flow(flow, workers=1).kinds["fit"]
    assert 180.0 < fits.core_hours * 3600 / fits.jobs < 240.0  # without the limit: 2,500


def test_engine_that_is_a_program_is_timed_only_when_asked(cache):
    flow = _study(engine=MorseEngine()).make(v2o5())
    cache.add({t.key: RATE for t in _work(flow) if t.unit != "calls"})
    plan = plan_flow(flow, workers=2)
    assert plan.kinds["dft"].core_hours is None
    assert any("not timed here: Morse" in line for line in plan.unknown)
    assert {line.core_seconds for line in plan.work if line.unit == "calls"} == {None}


def test_settings_of_the_demonstration_cannot_converge(flow):
    found = {(o.question, o.key): o for o in plan_flow(flow, workers=2).obstacles}
    assert found["sampled long enough?", "sampling.duration_fs"].needed == 20_000.0
    assert found["sampled long enough?", "mtp_sampling.production_fs"].needed == 20_000.0
    assert ("several glasses?", "n_glasses") in found
    assert ("discharged crystal known?", "discharged_structure") in found
    assert found["active learning converged?", "active_learning.duration_fs"].needed == 4e6


def test_settings_that_suffice_are_no_obstacle(cache):
    study = AmorphousElectrodeMaker.from_preset("choyal2025")
    study = replace(study, engine=AseEngine(calculator="toy"))
    flow = study.make(v2o5())
    cache.add({timed.key: RATE for timed in _work(flow)})
    keys = {obstacle.key for obstacle in plan_flow(flow, workers=2).obstacles}
    assert not {"sampling.duration_fs", "active_learning.duration_fs"} & keys


@pytest.fixture
def amorph(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    v2o5().to(filename=str(tmp_path / "V2O5.cif"))

    def call(text, *options, code=0):
        (tmp_path / "mine.yaml").write_text(f"structure: V2O5.cif\n{text}\n")
        with warnings.catch_warnings():
            result = CliRunner().invoke(app, ["plan", "mine.yaml", *options])
        assert result.exit_code == code, result.output
        return result

    return call


def test_command_prints_json_with_the_promised_names(amorph, cache, demo, tmp_path):
    amorph("engine: toy\nbad: 1", code=2)
    cache.add(demo[1])
    shown = json.loads(amorph("engine: toy", "--json", "--workers", "3").stdout)
    assert shown["jobs"] > 80
    assert all(shown[name] > 0 for name in ("core_hours", "disk_gb", "wall_hours", "memory_gb"))
    assert shown["workers"] == 3
    assert shown["at_most"]["jobs"] > shown["jobs"]
    assert not (tmp_path / "mine").exists()
    text = amorph("engine: toy").stdout
    assert "cannot be converged with these settings" in text
    assert "sampling.duration_fs: 20000" in text


def test_engine_that_is_not_installed_is_one_error_before_anything(amorph, cache):
    result = amorph("engine: not_there.calculators:Fast", code=2)
    assert "not_there" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not cache.path.exists()


def test_error_of_a_missing_engine_is_that_of_a_run():
    with pytest.raises(MissingDependencyError, match="not_there"):
        _study(engine=AseEngine(calculator="not_there.calculators:Fast")).make(v2o5())
