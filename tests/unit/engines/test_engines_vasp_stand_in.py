"""The stand-in for VASP: strict about what it reads, complete in what it writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import units
from pymatgen.core import SETTINGS
from pymatgen.io.vasp import Oszicar, Outcar, Poscar, Vasprun, Xdatcar

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.engines.vasp._sets import stage_tags
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.testing.vasp import write_potcars
from amorph_flows.testing.vasp.inputs import read_inputs
from amorph_flows.testing.vasp.simulate import ENTROPY_EV_ATOM, run
from amorph_flows.testing.vasp.tags import VaspStop

pytestmark = pytest.mark.filterwarnings(
    # no POTCAR that may be shipped is one of VASP's
    "ignore:POTCAR data with symbol",
)

RAMP: dict[str, Any] = {
    "name": "ramp",
    "start_temperature_k": 600,
    "end_temperature_k": 300,
    "duration_fs": 22,
}
KINDS: dict[str, dict[str, Any]] = {
    "static": {},
    "md": stage_tags(MDStage(**RAMP), v2o5(), 0, 12),
    "npt": stage_tags(MDStage(**RAMP, ensemble="npt"), v2o5(), 0, 12),
    "relax": {"NSW": 40, "IBRION": 2, "ISIF": 2},
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write the engine's own inputs of a kind of calculation."""
    folder = write_potcars(tmp_path / "potcars", ["V", "O"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(folder))

    def write(kind: str) -> Path:
        generator = VaspEngine.scan_u().static_maker.input_set_generator
        crystal = v2o5()
        crystal.perturb(0.05, seed=1)
        if kind in ("md", "npt"):
            crystal.add_site_property("velocities", np.full((14, 3), 0.001).tolist())
        place = tmp_path / kind
        changed = replace(generator, user_incar_settings=KINDS[kind])
        changed.get_input_set(crystal).write_input(str(place))
        return place

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_of_the_engine_are_accepted(written: Callable[..., Path], kind: str) -> None:
    inputs = read_inputs(written(kind))
    assert inputs.kind == ("md" if kind == "npt" else kind)
    assert inputs.groups == [("V", 4), ("O", 10)]
    assert len(inputs.kpoints) == 3 * 9 * 8
    assert (inputs.velocities is not None) == (kind in ("md", "npt"))


WRONG = [
    ("static", "INCAR", r"ENCUT = .*", "", "ENCUT is missing"),
    ("static", "INCAR", r"EDIFF = .*", "", "EDIFF is missing"),
    ("static", "INCAR", r"SIGMA = .*", "", "SIGMA is missing"),
    ("static", "INCAR", r"MAGMOM = .*", "", "MAGMOM is missing"),
    ("static", "INCAR", r"MAGMOM = .*", "MAGMOM = 13*0.6", "'MAGMOM'.*14 are needed"),
    ("static", "INCAR", r"LDAUU = .*", "LDAUU = 1.0", "'LDAUU'.*2 are needed"),
    ("static", "INCAR", r"LDAUL = .*", "", "LDAUL is missing"),
    ("static", "INCAR", r"LDAUL = .*", "LDAUL = 7 0", "LDAUL = "),
    ("static", "INCAR", r"LASPH = .*", "", "LASPH = .TRUE. is needed"),
    ("static", "INCAR", r"LMAXMIX = .*", "", "LMAXMIX = 4 is needed"),
    ("static", "INCAR", r"ENCUT = .*", "ENCUTT = 520", "there is no tag ENCUTT"),
    ("static", "INCAR", r"ENCUT = .*", "ENCUT = high", "Error reading item 'ENCUT'"),
    ("static", "INCAR", r"NELM = .*", "NELM = 60.5", "Error reading item 'NELM'"),
    ("static", "INCAR", r"LWAVE = .*", "LWAVE = 0", "Error reading item 'LWAVE'"),
    ("static", "INCAR", r"METAGGA = .*", "METAGGA = SKAN", "Error reading item 'METAGGA'"),
    ("static", "INCAR", r"ISYM = .*", "ISYM = 0\nISYM = 1", "ISYM is given twice"),
    ("static", "INCAR", r"NSW = .*", "IBRION = 0", "IBRION = 0 without NSW"),
    ("static", "KPOINTS", r"Gamma", "Beta", "no mesh"),
    ("static", "KPOINTS", r"\n0\n", "\n4\n", "no mesh"),
    ("static", "KPOINTS", r"3 9 8", "3 9", "Error reading KPOINTS"),
    ("static", "POSCAR", r"\n4 10\n", "\n4 11\n", "POSCAR is malformed"),
    ("static", "POSCAR", r"\nV O\n", "\nO V\n", "the order of POTCAR"),
    ("static", "POTCAR", r"(?s)End of Dataset.*", "", "incompatible with number of species"),
    ("md", "INCAR", r"TEBEG = .*", "", "TEBEG is missing"),
    ("md", "INCAR", r"POTIM = .*", "", "POTIM is missing"),
    ("md", "INCAR", r"SMASS = .*", "", "SMASS is missing"),
    ("md", "INCAR", r"SMASS = .*", "SMASS = -1", "MDALGO = 2 with SMASS = -1"),
    ("md", "INCAR", r"MDALGO = .*", "", "MDALGO is missing"),
    ("md", "INCAR", r"ISIF = .*", "ISIF = 0", "gives no stress"),
    ("md", "INCAR", r"ISIF = .*", "ISIF = 3", "ISIF = 3 needs MDALGO = 3"),
    ("npt", "INCAR", r"PMASS = .*", "", "PMASS is missing"),
    ("npt", "INCAR", r"PMASS = .*", "PMASS = 0", "PMASS = 0"),
    ("npt", "INCAR", r"LANGEVIN_GAMMA = .*", "LANGEVIN_GAMMA = 10", "'LANGEVIN_GAMMA'.*2 are"),
    ("npt", "INCAR", r"LANGEVIN_GAMMA_L = .*", "LANGEVIN_GAMMA_L = -1", "must not be negative"),
    ("npt", "INCAR", r"ISIF = .*", "ISIF = 2", "MDALGO = 3 with ISIF = 3 only"),
    ("npt", "INCAR", r"PSTRESS = .*", "PSTRESS = 10", "no PSTRESS"),
    ("relax", "INCAR", r"EDIFFG = .*", "", "EDIFFG is missing"),
    ("relax", "INCAR", r"IBRION = .*", "IBRION = 3", "cannot relax with IBRION = 3"),
]


@pytest.mark.parametrize(("kind", "name", "pattern", "text", "message"), WRONG)
def test_wrong_inputs_stop_it(
    written: Callable[..., Path], kind: str, name: str, pattern: str, text: str, message: str
) -> None:
    place = written(kind)
    before = (place / name).read_text()
    after = re.sub(pattern, text, before, count=1)
    assert after != before
    (place / name).write_text(after)
    with pytest.raises(VaspStop, match=message):
        read_inputs(place)


@pytest.mark.parametrize("name", ["INCAR", "POSCAR", "POTCAR", "KPOINTS"])
def test_missing_file_stops_it(written: Callable[..., Path], name: str) -> None:
    place = written("static")
    (place / name).unlink()
    with pytest.raises(VaspStop, match="KSPACING" if name == "KPOINTS" else f"no file {name}"):
        read_inputs(place)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_parsed_and_hold_the_calculators_numbers(
    written: Callable[..., Path], kind: str
) -> None:
    place = written(kind)
    run(place)
    vasprun = Vasprun(place / "vasprun.xml")
    assert vasprun.converged
    assert vasprun.run_type == "SCAN+U"
    assert Outcar(str(place / "OUTCAR")).final_fr_energy == pytest.approx(
        vasprun.ionic_steps[-1]["e_fr_energy"]
    )
    assert len(Oszicar(str(place / "OSZICAR")).ionic_steps) == len(vasprun.ionic_steps)
    for step in vasprun.ionic_steps:
        atoms = step["structure"].to_ase_atoms()
        atoms.calc = ToyCalculator()
        energy = atoms.get_potential_energy()
        assert step["e_fr_energy"] == pytest.approx(energy, abs=1e-5)
        assert step["e_0_energy"] == pytest.approx(energy + 14 * ENTROPY_EV_ATOM, abs=1e-5)
        np.testing.assert_allclose(step["forces"], atoms.get_forces(), atol=1e-5)
        kilobar = -np.array(step["stress"]) * 0.1 * units.GPa
        np.testing.assert_allclose(kilobar, atoms.get_stress(voigt=False), atol=1e-6)
    assert len(vasprun.ionic_steps) == {"static": 1, "md": 12}.get(kind, len(vasprun.ionic_steps))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pymatgen counts lines of an open file
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_md_leaves_the_next_configuration_with_velocities(written: Callable[..., Path]) -> None:
    place = written("md")
    run(place)
    contcar = Poscar.from_file(place / "CONTCAR")
    last = Vasprun(place / "vasprun.xml").ionic_steps[-1]["structure"]
    moved = np.array(contcar.velocities) * 2.0
    ahead = contcar.structure.frac_coords - last.frac_coords
    ahead = (ahead - np.round(ahead)) @ last.lattice.matrix
    np.testing.assert_allclose(ahead, moved, atol=1e-6)
    assert len(Xdatcar(place / "XDATCAR").structures) == 12


def test_stopcar_ends_md_after_a_step(written: Callable[..., Path]) -> None:
    place = written("md")
    (place / "STOPCAR").write_text("LSTOP = .TRUE.\n")
    run(place)
    vasprun = Vasprun(place / "vasprun.xml")
    assert len(vasprun.ionic_steps) == 1
    assert not vasprun.converged_ionic
    assert Outcar(str(place / "OUTCAR")).is_stopped
    assert not (place / "STOPCAR").exists()


def test_thermostat_follows_the_ramp(written: Callable[..., Path]) -> None:
    place = written("md")
    text = (place / "INCAR").read_text()
    for tag, value in {"NSW": 600, "TEBEG": 900, "TEEND": 300}.items():
        text = re.sub(rf"{tag} = .*", f"{tag} = {value}", text)
    (place / "INCAR").write_text(text)
    run(place)
    kinetic = [step["kinetic"] for step in Vasprun(place / "vasprun.xml").ionic_steps]
    temperature = 2 * np.array(kinetic) / (39 * units.kB)
    assert temperature[-100:].mean() == pytest.approx(350, rel=0.3)


def test_failures_are_made_on_demand(
    written: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_VASP_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("STAND_IN_VASP_FAIL", "crash:2")
    monkeypatch.setenv("STAND_IN_VASP_UNCONVERGED_STEPS", "3,5-6")
    place = written("md")
    run(place)
    steps = Vasprun(place / "vasprun.xml").ionic_steps
    found = [i for i, step in enumerate(steps, 1) if len(step["electronic_steps"]) == 200]
    assert found == [3, 5, 6]
    with pytest.raises(VaspStop, match="SIGSEGV"):
        run(place)
