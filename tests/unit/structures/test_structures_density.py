from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from emmet.core.summary import SummaryDoc
from pymatgen.core import Element

from amorph_flows.errors import AmorphFlowsError, InputError, MissingDependencyError
from amorph_flows.structures import (
    IONIC_RADII_ERROR,
    Mixture,
    density_from_crystals,
    density_from_radii,
    random_packing,
    read_mixture,
)
from amorph_flows.structures._density import IONIC_PACKING_FRACTION, ionic_radius

DATA = Path(__file__).parents[2] / "data"
RECORDED = json.loads((DATA / "materials_project" / "na_fe_p_o.json").read_text())


def known_glasses() -> list[tuple[Mixture, float]]:
    with (DATA / "glass_densities.csv").open() as file:
        return [(read(row["mixture"]), float(row["density_g_cm3"])) for row in csv.DictReader(file)]


def read(text: str) -> Mixture:
    """Return the mixture of a formula, or of moles and formulas in turn."""
    words = text.split()
    if len(words) == 1:
        return read_mixture(text)
    return read_mixture(dict(zip(words[1::2], map(float, words[::2]), strict=True)))


GLASSES = known_glasses()
KNOWN = np.array([rho for _, rho in GLASSES])


def left_out(estimates: np.ndarray) -> np.ndarray:
    """Return relative errors of estimates whose scale is fitted without the glass in question."""
    ratio = estimates / KNOWN  # 1/volume is linear in the scale: relative least squares
    found = []
    for i in range(len(ratio)):
        inverse = 1 / np.delete(ratio, i)
        found.append(ratio[i] * inverse.sum() / len(inverse) - 1)
    return np.array(found)


def test_ionic_radii_give_known_densities_within_the_stated_error():
    errors = np.array([density_from_radii(m) for m, _ in GLASSES]) / KNOWN - 1
    assert np.sqrt((errors**2).mean()) <= IONIC_RADII_ERROR
    assert np.abs(errors).max() < 0.17
    assert abs(errors.mean()) < 0.02  # the share of the volume is that of these glasses


def test_radii_are_better_than_equal_volumes_for_all_atoms():
    by_radii = np.array([density_from_radii(m) for m, _ in GLASSES])
    by_count = np.array([m.formula_unit.weight / m.formula_unit.num_atoms for m, _ in GLASSES])
    radii, count = (np.sqrt((left_out(x) ** 2).mean()) for x in (by_radii, by_count))
    assert radii < IONIC_RADII_ERROR
    assert count > 1.5 * radii


@pytest.mark.parametrize(
    ("symbol", "charge", "radius"),
    [("O", -2, 1.40), ("Si", 4, 0.26), ("Na", 1, 0.99), ("Fe", 2, 0.63), ("Fe", 2.5, 0.56)],
)
def test_radii_are_shannons(symbol, charge, radius):
    assert ionic_radius(Element(symbol), charge) == pytest.approx(radius)


def test_neutral_atoms_have_the_volume_of_their_element():
    assert density_from_radii(read_mixture("Fe")) == pytest.approx(7.87, abs=0.03)
    assert 0.5 < IONIC_PACKING_FRACTION < 0.64


def test_a_packing_without_density_has_that_of_radii():
    packed = random_packing("V2O5", 70)
    assert packed.density == pytest.approx(density_from_radii(read_mixture("V2O5")))


class RecordedClient:
    """Answers of the client in the form of its documents."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.materials = SimpleNamespace(summary=self)

    def search(self, **question: Any) -> list[SummaryDoc]:
        self.asked.append(question)
        key = question.get("formula") or question.get("chemsys")
        return [SummaryDoc.model_construct(**doc) for doc in RECORDED.get(key, [])]


def test_the_density_is_the_mean_of_the_crystals_of_the_composition():
    client = RecordedClient()
    found = density_from_crystals(read_mixture("NaFePO4"), client)
    densities = [doc["density"] for doc in RECORDED["NaFePO4"]]
    assert found.density_g_cm3 == pytest.approx(sum(densities) / len(densities))
    assert found.deviation_g_cm3 == pytest.approx(np.std(densities))
    assert (found.same, len(client.asked)) == ("composition", 1)
    assert set(found.material_ids) == {doc["material_id"] for doc in RECORDED["NaFePO4"]}
    assert set(client.asked[0]["fields"]) <= set(SummaryDoc.model_fields)


def test_without_one_it_is_that_of_all_crystals_of_the_same_elements():
    client = RecordedClient()
    found = density_from_crystals(read_mixture("Na2FeP2O7"), client)
    everything = [doc["density"] for doc in RECORDED["Fe-Na-O-P"]]
    assert found.same == "elements"
    assert found.density_g_cm3 == pytest.approx(np.mean(everything))
    assert [question.get("chemsys") for question in client.asked] == [None, "Fe-Na-O-P"]


def test_elements_without_a_crystal_are_told():
    with pytest.raises(InputError, match=r"no crystal of O-V; give density_g_cm3"):
        density_from_crystals(read_mixture("V2O5"), RecordedClient())


def test_a_refused_question_says_what_to_do():
    class Refusing(RecordedClient):
        def search(self, **question: Any) -> list[SummaryDoc]:
            raise ConnectionError("no route")

    with pytest.raises(AmorphFlowsError, match="NaFePO4: no route; check the key"):
        density_from_crystals(read_mixture("NaFePO4"), Refusing())


def test_a_key_is_needed(monkeypatch):
    monkeypatch.delenv("MP_API_KEY", raising=False)
    with pytest.raises(InputError, match="MP_API_KEY is not set"):
        density_from_crystals(read_mixture("NaFePO4"))


def test_the_client_is_an_extra(monkeypatch):
    monkeypatch.setenv("MP_API_KEY", "k" * 32)
    monkeypatch.setitem(sys.modules, "mp_api", None)
    with pytest.raises(MissingDependencyError, match=r"amorph-flows\[materials-project\]"):
        density_from_crystals(read_mixture("NaFePO4"))
