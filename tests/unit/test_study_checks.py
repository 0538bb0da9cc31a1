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
from amorph_flows.schemas.potential import FitSettings
from amorph_flows.structures import v2o5


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
        ({"ions_per_formula": 0.3}, "whole number"),
        ({"cell_lengths_a": (11.5, 0.0, 8.8)}, "target lengths"),
        ({"insertion_temperatures_k": (750.0,)}, "750 K"),
        ({"production_temperatures_k": (-300.0,)}, "production_temperatures_k has -300 K"),
        ({"engine": AseEngine(calculator="chgnot")}, "unknown calculator 'chgnot'.*CHGNet"),
    ],
)
def test_bad_settings_are_named(
    maker: AmorphousElectrodeMaker, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(AmorphFlowsError, match=message):
        replace(maker, **changes).check(v2o5())


def test_narrow_production_cell_is_refused(maker: AmorphousElectrodeMaker) -> None:
    production = replace(maker.production, supercell=(1, 1, 1))
    with pytest.raises(AmorphFlowsError, match="less than twice the cutoff"):
        replace(maker, production=production).check(v2o5())


def test_negative_time_step_of_any_stage_is_refused(maker: AmorphousElectrodeMaker) -> None:
    for name in ("sampling", "production", "mtp_sampling", "active_learning"):
        stage = replace(getattr(maker, name), time_step_fs=-1.0)
        with pytest.raises(AmorphFlowsError, match=rf"{name}.time_step_fs is -1"):
            replace(maker, **{name: stage}).check(v2o5())


def test_unknown_potential_is_refused(maker: AmorphousElectrodeMaker) -> None:
    with pytest.raises(AmorphFlowsError, match="unknown potential backend 'mpt'"):
        replace(maker, fit=replace(maker.fit, backend="mpt")).check(v2o5())


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


def test_overlapping_atoms_are_refused(maker: AmorphousElectrodeMaker) -> None:
    crystal = v2o5()
    crystal.append("O", crystal[0].frac_coords + np.array([0.0, 0.1, 0.0]))
    with pytest.raises(AmorphFlowsError, match=r"0\.357 Å apart"):
        maker.check(crystal)


def test_level_and_cutoff_are_checked_where_they_are_set() -> None:
    with pytest.raises(ValueError, match="cutoff"):
        FitSettings(cutoff=-5.0)
