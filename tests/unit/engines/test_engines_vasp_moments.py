"""Moments of each ionic step are read from OUTCAR, atoms in the order that was given."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import SETTINGS, Structure

from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.engines.vasp._moments import read_moments
from amorph_flows.engines.vasp._run import read_run
from amorph_flows.structures import v2o5
from amorph_flows.testing.vasp import write_potcars
from amorph_flows.testing.vasp.simulate import run

HEAD = """
 number of electron     180.0000000 magnetization      18.0000000

 magnetization (x)

# of ion       s       p       d       tot
------------------------------------------
"""


def iteration(step: int, electronic: int) -> str:
    rule = "-" * 40
    return f"{rule} Iteration{step:5d}({electronic:4d})  {rule}\n"


def table(moments: list[float]) -> str:
    rows = [f"{i:5d}       -0.019   0.003   0.100{m:8.3f}" for i, m in enumerate(moments, 1)]
    total = f"tot         -0.087  -0.078   3.191{sum(moments):8.3f}\n"
    return HEAD + "\n".join([*rows, "-" * 50, total])


def test_the_last_table_of_each_ionic_step_counts(tmp_path: Path) -> None:
    text = iteration(1, 1) + table([0.5, 0.5]) + iteration(1, 2) + table([1.0, -0.25])
    text += iteration(2, 1) + iteration(3, 1) + table([0.75, 0.125])
    text += iteration(4, 1) + table([0.5, 0.5]).rsplit("    2 ", 1)[0]
    zipped = tmp_path / "OUTCAR.gz"
    zipped.write_bytes(gzip.compress(text.encode()))
    found = read_moments(zipped, 2)
    assert {step: moments.tolist() for step, moments in found.items()} == {
        1: [1.0, -0.25],
        3: [0.75, 0.125],
    }, "step 2 has no table, that of step 4 was cut off"
    assert read_moments(tmp_path / "OUTCAR", 2) == {}


@pytest.mark.filterwarnings("ignore:POTCAR data with symbol")
def test_moments_follow_their_atoms_into_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    potcars = write_potcars(tmp_path / "potcars", ["V", "O"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(potcars))
    crystal = v2o5()
    mixed = Structure.from_sites([*crystal[2:], *crystal[:2]])
    generator = VaspEngine.scan_u().static_maker.input_set_generator
    place = tmp_path / "run"
    generator.get_input_set(Structure.from_sites(sorted(mixed))).write_input(str(place))
    run(place)
    assert read_run(place, mixed).steps[0].magmoms is None, "the stand-in has none"
    in_order = [0.9 if site.specie.symbol == "V" else 0.01 for site in sorted(mixed)]
    with (place / "OUTCAR").open("a", encoding="ascii") as outcar:
        outcar.write(iteration(1, 1) + table(in_order))
    step = read_run(place, mixed).steps[0]
    np.testing.assert_array_equal(
        step.magmoms, [0.9 if site.specie.symbol == "V" else 0.01 for site in mixed]
    )
