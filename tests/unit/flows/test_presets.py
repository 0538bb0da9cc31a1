"""The published protocol, number by number, and the limits of the demonstration."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from monty.json import jsanitize
from pymatgen.core import SETTINGS

from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.flows import AmorphousElectrodeMaker, FitPotentialMaker, MeltQuenchMaker
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.structures import supercell_near, v2o5
from amorph_flows.structures.stoichiometry import count_ions
from amorph_flows.testing.vasp import write_potcars


@pytest.fixture(scope="module")
def published() -> AmorphousElectrodeMaker:
    return AmorphousElectrodeMaker.from_preset("choyal2025")


def test_cells_have_84_and_96_atoms(published: AmorphousElectrodeMaker) -> None:
    host = supercell_near(v2o5(), published.cell_lengths_a)
    assert len(host) == 84
    np.testing.assert_allclose(sorted(host.lattice.abc), [8.766, 10.713, 11.544], atol=0.06)
    assert len(host) + count_ions(host, published.ions_per_formula) == 96


def test_melt_and_quench(published: AmorphousElectrodeMaker) -> None:
    quench = published.melt_quench
    stages = quench.schedule()
    assert (stages[0].start_temperature_k, stages[0].duration_fs) == (2000, 4000)
    assert {stage.time_step_fs for stage in stages} == {2.0}
    assert sum(stage.duration_fs for stage in stages[1:]) == pytest.approx(16_000)
    assert quench.quench_rate_k_per_ps == pytest.approx(106, abs=0.5)
    holds = {s.start_temperature_k: s.duration_fs for s in stages[1:] if s.is_hold}
    assert holds == {1500: 2000, 1000: 2000, 500: 2000}
    assert stages[-1].end_temperature_k == 300
    assert quench.temperatures_k == (1200, 900, 600, 300)


def test_a_grid_of_hyperparameters_is_tried(published: AmorphousElectrodeMaker) -> None:
    assert isinstance(published.fit, FitPotentialMaker)
    tried = [published.fit.settings, *published.fit.alternatives]
    assert all(isinstance(one, MTPSettings) and one.choose_on == "test" for one in tried)
    places = [(one.level, one.cutoff, one.radial_size) for one in tried]
    assert places[0] == (16, 7.0, 8)
    assert len(set(places)) == len(places) == 12


def test_other_reading_of_the_rate_is_an_option() -> None:
    quench = MeltQuenchMaker(quench_includes_holds=False)
    ramps = [stage for stage in quench.schedule() if not stage.is_hold]
    cooled = sum(s.start_temperature_k - s.end_temperature_k for s in ramps)
    assert cooled / sum(s.duration_fs for s in ramps) * 1e3 == pytest.approx(106, abs=0.5)


def test_ramps_join_and_never_heat(published: AmorphousElectrodeMaker) -> None:
    stages = published.melt_quench.schedule()
    for before, after in itertools.pairwise(stages):
        assert before.end_temperature_k == after.start_temperature_k
        assert after.end_temperature_k <= after.start_temperature_k


def test_insertion_and_sampling(published: AmorphousElectrodeMaker) -> None:
    assert published.insertion_temperatures_k == (300, 600, 900, 1200)
    assert published.sampling.duration_fs == 20_000
    strides = {t: published.sampling.stage(t).frame_stride for t in (300, 600, 900, 1200)}
    assert strides == {300: 50, 600: 50, 900: 50, 1200: 20}


def test_potential_and_active_learning(published: AmorphousElectrodeMaker) -> None:
    settings = published.fit.settings
    assert (settings.level, settings.cutoff) == (16, 7.0)
    assert (published.fit.split, published.fit.test_fraction) == ("random", 0.1)
    assert published.fit.validation_fraction == 0
    assert settings.choose_on == "test"
    learning = published.active_learning
    assert learning.duration_fs == 4_000_000
    assert (learning.select_grade, learning.stop_grade) == (2.0, 10.0)
    assert (learning.equilibration_fs, learning.grade_every) == (50_000, 1)
    for stage in (published.fit, learning):
        assert (stage.min_contact_a, stage.max_force_ev_a) == (None, None)


def test_production(published: AmorphousElectrodeMaker) -> None:
    production = published.production
    assert production.supercell == (2, 2, 2)
    assert (production.equilibration_fs, production.production_fs) == (50_000, 4_000_000)
    assert (production.time_step_fs, production.damping_fs) == (2.0, 200.0)
    assert published.production_temperatures_k == (300, 600, 900, 1000, 1200)


def test_demo_is_small_and_says_by_how_much() -> None:
    demo = AmorphousElectrodeMaker.from_preset("demo")
    host = supercell_near(v2o5(), demo.cell_lengths_a)
    assert len(host) == 56
    assert len(host) + count_ions(host, demo.ions_per_formula) == 64
    assert sum(stage.n_steps for stage in demo.melt_quench.schedule()) <= 600
    assert demo.fit.settings.level in (8, 12)
    assert demo.fit.settings.cutoff == 5.0
    assert demo.active_learning.max_turns <= 3
    factors = {one.what: one.factor for one in demo.differences_from_paper() if one.factor}
    assert factors["production"] == pytest.approx(4_000_000 / demo.production.production_fs)
    assert factors["quench"] == pytest.approx(16_000 / 600)
    assert all(factor > 1 for factor in factors.values())


def test_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown preset 'choyal2024'.*'choyal2025'"):
        AmorphousElectrodeMaker.from_preset("choyal2024")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"melt_temperature_k": -2000.0}, "above 0"),
        ({"time_step_fs": -1.0}, r"time_step_fs is -1"),
        ({"branch_temperatures_k": (2500.0,)}, "2500 K"),
        ({"hold_duration_fs": 6000.0}, "lengthen the quench"),
    ],
)
def test_impossible_schedules_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MeltQuenchMaker(**changes).schedule()  # type: ignore[arg-type]


def test_each_sampling_has_velocities_of_its_own() -> None:
    sampling = AmorphousElectrodeMaker.from_preset("demo").sampling
    cell = v2o5()
    seeds = {
        sampling.make(cell, t, label).function_kwargs["seed"]
        for t in (300.0, 900.0)
        for label in ("V2O5", "MgV2O5")
    }
    assert len(seeds) == 4


def test_only_the_published_preset_names_vasp(published: AmorphousElectrodeMaker) -> None:
    assert published.engine.info().name == "VASP SCAN+U"
    assert AmorphousElectrodeMaker().engine == AseEngine()
    for name in ("demo", "laptop"):
        assert AmorphousElectrodeMaker.from_preset(name).engine == AseEngine()


def test_without_vasp_it_is_refused_with_the_line_to_change(
    published: AmorphousElectrodeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(SETTINGS, "PMG_VASP_PSP_DIR", raising=False)
    with pytest.raises(MissingDependencyError, match=r"POTCARs.*'engine: CHGNet' in the study"):
        published.make(v2o5())
    replace(published, engine=AseEngine(calculator="toy")).check(v2o5())


@pytest.mark.filterwarnings("ignore:POTCAR data with symbol")  # they are not VASP's
@pytest.mark.parametrize("preset", AmorphousElectrodeMaker.presets())
def test_inputs_of_jobs_are_plain_json(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    potcars = write_potcars(tmp_path, ["V", "O", "Mg"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(potcars))
    flow = AmorphousElectrodeMaker.from_preset(preset).make(v2o5())
    for job, _ in flow.iterflow():
        json.dumps(jsanitize(job.as_dict(), strict=True, enum_values=True), allow_nan=False)
