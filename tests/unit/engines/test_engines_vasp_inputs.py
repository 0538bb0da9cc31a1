"""What VASP is given: the papers' numbers, users' changes, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from atomate2.vasp.powerups import update_user_incar_settings, update_user_kpoints_settings
from pymatgen.core import SETTINGS, Lattice, Structure

from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.engines.vasp._handlers import StopBeforeWalltime
from amorph_flows.engines.vasp._sets import kpoint_divisions, nose_mass
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.structures import v2o5
from amorph_flows.study.overrides import apply_overrides
from amorph_flows.testing.vasp import write_potcars

SCAN_U = {
    "ALGO": "Normal", "EDIFF": 1e-5, "ENCUT": 520, "ISMEAR": 0, "ISPIN": 2, "ISYM": 0,
    "LASPH": True, "LCHARG": False, "LDAU": True, "LDAUTYPE": 2, "LMAXMIX": 4, "LORBIT": 10,
    "LREAL": False, "LWAVE": False, "METAGGA": "Scan", "NELM": 200, "NELMIN": 4, "NSW": 0,
    "PREC": "Accurate", "SIGMA": 0.05,
}  # fmt: skip


@pytest.fixture
def mgv2o5() -> Structure:
    """V2O5 with two Mg in a cell, 16 atoms."""
    crystal = v2o5()
    crystal.append("Mg", (0.25, 0.75, 0.4))
    crystal.append("Mg", (0.75, 0.75, 0.6))
    return crystal


@pytest.fixture
def nafepo4() -> Structure:
    return Structure(
        Lattice.cubic(9.0),
        ["Na", "Fe", "P", "O", "O", "O", "O"],
        [(0, 0, 0), (0.5, 0, 0), (0, 0.5, 0), (0.3, 0, 0), (0, 0.3, 0), (0, 0, 0.3), (0.2, 0.2, 0)],
    )


@pytest.fixture
def potcars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_potcars(tmp_path / "potcars", ["V", "O", "Mg", "Fe", "Na", "P"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(folder))
    return folder


def inputs(engine: VaspEngine, structure: Structure, kind: str = "static") -> tuple[Any, Any, Any]:
    generator = getattr(engine, f"{kind}_maker").input_set_generator
    generator.structure = structure.get_sorted_structure()  # as the engine writes POSCAR
    return dict(generator.incar), generator.kpoints, generator.potcar_symbols


def test_scan_u_of_v2o5() -> None:
    incar, kpoints, potcars = inputs(VaspEngine.scan_u(), v2o5())
    by_species = {"LDAUL": [2, 0], "LDAUU": [1.0, 0], "LDAUJ": [0.0, 0]}
    assert incar == SCAN_U | by_species | {"MAGMOM": [5.0] * 4 + [0.6] * 10}
    assert (str(kpoints.style), kpoints.kpts) == ("Gamma", [(3, 9, 8)])
    assert [p.split("_")[0] for p in potcars] == ["V", "O"]


def test_scan_u_of_mgv2o5(mgv2o5: Structure) -> None:
    incar, kpoints, _ = inputs(VaspEngine.scan_u(), mgv2o5)
    by_species = {"LDAUL": [0, 2, 0], "LDAUU": [0, 1.0, 0], "LDAUJ": [0, 0.0, 0]}
    assert incar == SCAN_U | by_species | {"MAGMOM": [0.6] * 2 + [5.0] * 4 + [0.6] * 10}
    assert kpoints.kpts == [(3, 9, 8)]


def test_metal_has_no_u() -> None:
    incar, _, _ = inputs(VaspEngine.scan_u(), Structure(Lattice.cubic(3), ["Mg"], [(0, 0, 0)]))
    assert not [tag for tag in incar if tag.startswith("LDAU")]


def test_pbe_u_of_nafepo4(nafepo4: Structure) -> None:
    incar, kpoints, potcars = inputs(VaspEngine.pbe_u(), nafepo4)
    changed = {tag: value for tag, value in SCAN_U.items() if tag != "METAGGA"}
    by_species = {"LDAUL": [0, 2, 0, 0], "LDAUU": [0, 5.1, 0, 0], "LDAUJ": [0, 0.0, 0, 0]}
    moments = {"MAGMOM": [0.6, 5.0, 0.6, 0.6, 0.6, 0.6, 0.6]}
    expected = changed | by_species | moments | {"GGA": "Pe", "EDIFF": pytest.approx(7e-5)}
    assert incar == expected
    assert (str(kpoints.style), kpoints.kpts) == ("Gamma", [(1, 1, 1)])
    assert potcars == ["Na_pv", "Fe_pv", "P", "O"]


def test_relaxation_forces() -> None:
    engine = update_user_incar_settings(VaspEngine.scan_u(), {"NSW": 5})
    incar, _, _ = inputs(engine, v2o5(), "relax")
    assert (incar["EDIFFG"], incar["IBRION"], incar["ISIF"]) == (-0.03, 2, 3)


@pytest.mark.parametrize("angle", [90.0, 60.0])
def test_mesh_has_at_least_its_length_along_every_reciprocal_vector(angle: float) -> None:
    cell = Structure(Lattice.from_parameters(5, 7, 11, 90, 90, angle), ["O"], [(0, 0, 0)])
    lengths = cell.lattice.reciprocal_lattice.abc
    kspacing = 2 * math.pi / 32
    for n, length in zip(kpoint_divisions(cell, 32), lengths, strict=True):
        assert n >= 32 * length / (2 * math.pi) > n - 1
        assert n == math.ceil(length / kspacing)


def test_nose_mass() -> None:
    cell = v2o5()
    assert nose_mass(cell, 1000, 80, 2) == 0
    longer = nose_mass(cell, 1000, 160, 2)
    assert longer == pytest.approx(4 * nose_mass(cell, 1000, 80.001, 2), rel=1e-3)
    # 2 · 39 · k_B · 1000 K · (160 fs / 2π)² over the square of the first vector, by SI units
    joule_s2 = 2 * 39 * 1.380649e-23 * 1000 * (160e-15 / (2 * math.pi)) ** 2
    assert longer == pytest.approx(joule_s2 / 1.66053907e-27 / (11.544e-10) ** 2, rel=1e-5)


def test_powerups_reach_all_makers() -> None:
    engine = update_user_incar_settings(VaspEngine.scan_u(), {"NCORE": 8})
    engine = update_user_kpoints_settings(engine, {"reciprocal_density": 10})
    for kind in ("static", "md", "relax"):
        incar, kpoints, _ = inputs(engine, v2o5(), kind)
        assert incar["NCORE"] == 8
        assert kpoints.kpts != [(3, 9, 8)]


def test_powerups_reach_the_engine_of_a_study() -> None:
    study = AmorphousElectrodeMaker(engine=VaspEngine.scan_u())
    changed = update_user_incar_settings(study, {"NCORE": 8})
    assert changed.engine.md_maker.input_set_generator.user_incar_settings == {"NCORE": 8}


def test_study_file_changes_tags() -> None:
    study = AmorphousElectrodeMaker(engine=VaspEngine.scan_u())
    changed = apply_overrides(
        study, {"engine.user_incar_settings": {"KPAR": 2}, "engine.labels_per_job": 4}
    )
    assert (changed.engine.user_incar_settings, changed.engine.labels_per_job) == ({"KPAR": 2}, 4)


def test_hash_knows_what_changes_energies() -> None:
    def hash_of(engine: VaspEngine) -> str:
        return engine.info().settings_hash

    engine = VaspEngine.scan_u()
    reference = hash_of(engine)
    same = [{"NCORE": 8}, {"ALGO": "All"}, {"SMASS": 1.0}, {"LWAVE": True}]
    other: list[dict[str, Any]] = [{"ENCUT": 600}, {"EDIFF": 1e-4}, {"LDAUU": {"V": 3.0}}]
    for tags in same:
        assert hash_of(VaspEngine.scan_u(user_incar_settings=tags)) == reference
        assert hash_of(update_user_incar_settings(engine, tags)) == reference
    hashes = [hash_of(VaspEngine.scan_u(user_incar_settings=tags)) for tags in other]
    hashes += [hash_of(VaspEngine.scan_u({"V": 2.0})), hash_of(VaspEngine.pbe_u())]
    assert len({reference, *hashes}) == 6
    again = VaspEngine.from_dict(engine.as_dict())
    assert hash_of(again) == reference


@pytest.mark.usefixtures("potcars")
def test_check_accepts_the_papers_systems(mgv2o5: Structure, nafepo4: Structure) -> None:
    VaspEngine.scan_u().check(mgv2o5)
    VaspEngine.pbe_u().check(nafepo4)
    VaspEngine.scan_u().check(Structure(Lattice.cubic(3), ["Fe"], [(0, 0, 0)]))


@pytest.mark.usefixtures("potcars")
def test_makers_that_disagree_are_refused(mgv2o5: Structure) -> None:
    engine = VaspEngine.scan_u()
    engine.md_maker = update_user_incar_settings(engine.md_maker, {"PREC": "Normal"})
    with pytest.raises(InputError, match="md_maker differ in PREC: Accurate against Normal"):
        engine.check(mgv2o5)
    engine = VaspEngine.scan_u()
    engine.relax_maker = update_user_kpoints_settings(engine.relax_maker, {"reciprocal_density": 9})
    with pytest.raises(InputError, match="relax_maker differ in KPOINTS"):
        engine.check(mgv2o5)


@pytest.mark.usefixtures("potcars")
def test_metal_without_u_is_refused(nafepo4: Structure) -> None:
    with pytest.raises(InputError, match="there is no U for Fe"):
        VaspEngine.scan_u().check(nafepo4)
    VaspEngine.scan_u({"V": 1.0, "Fe": 0.0}).check(nafepo4)


def test_missing_potcars_are_named(
    potcars: Path, mgv2o5: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = VaspEngine.scan_u()
    bismuth = Structure(Lattice.cubic(4), ["Bi", "O"], [(0, 0, 0), (0.5, 0.5, 0.5)])
    with pytest.raises(InputError, match="there is no POTCAR 'Bi' of PBE_54"):
        engine.check(bismuth)
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(potcars / "absent"))
    with pytest.raises(InputError, match="which is not a folder"):
        engine.check()
    monkeypatch.delitem(SETTINGS, "PMG_VASP_PSP_DIR")
    with pytest.raises(MissingDependencyError, match="PMG_VASP_PSP_DIR"):
        engine.check(mgv2o5)


def test_stop_comes_before_the_walltime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[float | None] = [None]
    monkeypatch.setattr("amorph_flows.engines.vasp._handlers.remaining_s", lambda: left[0])
    handler = StopBeforeWalltime()
    assert not handler.check(str(tmp_path))
    left[0] = 1000.0
    assert not handler.check(str(tmp_path))
    left[0] = 0.0
    assert handler.check(str(tmp_path))
    assert handler.correct(str(tmp_path))["actions"] is None
    assert (tmp_path / "STOPCAR").read_text() == "LSTOP = .TRUE.\n"
    assert not handler.check(str(tmp_path))
