"""Parameters of classical potentials: files, names, oxidation states, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rigid_ions import PHOSPHATE, SILICATE

from amorph_flows.errors import InputError
from amorph_flows.potentials import (
    GradeSettings,
    classical_potential,
    get_backend,
    get_learned_backend,
)
from amorph_flows.potentials.classical import Buckingham
from amorph_flows.potentials.stored import check_files
from amorph_flows.schemas.potential import ClassicalSettings, PotentialDoc

NACL = """
name: salt
charges: {Na: 1.0, Cl: -1.0}
pairs:
  - {between: [Na, Cl], form: buckingham, a: 1000.0, rho: 0.3, c: 0.0}
  - {between: [Cl, Cl], form: coulomb}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "parameters.yaml"
    path.write_text(text)
    return path


def buckingham(**changes: float | None) -> Buckingham:
    values = {"a": 13702.905, "rho": 0.193817, "c": 54.681} | changes
    return Buckingham.model_validate({"form": "buckingham", "between": ("Si", "O")} | values)


def test_parameters_of_the_paper_are_those_of_the_example_of_lammps() -> None:
    text = classical_potential("pedone", ["Ca", "O"]).files["parameters.yaml"].decode()
    numbers = [float(w) for line in text.splitlines() for w in line.split()[-1:] if "." in w[1:-1]]
    expected = [1.2, -1.2, 0.030211, 2.241334, 2.923245, 5.0, 0.042395, 1.379316, 3.618701, 22.0]
    assert [n for n in numbers if n in expected] == expected


@pytest.mark.parametrize("coulomb", ["damped-shifted", "pppm"])
def test_document_round_trips_through_json(coulomb: str) -> None:
    settings = ClassicalSettings.model_validate({"coulomb": coulomb, "coulomb_cutoff": 10.0})
    doc = classical_potential("pedone", ["Na", "Fe2+", "P", "O"], settings)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back == doc
    assert isinstance(back.settings, ClassicalSettings)
    assert back.species == ["Na", "Fe", "P", "O"]
    assert back.settings.cutoff == 10.0
    check_files(back)


def test_settings_and_oxidation_state_are_part_of_the_hash() -> None:
    elements = ["Na", "Fe2+", "P", "O"]
    one = classical_potential("pedone", elements)
    other = classical_potential("pedone", elements, ClassicalSettings(damping=0.2))
    third = classical_potential("pedone", ["Na", "Fe3+", "P", "O"])
    assert len({one.sha256, other.sha256, third.sha256}) == 3
    assert len({doc.engine.settings_hash for doc in (one, other, third)}) == 3


def test_the_text_of_a_document_is_a_parameter_file(tmp_path: Path) -> None:
    doc = classical_potential(written(tmp_path, SILICATE))
    again = classical_potential(written(tmp_path, doc.files["parameters.yaml"].decode()))
    assert again == doc


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        (["Na", "Fe", "O"], "oxidation states of Fe: name one of Fe2\\+, Fe3\\+ in place of Fe"),
        (["Na", "Fe4+", "O"], "has no Fe4\\+; it knows oxidation states of Fe"),
        (["Fe2+", "Fe3+", "O"], "Fe2\\+ and Fe3\\+ are one element"),
        (["V", "Cl", "O"], "lacks V, Cl; it has Li, Na"),
    ],
)
def test_unknown_and_unclear_elements_are_refused_with_names(
    elements: list[str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        classical_potential("pedone", elements)


def test_species_of_a_decorated_structure_are_understood() -> None:
    assert classical_potential("pedone", ["Na+", "Cr", "O2-"]).species == ["Na", "Cr", "O"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "  - {between: [Cl, Cl], form: coulomb}\n",
            "",
            "no parameters for the pairs Cl-Cl; add them",
        ),
        ("rho: 0.3, ", "", r"pairs\[0\] \(\['Na', 'Cl'\]\).*rho: Field required"),
        ("form: coulomb", "form: morse", r"pairs\[1\] \(\['Cl', 'Cl'\]\)"),
        ("[Cl, Cl]", "[Cl, Br]", "Br-Cl has terms, but Br has no charge"),
        ("[Cl, Cl]", "[Cl, Na]", "Cl-Na is given more than once"),
        ("charges:", "charge:", "charges: Field required"),
        ("Na: 1.0", "Nax: 1.0", "'Nax' is neither an element"),
        (NACL, "- 1", "holds no parameters"),
        (NACL, "a: {", "is not YAML"),
    ],
)
def test_a_wrong_parameter_file_is_refused_with_the_field(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        classical_potential(written(tmp_path, NACL.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (", cutoff: 3.3", "", "P-O-P needs rho and cutoff"),
        ("k: 12.5", "k: 12.5, rho: 1.0", "takes rho and cutoff from P-O-P and Na-O-Na"),
        ("  - {center: O, ends: [Na, Na], k: 0.0", "  - {center: P, ends: [Na, Na], k: 0.0",
         "Na-O-P needs one of Na-O-Na"),
    ],
)  # fmt: skip
def test_a_wrong_angle_is_refused_with_its_name(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        classical_potential(written(tmp_path, PHOSPHATE.replace(old, new)))


def test_the_parameter_file_of_the_page_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "classical_potentials.md").read_text()
    text = page.split("```yaml\n")[1].split("```")[0]
    doc = classical_potential(written(tmp_path, text), ["Na", "P", "O"])
    assert (doc.engine.name, doc.species) == ("phosphate", ["Na", "P", "O"])


def test_a_file_or_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'pedone'"):
        classical_potential("pedon")
    with pytest.raises(InputError, match=r"no parameter file .*none\.yaml"):
        classical_potential("none.yaml")


@pytest.mark.parametrize("splice", [None, 1.3])
def test_splice_goes_on_to_the_second_derivative_and_repels(splice: float | None) -> None:
    term = buckingham(splice=splice)
    radius = term.splice_radius
    assert radius is not None
    h = 1e-4
    r = radius + h * np.array([-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2])
    energy, force = term.energy_and_force(r)
    for values in (energy, force, -np.gradient(force, r)):
        left, right = (np.polynomial.Polynomial.fit(r[s] - radius, values[s], 2)(0) for s in
                       (slice(1, 4), slice(4, 7)))  # fmt: skip
        assert left == pytest.approx(right, rel=1e-4)
    inner = np.linspace(0.1, radius, 500)
    assert np.all(term.energy_and_force(inner)[1] > 0)
    assert term.energy_and_force(np.array([0.1]))[0][0] > 1000


def test_default_splice_is_where_the_third_derivative_vanishes() -> None:
    term = buckingham()
    radius = term.splice_radius
    assert radius is not None
    r = radius + np.array([-1e-3, 0.0, 1e-3])
    plain = term.a * np.exp(-r / term.rho) / term.rho**2 - 42 * term.c / r**8
    assert plain[1] > plain[0]
    assert plain[1] > plain[2]
    assert buckingham(c=0.0).splice_radius is None


def test_a_splice_that_attracts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Si-O does not repel below 0\.850"):
        buckingham(splice=0.85)
    with pytest.raises(ValueError, match="Si-O is attractive at all"):
        buckingham(a=0.1)


def test_a_classical_potential_is_not_fitted_and_has_no_grades(tmp_path: Path) -> None:
    doc = classical_potential("pedone", ["Na", "Fe2+", "P", "O"])
    with pytest.raises(InputError, match="'classical' potentials are not fitted"):
        get_learned_backend(doc.backend)
    with pytest.raises(InputError, match="'pedone' is not fitted"):
        doc.fit_settings()
    with pytest.raises(InputError, match="no extrapolation grades; run it without"):
        get_backend(doc.backend).pair_style(doc, doc.species, tmp_path, GradeSettings())
    with pytest.raises(InputError, match="of Na, Fe, P, O lacks V"):
        get_backend(doc.backend).pair_style(doc, ["V", "O"], tmp_path, None)
