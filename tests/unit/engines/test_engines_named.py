"""Engines by name."""

from __future__ import annotations

import pytest

from amorph_flows.engines import AseEngine
from amorph_flows.engines.named import engine_names, named_engine
from amorph_flows.errors import InputError


@pytest.mark.parametrize("name", ["CHGNet", "toy", "my_package.module:Calculator"])
def test_ase_calculators(name: str) -> None:
    assert named_engine(name) == AseEngine(calculator=name)


@pytest.mark.parametrize("name", ["chgnet", "CHGNot"])
def test_unknown_name_tells_the_nearest_and_all(name: str) -> None:
    with pytest.raises(InputError, match="did you mean 'CHGNet'") as refused:
        named_engine(name)
    for known in engine_names():
        assert known in str(refused.value)


@pytest.mark.parametrize(
    ("name", "label", "mesh"), [("VASP", "VASP SCAN+U", 32.0), ("VASP-PBE+U", "VASP PBE+U", 0.0)]
)
def test_vasp(name: str, label: str, mesh: float) -> None:
    engine = named_engine(name)
    assert (engine.info().name, engine.info().surrogate) == (label, False)
    assert engine.md_maker.input_set_generator.kpoint_length_a == mesh
