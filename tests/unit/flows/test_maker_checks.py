"""Every Maker knows its own fields and names the one that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from amorph_flows import flows
from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import (
    ActiveLearningMaker,
    BatchActiveLearningMaker,
    ComparePotentialsMaker,
    ElasticMaker,
    FitPotentialMaker,
    GlassMaker,
    GlassStructureMaker,
    GlassStudyMaker,
    GlassTransitionMaker,
    IonDynamicsMaker,
    IonInsertionMaker,
    LargeGlassMaker,
    MeltQuenchMaker,
    ProductionMDMaker,
    RandomStructureMaker,
    RelabelMaker,
    SamplingMaker,
    VoltageMaker,
)
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.production_md import ProductionUntil
from amorph_flows.structures import random_packing, v2o5

TOY = AseEngine(calculator="toy")
HOLD = SamplingMaker(engine=TOY)
MAKERS: list[tuple[Any, tuple[object, ...]]] = [
    (MeltQuenchMaker(engine=TOY, branch=HOLD), ()),
    (HOLD, ()),
    (IonInsertionMaker(), ("Mg2+", 2)),
    (FitPotentialMaker(), ()),
    (ActiveLearningMaker(engine=TOY), ()),
    (ProductionMDMaker(), ()),
    (LargeGlassMaker(), ("Mg2+", 2)),
    (VoltageMaker(engine=TOY), ("Mg2+", 2)),
    (GlassTransitionMaker(engine=TOY), ()),
    (ElasticMaker(engine=TOY), ()),
    (RelabelMaker(engine=TOY), ()),
    (RandomStructureMaker(), ()),
    (ComparePotentialsMaker(methods=(MTPSettings(),)), ()),
    (BatchActiveLearningMaker(engine=TOY), ()),
    (GlassStructureMaker(), ()),
    (GlassMaker(), ()),
    (GlassStudyMaker(), ()),
    (IonDynamicsMaker(), ()),
]
OF_PEDONE = (GlassMaker, GlassStudyMaker, IonDynamicsMaker)
KNOWN = {type(maker): known for maker, known in MAKERS}
CHANGES: list[tuple[type, dict[str, Any], str]] = [
    (MeltQuenchMaker, {"melt_duration_fs": 0.0}, r"melt_duration_fs is 0"),
    (MeltQuenchMaker, {"time_step_fs": 30.0}, r"time_step_fs is 30"),
    (MeltQuenchMaker, {"branch": replace(HOLD, duration_fs=-1.0)}, r"branch\.duration_fs is -1"),
    (SamplingMaker, {"frame_stride": 0}, r"frame_stride is 0"),
    (SamplingMaker, {"hot_temperature_k": -1.0}, r"hot_temperature_k is -1"),
    (IonInsertionMaker, {"n_best": 0}, r"n_best is 0"),
    (IonInsertionMaker, {"charges": {"V": 5.0, "O": -2.0}}, r"charges and 2 ions"),
    (FitPotentialMaker, {"test_fraction": 0.6}, r"test_fraction = 0\.6"),
    (ActiveLearningMaker, {"stop_grade": 0.0}, r"stop_grade is 0"),
    (ActiveLearningMaker, {"select_grade": float("nan")}, r"select_grade is nan"),
    (ActiveLearningMaker, {"failure_budget": -1}, r"failure_budget is -1"),
    (ProductionMDMaker, {"frame_stride": 0}, r"frame_stride is 0"),
    (ProductionMDMaker, {"equilibration_fs": -1.0}, r"equilibration_fs is -1"),
    (ProductionMDMaker, {"ensemble": "nph"}, r"ensemble is 'nph'; give 'nvt' or 'npt'"),
    (ProductionMDMaker, {"pressure_gpa": 2.0}, r"pressure_gpa is 2, but ensemble is 'nvt'"),
    (ProductionMDMaker, {"pressure_gpa": float("nan")}, r"pressure_gpa is nan"),
    (ProductionMDMaker, {"glass": "molten"}, r"glass is 'molten'; give 'copy' or 'quenched'"),
    (LargeGlassMaker, {"ions": "none"}, r"ions is 'none'; give 'inserted' or 'present'"),
    (LargeGlassMaker, {"rate_k_per_ps": 0.0}, r"rate_k_per_ps is 0"),
    (LargeGlassMaker, {"rate_k_per_ps": 1e4}, r"quench_duration_fs is 170 but its holds take 6000"),
    (LargeGlassMaker, {"frame_stride": 0}, r"frame_stride is 0"),
    (LargeGlassMaker, {"pressure_gpa": 1.0}, r"pressure_gpa = 1.* no barostat"),
    (VoltageMaker, {"n_snapshots": 0}, r"n_snapshots is 0"),
    (VoltageMaker, {"insertion": IonInsertionMaker(n_best=0)}, r"insertion\.n_best is 0"),
    (GlassTransitionMaker, {"hold_duration_fs": 0.0}, r"hold_duration_fs is 0"),
    (ElasticMaker, {"step": 0.0}, r"step 0"),
    (RandomStructureMaker, {"n_atoms": 6}, r"n_atoms is 6"),
    (RandomStructureMaker, {"density_g_cm3": -1.0}, r"density_g_cm3 is -1"),
    (RandomStructureMaker, {"density_from": "tea"}, r"density_from is 'tea'"),
    (RandomStructureMaker, {"min_distance_a": 0.0}, r"min_distance_a is 0"),
    (RandomStructureMaker, {"scales": ()}, r"scales is \(\)"),
    (RandomStructureMaker, {"oxidation_states": {"V": 5}}, r"oxidation_states lacks O"),
    (RelabelMaker, {"max_frames": 0}, r"max_frames is 0"),
    (ComparePotentialsMaker, {"sizes": (0,)}, r"sizes is 0"),
    (ComparePotentialsMaker, {"methods": ()}, "there are no methods"),
]


def test_every_maker_of_a_stage_has_a_check() -> None:
    stages = {getattr(flows, name) for name in flows.__all__} - {flows.AmorphousElectrodeMaker}
    assert set(KNOWN) == stages


@pytest.mark.parametrize(("maker", "known"), MAKERS)
def test_the_defaults_pass(maker: Any, known: tuple[object, ...]) -> None:
    cell = random_packing("Na2SiO3", 900) if isinstance(maker, OF_PEDONE) else v2o5()
    maker.check(cell, *known)


@pytest.mark.parametrize(("kind", "changes", "message"), CHANGES)
def test_the_field_is_named_first(kind: type, changes: dict[str, Any], message: str) -> None:
    maker = next(maker for maker, _ in MAKERS if type(maker) is kind)
    with pytest.raises(InputError, match=f"^{message}"):
        replace(maker, **changes).check(v2o5(), *KNOWN[kind])


def test_a_potential_cools_where_one_is_given() -> None:
    maker = GlassTransitionMaker(engine=TOY, production=ProductionMDMaker(damping_fs=0.0))
    maker.check(v2o5())
    with pytest.raises(InputError, match=r"^production\.damping_fs is 0"):
        maker.check(v2o5(), with_potential=True)
    goal = ProductionUntil(relative_error=0.1, budget_ps=9.0)
    maker = GlassTransitionMaker(engine=TOY, production=ProductionMDMaker(until=goal))
    with pytest.raises(InputError, match=r"^production\.until is set, but the holds"):
        maker.check(v2o5(), with_potential=True)
