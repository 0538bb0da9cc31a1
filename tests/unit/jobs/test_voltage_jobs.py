"""Voltages of short samples and without the crystal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_study import study_parts, verdict

from amorph_flows.analysis.verdict import doubts
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.jobs.production_verdicts import WIDTH_QUESTION
from amorph_flows.jobs.voltage import collect_voltages, take_snapshots
from amorph_flows.lammps.dump import reference_of
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.voltage import SnapshotDoc

PARTS = study_parts()


ENGINE = PARTS.potential.engine


def test_snapshots_know_the_length_of_the_run_without_its_equilibration(tmp_path: Path) -> None:
    dump = tmp_path / "run.lammpstrj"
    lines = []
    for time_ps in (50.0, 50.5, 51.0):
        lines += ["ITEM: UNITS", "metal"] if not lines else []
        lines += ["ITEM: TIME", f"{time_ps}", "ITEM: TIMESTEP", f"{time_ps * 500:.0f}"]
        lines += ["ITEM: NUMBER OF ATOMS", "2", "ITEM: BOX BOUNDS pp pp pp", *["0 5"] * 3]
        lines += ["ITEM: ATOMS id type xu yu zu", "1 1 0 0 0", "2 2 2 2 2"]
    dump.write_text("\n".join(lines) + "\n")
    run = PARTS.production[0].model_copy(
        update={
            "trajectory": reference_of(dump, ["Mg", "O"]),
            "equilibration_fs": 50_000.0,
            "production_fs": 1000.0,
            "verdicts": [
                verdict("inside the training set?", False, "it extrapolated"),
                verdict(WIDTH_QUESTION, False, "as narrow as the cell of engine MD"),
            ],
        }
    )
    snapshots = take_snapshots.original(run, "Mg2+", 300.0)
    assert snapshots.sampled_fs == 1000.0
    assert doubts(snapshots.verdicts) == ["it extrapolated"]


def test_a_crystal_that_failed_leaves_the_voltages_of_the_amorphous_form() -> None:
    magnesium = PARTS.quench.crystal.copy()
    magnesium.replace_species({"V": "Mg", "O": "Mg"})
    metal = RelaxDoc(
        engine=ENGINE,
        structure=magnesium,
        energy_ev=-1.5 * len(magnesium),
        max_force_ev_a=0.0,
        converged=True,
        n_steps=1,
    )
    full = Frame(np.array([12, 8]), np.array([[0.0, 0, 0], [2, 2, 2]]), np.eye(3) * 5, -8.0)
    empty = Frame(
        full.numbers[1:],
        full.positions[1:],
        full.cell,
        -4.0,
        provenance=Provenance(parent=full.content_hash),
    )
    snapshot = SnapshotDoc(
        structure_source="engine MD",
        temperature_k=300.0,
        sampled_fs=1.0,
        frames=FrameSet(),
        source_uuid="run",
        verdicts=[verdict("inside the training set?", False, "it extrapolated")],
    )
    label = LabelDoc(engine=ENGINE, frames=FrameSet([full, empty]))
    doc = collect_voltages.original("Mg2+", metal, None, None, "given", [snapshot], [label])
    crystal, amorphous = doc.points
    assert crystal.voltage_v is None
    assert not crystal.verdicts[0].passed
    assert amorphous.voltage_v == pytest.approx((8.0 - 4.0 - 1.5) / 2)
    assert amorphous.change_v is None
    assert "it extrapolated" in doubts(amorphous.verdicts)
