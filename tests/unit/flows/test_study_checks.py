"""A study that cannot be right is refused before anything is computed, with one clear message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.engines import AseEngine
from amorph_flows.errors import AmorphFlowsError, MissingDependencyError
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.schemas.fits import FitSettings, MTPSettings
from amorph_flows.structures import v2o5
from amorph_flows.study.overrides import apply_overrides


@pytest.fixture
def maker() -> AmorphousElectrodeMaker:
    return replace(AmorphousElectrodeMaker.from_preset("demo"), engine=AseEngine(calculator="toy"))


def test_good_input_passes(maker: AmorphousElectrodeMaker) -> None:
    maker.check(v2o5())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ion": "Mg"}, "has no charge"),
        ({"ion": "Xx2+"}, r"unknown ion 'Xx2\+'"),
        ({"ion": "Fe2+"}, "Fe"),
        ({"ions_per_formula": 4.0}, "charge balance allows at most"),
        ({"ions_per_formula": 0.012}, "whole number"),
        ({"ions_per_formula": (0.012, 1.0)}, "0.012, 1 ions for each V2O5"),
        ({"ions_per_formula": (0.01, 1.0), "cell_lengths_a": (11.5, 40.0, 48.0)}, "at most 2000"),
        ({"ions_per_formula": ()}, r"ions_per_formula is \(\); give one number above 0"),
        ({"ions_per_formula": (0.0, 1.0)}, "the glass without ions is always there"),
        ({"ions_per_formula": (1.0, 1.0)}, "several that differ"),
        ({"cell_lengths_a": (11.5, 0.0, 8.8)}, "target lengths"),
        ({"cell_lengths_a": (1000.0, 1000.0, 1000.0)}, "engine MD takes at most 2000"),
        ({"insertion_temperatures_k": (750.0,)}, "750 K"),
        ({"production_temperatures_k": (-300.0,)}, "production_temperatures_k has -300 K"),
        ({"lattice_planes": {"Al": (4, 6, 2)}}, "lattice_planes has Al; the study has Mg, O, V"),
        ({"lattice_planes": {"Mg": (4, 6)}}, r"lattice_planes has \(4, 6\) for Mg"),
        ({"engine": AseEngine(calculator="chgnot")}, "unknown calculator 'chgnot'.*CHGNet"),
    ],
)
def test_bad_settings_are_named(
    maker: AmorphousElectrodeMaker, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(AmorphFlowsError, match=message):
        replace(maker, **changes).check(v2o5())


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ({"relative_error": 0.2}, r"production\.until has no budget; give until\.budget_ps"),
        ({"budget_ps": 50.0}, r"production\.until has a budget, but nothing to reach"),
        ({"relative_error": 1.0, "budget_ps": 50.0}, r"until\.relative_error is 1; .* 0 and 1"),
        ({"relative_error": 0.0, "budget_ps": 50.0}, r"until\.relative_error is 0"),
        (
            {"relative_error": float("nan"), "budget_ps": 50.0},
            r"until\.relative_error' must be finite, got nan",
        ),
        ({"verdict": "precize?", "budget_ps": 50.0}, r"'precize\?'; did you mean 'precise\?'"),
        ({"verdict": "precise?", "budget_ps": 19.0}, r"until\.budget_ps is 19, less than prod"),
        ({"verdict": "precise?", "budget_ps": -1.0}, r"until\.budget_ps is -1"),
        ({"verdict": "precise", "budget_core_hours": 0.0}, r"until\.budget_core_hours is 0"),
    ],
)
def test_bad_goals_of_production_are_named(
    maker: AmorphousElectrodeMaker, until: dict[str, Any], message: str
) -> None:
    with pytest.raises(AmorphFlowsError, match=message):
        apply_overrides(maker, {"production.until": until}).check(v2o5())


def test_a_goal_is_of_production_and_of_the_ion_of_the_study(
    maker: AmorphousElectrodeMaker,
) -> None:
    goal = {"verdict": "diffusivity", "budget_ps": 40.0}
    study = replace(apply_overrides(maker, {"production.until": goal}), produce_host=True)
    jobs = [
        dict(job.function_kwargs)
        for job, _ in study.make(v2o5()).iterflow()
        if job.function.__name__ == "run_production"
    ]
    ions = {job["until"].ion for job in jobs if job["until"] is not None}
    assert ions == {"Mg2+"}
    assert sum(job["until"] is None for job in jobs) > len(maker.production_temperatures_k)
    for stage in ("mtp_sampling", "melt_sampling"):
        with pytest.raises(AmorphFlowsError, match=rf"{stage}\.until is set, but only production"):
            apply_overrides(maker, {f"{stage}.until": goal}).check(v2o5())


def test_glass_transition_is_checked_where_the_study_finds_it(
    maker: AmorphousElectrodeMaker,
) -> None:
    wrong = replace(maker.glass_transition, temperatures_k=(900.0, 300.0))
    with_it = replace(maker, glass_transition=wrong)
    with_it.check(v2o5())
    with pytest.raises(AmorphFlowsError, match=r"glass_transition\.temperatures_k is \(900"):
        replace(with_it, find_glass_transition=True).check(v2o5())


def test_a_study_finds_its_glass_transition_with_the_last_potential(
    maker: AmorphousElectrodeMaker,
) -> None:
    names = [
        job.name for job, _ in replace(maker, find_glass_transition=True).make(v2o5()).iterflow()
    ]
    assert names.index("glass transition") < names.index("transport")
    assert not [job.name for job, _ in maker.make(v2o5()).iterflow() if "glass" in job.name]


def test_narrow_production_cell_is_refused(maker: AmorphousElectrodeMaker) -> None:
    production = replace(maker.production, supercell=(1, 1, 1))
    with pytest.raises(AmorphFlowsError, match="less than twice the cutoff"):
        replace(maker, production=production).check(v2o5())


def test_a_barostat_of_the_small_cell_needs_twice_the_cutoff(
    maker: AmorphousElectrodeMaker,
) -> None:
    """Production is that wide in any case."""
    apply_overrides(maker, {"production.ensemble": "npt"}).check(v2o5())
    narrow = apply_overrides(maker, {"mtp_sampling.ensemble": "npt"})
    with pytest.raises(AmorphFlowsError, match=r"mtp_sampling\.ensemble is 'npt', but the cell is"):
        narrow.check(v2o5())
    apply_overrides(narrow, {"mtp_sampling.supercell": [2, 2, 2]}).check(v2o5())
    with pytest.raises(AmorphFlowsError, match=r"production\.ensemble.*'nvt' or 'npt'"):
        apply_overrides(maker, {"production.ensemble": "nph"})
    asked = apply_overrides(maker, {"production.pressure_gpa": 1.0})
    with pytest.raises(AmorphFlowsError, match=r"production\.pressure_gpa is 1, but ensemble is"):
        asked.check(v2o5())


def test_negative_time_step_of_any_stage_is_refused(maker: AmorphousElectrodeMaker) -> None:
    for name in ("sampling", "production", "mtp_sampling", "active_learning"):
        stage = replace(getattr(maker, name), time_step_fs=-1.0)
        with pytest.raises(AmorphFlowsError, match=rf"{name}.time_step_fs is -1"):
            replace(maker, **{name: stage}).check(v2o5())


@pytest.mark.parametrize(
    ("stage", "changes", "message"),
    [
        (
            "melt_quench",
            {"hold_temperatures_k": (1000.0,), "hold_duration_fs": -5.0},
            "melt_quench.hold_duration_fs is -5; give more than 0",
        ),
        ("melt_quench", {"frame_stride": 0}, "melt_quench.frame_stride is 0; give at least 1"),
        ("sampling", {"time_step_fs": 30.0}, r"sampling\.time_step_fs is 30\.0"),
        ("sampling", {"duration_fs": float("nan")}, "sampling.duration_fs is nan"),
        ("sampling", {"hot_frame_stride": 0}, "sampling.hot_frame_stride is 0"),
        ("active_learning", {"n_seeds": 0}, "active_learning.n_seeds is 0"),
        ("active_learning", {"label_jobs": 0}, "active_learning.label_jobs is 0"),
        ("active_learning", {"grade_every": 0}, "active_learning.grade_every is 0"),
        ("production", {"supercell": (-2, 2, 2)}, r"production.supercell is \(-2, 2, 2\)"),
        ("mtp_sampling", {"supercell": (0, 1, 1)}, r"mtp_sampling.supercell is \(0, 1, 1\)"),
        ("voltage", {"n_snapshots": 0}, "voltage.n_snapshots is 0"),
        ("fit", {"test_fraction": 0.6}, "leave no frames for training"),
        ("fit", {"max_force_ev_a": -1.0}, "must be positive"),
        ("fit", {"split": "blocked"}, "fit.split is 'blocked'"),
        ("active_learning", {"min_contact_a": 0.0}, "must be positive"),
        ("fit", {"alternatives": (MTPSettings(cutoff=9.0),)}, "less than twice the cutoff"),
        ("insertion", {"charges": {"V": 5.0, "O": -2.0}}, "net charge of"),
        ("insertion", {"charges": {"V": 4.0}}, "charges has no value for O"),
        ("insertion", {"tolerances": {"host": 1.0}}, "insertion.tolerances has 'host'"),
    ],
)
def test_settings_that_would_fail_late_are_refused_at_once(
    maker: AmorphousElectrodeMaker, stage: str, changes: dict[str, Any], message: str
) -> None:
    changed = replace(getattr(maker, stage), **changes)
    with pytest.raises(AmorphFlowsError, match=message):
        replace(maker, **{stage: changed}).check(v2o5())


@pytest.mark.parametrize("field", ["insertion_temperatures_k", "production_temperatures_k"])
def test_no_temperatures_are_refused(maker: AmorphousElectrodeMaker, field: str) -> None:
    with pytest.raises(AmorphFlowsError, match=f"{field} is empty"):
        replace(maker, **{field: ()}).check(v2o5())


def test_given_charges_stand_where_none_can_be_derived(maker: AmorphousElectrodeMaker) -> None:
    charges = {"V": 4.0, "O": -2.0}
    insertion = replace(maker.insertion, charges=charges, redox_element="O")
    replace(maker, insertion=insertion).check(v2o5())


def fit_by(maker: AmorphousElectrodeMaker, backend: str) -> AmorphousElectrodeMaker:
    """Return the study with a fit by a backend."""
    settings = FitSettings(backend=backend, cutoff=maker.fit.settings.cutoff)
    return replace(maker, fit=replace(maker.fit, settings=settings))


def test_unknown_potential_is_refused(maker: AmorphousElectrodeMaker) -> None:
    with pytest.raises(AmorphFlowsError, match="unknown potential backend 'mpt'"):
        fit_by(maker, "mpt").check(v2o5())


def test_missing_package_names_what_to_install(maker: AmorphousElectrodeMaker) -> None:
    engine = AseEngine(calculator="no_such_package:Calculator")
    with pytest.raises(MissingDependencyError, match="pip install no_such_package"):
        replace(maker, engine=engine).check(v2o5())


def test_element_that_the_engine_does_not_know(maker: AmorphousElectrodeMaker) -> None:
    tungsten = v2o5()
    tungsten.replace_species({"V": "Nb"})
    with pytest.raises(AmorphFlowsError, match="does not know Nb"):
        maker.check(tungsten)


def test_discharged_structure_must_be_the_host_with_ions(
    maker: AmorphousElectrodeMaker,
) -> None:
    with pytest.raises(AmorphFlowsError, match="holds no Mg"):
        maker.check(v2o5(), v2o5())
    rocksalt = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.21), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    with pytest.raises(AmorphFlowsError, match="but structure is V2O5"):
        maker.check(v2o5(), rocksalt)


def test_discharged_structure_must_hold_as_many_ions(maker: AmorphousElectrodeMaker) -> None:
    half = v2o5()
    half.append("Mg", [0.0, 0.15, 0.25])
    with pytest.raises(AmorphFlowsError, match=r"has 0\.5 Mg for each V2O5"):
        maker.check(v2o5(), half)


def test_overlapping_atoms_are_refused(maker: AmorphousElectrodeMaker) -> None:
    crystal = v2o5()
    crystal.append("O", crystal[0].frac_coords + np.array([0.0, 0.1, 0.0]))
    with pytest.raises(AmorphFlowsError, match=r"0\.357 Å apart"):
        maker.check(crystal)


def test_level_and_cutoff_are_checked_where_they_are_set() -> None:
    with pytest.raises(ValueError, match="cutoff"):
        MTPSettings(cutoff=-5.0)


def test_a_backend_of_ones_own_is_named_by_its_path(maker: AmorphousElectrodeMaker) -> None:
    fit_by(maker, "unfitted_backend:ConstantForce").check(v2o5())
    for bad in ("amorph_flows.potentials:get_backend", "amorph_flows.potentials:Nothing"):
        with pytest.raises(AmorphFlowsError, match="is not a potential backend"):
            fit_by(maker, bad).check(v2o5())
    with pytest.raises(MissingDependencyError, match="no_such_module"):
        fit_by(maker, "no_such_module:Mine").check(v2o5())


class Stressless(AseEngine):
    """The toy engine, as if it had no stress."""

    has_stress = False


def test_cells_relax_only_with_a_stress(maker: AmorphousElectrodeMaker) -> None:
    engine = Stressless(calculator="toy", name="stressless")
    with pytest.raises(
        AmorphFlowsError, match=r"voltage\.relax_cells is true, but engine stressless has no stress"
    ):
        replace(maker, engine=engine).check(v2o5())
    replace(maker, engine=engine, voltage=replace(maker.voltage, relax_cells=False)).check(v2o5())
