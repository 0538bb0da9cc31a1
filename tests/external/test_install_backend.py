"""A small environment made by uv for real: installed, found, asked, broken and made again."""

from __future__ import annotations

import sys
from pathlib import Path

import emt_method
import pytest
from ase.calculators.emt import EMT
from served_emt import crystal

from amorph_flows.errors import CalculationError, MissingDependencyError
from amorph_flows.potentials.environments.install import install
from amorph_flows.potentials.environments.installed import find_installed, folder_of
from amorph_flows.potentials.environments.pins import Environment
from amorph_flows.potentials.environments.server import MethodServer, ServedCalculator

PINS = "# a comment\nase==3.26.0\nnumpy==2.3.5\n"
EMT_ENVIRONMENT = Environment("emt", PINS, ("ase",), ("ase",), "LGPL")


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("AMORPH_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    try:
        try:
            record, new = install(EMT_ENVIRONMENT)
        except CalculationError as error:
            assert not folder_of(EMT_ENVIRONMENT).exists()
            pytest.skip(f"no package registry: {error}")
        assert new
        assert record.versions == {"ase": "3.26.0", "numpy": "2.3.5"}
        assert record.megabytes > 30
        assert record.seconds > 0
        yield
    finally:
        patch.undo()


def test_second_time_it_is_there() -> None:
    assert install(EMT_ENVIRONMENT)[1] is False


def test_it_has_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where PYTHONPATH names our packages."""
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    found = find_installed(EMT_ENVIRONMENT)
    assert found.versions == {"ase": "3.26.0", "numpy": "2.3.5"}
    asked = ServedCalculator(MethodServer(found, Path(emt_method.__file__), {}, {}), ["Cu", "Au"])
    atoms, expected = crystal(), crystal()
    atoms.calc, expected.calc = asked, EMT()
    assert atoms.get_potential_energy() == pytest.approx(expected.get_potential_energy(), abs=1e-9)
    assert asked.ask("grades", atoms).shape == (4,)


def test_environment_that_cannot_be_imported_is_removed() -> None:
    broken = Environment("broken", PINS, ("ase",), ("no_such_module",), "LGPL")
    with pytest.raises(CalculationError, match=r"does not work and was removed.*no_such_module"):
        install(broken)
    assert not folder_of(broken).exists()
    with pytest.raises(MissingDependencyError, match="amorph install-backend broken"):
        find_installed(broken)


def test_other_pins_make_it_anew() -> None:
    newer = Environment("emt", "ase==3.27.0\nnumpy==2.3.5\n", ("ase",), ("ase",), "LGPL")
    with pytest.raises(MissingDependencyError, match=r"ase 3.26.0 instead of 3.27.0"):
        find_installed(newer)
    record, new = install(newer)
    assert new
    assert record.versions["ase"] == "3.27.0"
    assert find_installed(newer).python == record.python
