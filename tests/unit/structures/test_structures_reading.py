"""Reading structures, and refusing what no simulation can start from."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from amorph_flows.errors import InputError
from amorph_flows.structures import check_structure, read_structure, v2o5

POSCAR = """rock salt
1.0
{a} 0.0 0.0
0.0 4.2 0.0
0.0 0.0 4.2
Mg O
1 1
direct
0.0 0.0 0.0
{x} 0.5 0.5
"""


def write(folder, name, text):
    file = folder / name
    file.write_text(text)
    return file


@pytest.mark.parametrize("name", ["v2o5.cif", "POSCAR", "v2o5.json"])
def test_formats_that_pymatgen_names(tmp_path, name):
    v2o5().to(tmp_path / name)
    read = read_structure(tmp_path / name)
    assert read.composition == v2o5().composition
    np.testing.assert_allclose(sorted(read.lattice.abc), sorted(v2o5().lattice.abc), atol=1e-5)


@pytest.mark.parametrize("name", ["v2o5.extxyz", "v2o5.xyz"])
def test_formats_that_only_ase_names(tmp_path, name):
    AseAtomsAdaptor.get_atoms(v2o5()).write(tmp_path / name, format="extxyz")
    read = read_structure(str(tmp_path / name))
    np.testing.assert_allclose(read.distance_matrix, v2o5().distance_matrix, atol=1e-6)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.cif' does not exist"):
        read_structure(tmp_path / "nothing.cif")
    with pytest.raises(InputError, match="is a folder, not a file"):
        read_structure(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("POSCAR", ""),
        ("POSCAR", "not a structure\n"),
        ("a.cif", ""),
        ("a.cif", "data_x\n_cell_length_a 3\n"),
        ("a.json", '{"a": 1}'),
        ("a.json", "{"),
        ("a.xyz", "two\n"),
        ("a.unknown", "text\n"),
    ],
)
def test_an_unreadable_file_is_named_in_one_line(tmp_path, name, text):
    with pytest.raises(InputError, match=name) as error:
        read_structure(write(tmp_path, name, text))
    assert len(str(error.value).splitlines()) == 1


def test_a_binary_file(tmp_path):
    file = tmp_path / "POSCAR"
    file.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(InputError, match="no structure can be read"):
        read_structure(file)


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_nan_or_infinity_in_a_file(tmp_path, bad):
    with pytest.raises(InputError, match="NaN or infinite") as error:
        read_structure(write(tmp_path, "POSCAR", POSCAR.format(a=bad, x=0.5)))
    assert "POSCAR" in str(error.value)
    with pytest.raises(InputError, match="atom 1"):
        read_structure(write(tmp_path, "POSCAR", POSCAR.format(a=4.2, x=bad)))


def test_the_template_itself_is_fine(tmp_path):
    assert len(read_structure(write(tmp_path, "POSCAR", POSCAR.format(a=4.2, x=0.5)))) == 2


def test_a_molecule_without_a_cell(tmp_path):
    with pytest.raises(InputError, match="a\\.xyz"):
        read_structure(write(tmp_path, "a.xyz", "2\n\nO 0 0 0\nH 0 0 1\n"))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_cell_that_is_not_finite(bad):
    cell = np.diag([4.0, 4.0, 4.0])
    cell[1, 2] = bad
    with pytest.raises(InputError, match="cell holds NaN or infinite"):
        check_structure(Structure(Lattice(cell), ["Mg"], [[0, 0, 0]]))


def test_cell_without_volume():
    with pytest.raises(InputError, match="no volume"):
        check_structure(Structure(Lattice(np.diag([4.0, 4.0, 0.0])), ["Mg"], [[0, 0, 0]]))


def test_no_atoms():
    with pytest.raises(InputError, match="no atoms"):
        check_structure(Structure(Lattice.cubic(4), [], []))


@pytest.mark.parametrize("occupancy", [{"Mg": 0.5, "Ca": 0.5}, {"Mg": 0.5}])
def test_partial_occupancy(tmp_path, occupancy):
    structure = Structure(Lattice.cubic(4.2), ["O", occupancy], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(InputError, match="atom 1 is partially occupied"):
        check_structure(structure)
    structure.to(tmp_path / "partial.cif")
    with pytest.raises(InputError, match="partially occupied"):
        read_structure(tmp_path / "partial.cif")


def test_contacts_name_the_atoms_and_the_distance():
    structure = Structure(
        Lattice.cubic(6), ["Mg", "O", "O"], [[0.5] * 3, [0, 0, 0.02], [0, 0, 0.95]]
    )
    with pytest.raises(InputError, match=r"atoms 1 \(O\) and 2 \(O\) are 0\.420 Å apart"):
        check_structure(structure)
    with pytest.raises(InputError, match=r"atoms 0 \(O\) and 1 \(V\) are 0\.000 Å apart"):
        check_structure(Structure(Lattice.cubic(6), ["O", "V"], [[0, 0, 0], [1, 0, 0]]))
    with pytest.raises(InputError, match=r"atoms 0 \(H\) and its own image are 0\.400 Å apart"):
        check_structure(Structure(Lattice.orthorhombic(0.4, 3, 3), ["H"], [[0, 0, 0]]))


def test_contacts_at_the_limit_pass():
    for length, allowed in ((0.49, False), (0.51, True)):
        structure = Structure(Lattice.cubic(8), ["H", "H"], [[0, 0, 0], [length / 8, 0, 0]])
        if allowed:
            check_structure(structure)
        else:
            with pytest.raises(InputError):
                check_structure(structure)


def test_the_wrong_setting_of_v2o5_is_caught():
    lattice = Lattice.orthorhombic(11.544, 3.571, 4.383)
    coords = [(0.1012, 0.25, 0.8917), (0.1043, 0.25, 0.531)]
    overlapping = Structure(
        lattice, ["V", "O", "O"], [*coords, (0.1043, 0.25, 0.5311)], validate_proximity=False
    )
    with pytest.raises(InputError, match="setting"):
        check_structure(overlapping)
