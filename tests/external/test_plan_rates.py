"""Rates are timed for real: an engine, a fit, LAMMPS."""

from __future__ import annotations

from morse_engine import MorseEngine

from amorph_flows.engines import AseEngine
from amorph_flows.planning.measuring import rates_of
from amorph_flows.planning.timed import ActiveSetSearch, EngineCall, FitStep, PotentialStep
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.structures import v2o5


def test_work_is_timed_once_and_then_known(monkeypatch, tmp_path) -> None:
    cell, told = v2o5() * (1, 2, 1), list[str]()
    potential = MTPSettings(level=6, cutoff=3.5)
    toy, morse = AseEngine(calculator="toy"), MorseEngine()
    work = [
        EngineCall(v2o5(), toy),
        EngineCall(cell, toy),
        FitStep(cell, potential),
        ActiveSetSearch(cell, potential),
        PotentialStep(cell, potential, every=0),
        PotentialStep(cell * (2, 2, 2), potential, every=10),
    ]
    program = [EngineCall(v2o5(), morse), EngineCall(cell, morse)]
    monkeypatch.setattr(
        "amorph_flows.planning.rates.RateCache.__init__",
        lambda cache: setattr(cache, "path", tmp_path / "rates.json"),
    )
    assert rates_of(program) == {}
    rates = rates_of(work, at_once=2, tell=told.append)
    assert set(rates) == {timed.key for timed in work}
    assert len(told) == len(work)
    assert all(rate.core_seconds > 0 and rate.memory_gb > 0.05 for rate in rates.values())
    small, large = (rates[timed.key].core_seconds for timed in work[4:])
    assert 3 < large / small < 40
    assert rates_of(work, tell=told.append) == rates
    assert len(told) == len(work)

    timed = rates_of(program, static=True)
    ratio = timed[program[1].key].core_seconds / timed[program[0].key].core_seconds
    assert ratio == 4  # by the square of the number of atoms
