"""What GPAW is asked, and what is said where it is not installed; GPAW itself is not run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import CalculationFailed

from amorph_flows.calculators.gpaw import _process as process
from amorph_flows.calculators.gpaw._calculator import GPAWCalculator
from amorph_flows.calculators.gpaw._open_shells import starting_moments
from amorph_flows.calculators.gpaw._process import GPAWProcess, find_gpaw
from amorph_flows.calculators.known import KNOWN
from amorph_flows.doctor import examine
from amorph_flows.engines import AseEngine
from amorph_flows.engines.named import named_engine
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_atoms

NO_GPAW = f"{sys.executable} -S"


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    """Forget what interpreters have said."""
    process._ask.cache_clear()
    yield
    process._ask.cache_clear()


@pytest.mark.parametrize(
    ("formula", "moments"),
    [
        ("V4O10", None),
        ("MgV2O5", [0.0, 1.0, 1.0, *[0.0] * 5]),
        ("MgV4O10", [0.0, *[0.5] * 4, *[0.0] * 10]),
        ("MgO", None),
        ("FePO4", [5.0, *[0.0] * 5]),
        ("ZnO", None),
        ("Fe2", [1.0, 1.0]),
        ("CuO", [1.0, 0.0]),
    ],
)
def test_moments_follow_from_the_oxidation_states(
    formula: str, moments: list[float] | None
) -> None:
    assert starting_moments(Atoms(formula).get_chemical_symbols()) == moments


def test_a_closed_shell_is_not_polarised_and_has_the_same_u_as_an_open_one() -> None:
    calculator = GPAWCalculator()
    closed = calculator.request(to_atoms(v2o5()))
    open_shell = calculator.request(Atoms("MgV2O5", cell=5 * np.eye(3), pbc=True))
    assert closed["moments"] is None
    assert not closed["settings"]["spinpol"]
    assert "method" not in closed["settings"]["mixer"]
    assert open_shell["settings"]["spinpol"]
    assert open_shell["settings"]["mixer"]["method"] == "difference"
    assert closed["settings"]["setups"] == open_shell["settings"]["setups"] == {"V": ":d,3.1"}
    assert json.loads(json.dumps(closed)) == closed
    assert calculator.request(Atoms("MgO", cell=4 * np.eye(3)))["settings"]["setups"] == {}


def test_moments_and_options_that_are_given_win() -> None:
    atoms = Atoms("VO", cell=4 * np.eye(3))
    given = GPAWCalculator(moments={"V": 2.0}, options={"xc": "RPBE"}).request(atoms)
    assert given["moments"] == [2.0, 0.0]
    assert given["settings"]["xc"] == "RPBE"
    assert GPAWCalculator(moments={}).request(atoms)["moments"] is None


@pytest.mark.parametrize("name", ["cutoff_ev", "smearing_ev", "kpoint_density", "max_iterations"])
def test_settings_out_of_range_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is 0; give more than 0"):
        GPAWCalculator(**{name: 0})


def test_an_interpreter_without_gpaw_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMORPH_GPAW_PYTHON", NO_GPAW)
    with pytest.raises(MissingDependencyError, match=r"No module named 'gpaw'.*AMORPH_GPAW_PYTHON"):
        AseEngine(calculator="GPAW").check()
    found = {check.name: check for check in examine()}["GPAW"]
    assert not found.usable
    assert "AMORPH_GPAW_PYTHON" in found.detail
    monkeypatch.setenv("AMORPH_GPAW_PYTHON", "/no/such/python")
    with pytest.raises(MissingDependencyError, match=r"/no/such/python.*No such file"):
        find_gpaw()


def test_a_process_that_dies_is_a_failure_with_what_it_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMORPH_GPAW_PYTHON", NO_GPAW)
    installation = process.Installation(version="0", datasets={})
    monkeypatch.setattr(process, "find_gpaw", lambda: installation)
    with pytest.raises(CalculationFailed, match=r"exit code 1: ModuleNotFoundError: .*gpaw"):
        GPAWProcess().ask({"any": "request"})


def test_it_is_no_surrogate_and_has_no_stress() -> None:
    engine = named_engine("GPAW")
    assert isinstance(engine, AseEngine)
    assert not KNOWN["GPAW"].surrogate
    assert "stress" not in GPAWCalculator.implemented_properties
