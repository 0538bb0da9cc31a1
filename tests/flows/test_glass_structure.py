"""Several glasses described in one document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import (
    density_g_cm3,
    network_statistics,
    persistence_diagrams,
    primitive_rings,
    structure_factor,
    voids,
)
from amorph_flows.errors import InputError
from amorph_flows.flows import GlassStructureMaker
from amorph_flows.report.glass._page import structure_section
from amorph_flows.schemas.glass import GlassAnalysis, GlassStructureDoc

CUTOFFS = GlassAnalysis(cutoffs_a={"Si-O": 2.1, "Al-O": 2.1}, largest_ring=8, q_max=8.0, grid_a=0.5)


def _glass(seed: int, scale: float) -> Structure:
    """Cristobalite with two Al, a Na beside each, and disorder."""
    sites = [[0, 0, 0], [0.125, 0.125, 0.125]]
    glass = Structure.from_spacegroup("Fd-3m", Lattice.cubic(7.16 * scale), ["Si", "O"], sites)
    for index in (0, 5):
        place = glass.frac_coords[index] + [0.5, 0.5, 0.5]
        glass.replace(index, "Al", glass.frac_coords[index])
        glass.append("Na", place)
    moves = np.random.default_rng(seed).normal(0, 0.05, (len(glass), 3))
    return Structure(
        glass.lattice, glass.species, glass.cart_coords + moves, coords_are_cartesian=True
    )


GLASSES = [_glass(1, 1.0), _glass(2, 1.02)]


def run(flow: Flow, folder: Path) -> Any:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(
        flow, store=store, root_dir=folder, create_folders=True, log=False, raise_immediately=True
    )
    return MontyDecoder().process_decoded(store.get_output(flow.output.uuid, load=True))


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> GlassStructureDoc:
    folder = tmp_path_factory.mktemp("glass structure")
    found = structure_factor(GLASSES[0], 8.0)
    np.savetxt(folder / "neutron.dat", np.column_stack([found.q_inv_a, found.neutron()]))
    maker = GlassStructureMaker(
        ion="Na+", analysis=CUTOFFS, measured={"neutron": str(folder / "neutron.dat")}
    )
    return run(maker.make(GLASSES), folder)


def test_numbers_are_those_of_the_analysis_with_mean_and_spread(document):
    assert (document.former, document.anion, len(document.glass_uuids)) == ("Si", "O", 2)
    numbers = document.numbers
    densities = [density_g_cm3(glass) for glass in GLASSES]
    assert numbers["density"].values == pytest.approx(densities)
    assert numbers["density"].mean == pytest.approx(np.mean(densities))
    assert numbers["density"].standard_deviation == pytest.approx(np.std(densities, ddof=1))
    assert numbers["density"].unit == "g/cm³"
    assert numbers["coordination_Si_O"].mean == 4
    assert numbers["peak_Si_O"].mean == pytest.approx(1.57, abs=0.1)
    assert numbers["coordination_Al_O"].standard_deviation == 0
    assert numbers["angle_O_Si_O"].mean == pytest.approx(109.4, abs=0.5)
    networks = [
        network_statistics(glass, "Si", "Al", "O", {("Si", "O"): 2.1, ("Al", "O"): 2.1})
        for glass in GLASSES
    ]
    assert numbers["linkage_Si_O_Al"].values == [
        network.linkages_per_former["Si-O-Al"] for network in networks
    ]
    assert numbers["qn_4"].values == [float(n.qn[4]) if len(n.qn) > 4 else 0 for n in networks]
    total = sum(numbers[f"anion_{kind}"].mean for kind in ("bridging", "non_bridging", "free"))
    assert total == pytest.approx(1)


def test_rings_voids_and_volumes_are_there(document):
    numbers = document.numbers
    cutoffs = {("Si", "O"): 2.1, ("Al", "O"): 2.1}
    rings = [primitive_rings(glass, ["Si", "Al"], "O", cutoffs, 8) for glass in GLASSES]
    assert numbers["rings_primitive_6"].values == [r.distribution[6] / 6 for r in rings]
    areas = [float(r.areas_a2.mean()) for r in rings]
    assert numbers["ring_area_primitive_6"].values == pytest.approx(areas)
    assert 0 < numbers["ring_eccentricity_king_6"].mean < 1
    assert numbers["rings_guttman_5"].mean == 0
    room = [voids(glass, "Na+", leave_out="Na", spacing_a=0.5) for glass in GLASSES]
    assert numbers["void_fraction"].values == [one.fraction for one in room]
    volume = sum(
        numbers[f"voronoi_volume_{element}"].mean * number
        for element, number in (("Si", 6), ("Al", 2), ("O", 16), ("Na", 2))
    )
    assert volume == pytest.approx(np.mean([glass.volume for glass in GLASSES]))


def test_scattering_lies_beside_the_measured_curve(document):
    functions = document.functions
    assert functions["s_neutron"].shape == functions["q_inv_a"].shape
    assert functions["s_neutron_spread"].max() > 0
    assert functions["g_Si_O"].shape == functions["r_a"].shape
    (measured,) = document.measured
    assert measured.radiation == "neutron"
    assert measured.deviation.values[0] == pytest.approx(0, abs=1e-9)
    assert measured.deviation.values[1] > 0.01


@pytest.mark.parametrize(
    ("maker", "message"),
    [
        (GlassStructureMaker(former="P"), "no 'P'"),
        (GlassStructureMaker(ion="Li+"), "ion is 'Li\\+'"),
        (GlassStructureMaker(ion="Na"), "no charge"),
        (GlassStructureMaker(measured={"muon": "a.dat"}), "measured names 'muon'"),
        (GlassStructureMaker(measured={"xray": "absent.dat"}), "cannot be read"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    maker: GlassStructureMaker, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        maker.make(GLASSES)


def test_no_glass_is_refused():
    with pytest.raises(InputError, match="no glass"):
        GlassStructureMaker().make([])


def test_persistence_diagrams_of_all_glasses_are_pooled_and_drawn(tmp_path: Path) -> None:
    pytest.importorskip("gudhi", reason="pip install 'amorph-flows[persistence]'")
    radii = {"O": 1.2, "Si": 0.3}
    settings = CUTOFFS.model_copy(update={"diagrams": True, "diagram_radii_a": radii})
    glasses = [_glass(seed, 1.0 + 0.01 * seed) * (2, 2, 2) for seed in (1, 2)]
    found = run(GlassStructureMaker(analysis=settings).make(glasses), tmp_path)
    own = [persistence_diagrams(glass, radii) for glass in glasses]
    assert found.persistence is not None
    np.testing.assert_array_equal(
        found.persistence.loops, np.concatenate([one.loops for one in own])
    )
    per_atom = [len(one.loops) / len(glass) for one, glass in zip(own, glasses, strict=True)]
    assert found.numbers["persistent_loops"].values == pytest.approx(per_atom)
    alpha, cavities = found.functions["alpha_a2"], found.functions["cavities"]
    for k in (len(alpha) // 4, len(alpha) // 2):
        there = [
            ((one.cavities[:, 0] <= alpha[k]) & (one.cavities[:, 1] > alpha[k])).sum() / len(glass)
            for one, glass in zip(own, glasses, strict=True)
        ]
        assert cavities[k] == pytest.approx(np.mean(there))
    assert cavities[-1] == 0
    panels = {panel.name: panel for panel in structure_section(found).panels}
    assert [series.name for series in panels["persistence"].figure.series[:2]] == [
        *("loops", "cavities")
    ]
    assert "betti" in panels
