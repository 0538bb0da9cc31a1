"""Fast and slow ions among rings: a lattice, a naive count, and an ideal gas."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from report_study import study_parts

from amorph_flows.analysis import (
    Trajectory,
    guttman_rings,
    mobility_groups,
    ring_surroundings,
)
from amorph_flows.errors import InputError
from amorph_flows.jobs.ion_dynamics import describe_mobility
from amorph_flows.lammps.dump import reference_of
from amorph_flows.schemas.glass import RingSurroundingsDoc

BONDS = {("Si", "O"): 1.7}


@pytest.fixture(scope="module")
def network():
    """Ideal cristobalite, all of whose rings have six silicon atoms."""
    return Structure.from_spacegroup(
        "Fd-3m", Lattice.cubic(7.16), ["Si", "O"], [[0, 0, 0], [0.125, 0.125, 0.125]]
    )


def run_of(network, ions, n_frames=20):
    """Return a steady network with ions on given paths, shape (n_frames, n_ions, 3)."""
    host = np.broadcast_to(network.cart_coords, (n_frames, len(network), 3))
    numbers = [*network.atomic_numbers, *[11] * ions.shape[1]]
    positions = np.concatenate([host, ions], axis=1)
    return Trajectory(positions, network.lattice.matrix, numbers, 10.0 * np.arange(n_frames))


def test_ions_at_known_places_have_known_distances(network):
    centres = guttman_rings(network, "Si", cutoffs_a=BONDS).centres
    rng = np.random.default_rng(0)
    rattle = rng.normal(0, 1, (20, 4, 3)) * np.array([1e-4, 1e-4, 2e-2, 2e-2])[:, None]
    away = np.array([[0, 0, 0], [0, 0, 0.5], [0, 0, 0], [0.3, 0, 0]])
    found = ring_surroundings(
        run_of(network, centres[:4] + away + rattle), "Na", 20.0, "Si", share=0.5,
        cutoffs_a=BONDS, drift="none",
    )  # fmt: skip
    assert found.nearest_distance_a["slow"] == pytest.approx(0.25, abs=1e-2)
    assert found.nearest_distance_a["fast"] == pytest.approx(0.15, abs=4e-2)
    assert found.n_rings == {"<6": 0.0, "6-7": 16.0, ">7": 0.0}
    assert found.nearest_size == {"fast": 6.0, "slow": 6.0, "all": 6.0}
    assert found.nearest_sizes["fast"].tolist() == [0, 0, 0, 0, 0, 0, 1, *[0] * 6]
    assert set(found.partial) == {("6-7", group) for group in ("fast", "slow", "all")}


def test_pairs_are_those_of_a_naive_count(network):
    rng = np.random.default_rng(1)
    ions = rng.random((1, 8, 3)) @ network.lattice.matrix + rng.normal(0, 0.1, (12, 8, 3))
    run = run_of(network, ions, 12)
    found = ring_surroundings(
        run, "Na", 10.0, "Si", cutoffs_a=BONDS, drift="none", most_frames=3,
        window_fs=110.0,
    )  # fmt: skip
    expected = np.zeros(len(found.distances_a))
    width = found.distances_a[1] - found.distances_a[0]
    for frame in (0, 5, 11):
        marked = Structure(
            network.lattice,
            ["Na"] * 8,
            run.positions[frame, -8:],
            coords_are_cartesian=True,
        )
        for centre in guttman_rings(network, "Si", cutoffs_a=BONDS).centres:
            for site in marked.get_sites_in_sphere(centre, 7.16 / 2):
                expected[min(int(site.nn_distance / width), len(expected) - 1)] += 1
    edges = np.append(found.distances_a - width / 2, 7.16 / 2)
    ideal = 4 / 3 * np.pi * np.diff(edges**3) * 3 * 16 * 8 / network.volume
    assert found.partial["6-7", "all"] == pytest.approx(expected / ideal)


def test_an_ideal_gas_of_ions_is_flat(network):
    rng = np.random.default_rng(2)
    ions = rng.random((200, 40, 3)) @ network.lattice.matrix
    found = ring_surroundings(
        run_of(network, ions, 200), "Na", 10.0, "Si", cutoffs_a=BONDS, drift="none",
        most_frames=100, n_bins=8, window_fs=2000.0,
    )  # fmt: skip
    assert found.partial["6-7", "all"][2:] == pytest.approx(np.ones(6), abs=0.05)
    document = RingSurroundingsDoc.from_result(found)
    assert document.partial["6-7-fast"].shape == (8,)
    assert document.cutoffs_a == {"Si-O": 1.7}


def test_classes_and_networks_that_do_not_fit_are_refused(network):
    run = run_of(network, np.random.default_rng(3).random((20, 4, 3)))
    with pytest.raises(InputError, match="class_edges"):
        ring_surroundings(run, "Na", 10.0, "Si", class_edges=(8, 6))
    with pytest.raises(InputError, match="no ring"):
        ring_surroundings(run, "Na", 10.0, "Si", cutoffs_a=BONDS, largest=4)


def test_a_production_run_on_disk_gives_the_same(network, tmp_path):
    rng = np.random.default_rng(4)
    ions = np.cumsum(rng.normal(0, 0.05, (20, 4, 3)), axis=0) + 1.0
    run = run_of(network, ions)
    kinds = {8: 1, 11: 2, 14: 3}
    edge = network.lattice.a
    lines = ["ITEM: UNITS", "metal"]
    for i, positions in enumerate(run.positions):
        lines += ["ITEM: TIME", f"{0.01 * i}", "ITEM: TIMESTEP", f"{5 * i}"]
        lines += ["ITEM: NUMBER OF ATOMS", str(len(positions))]
        lines += ["ITEM: BOX BOUNDS pp pp pp", *[f"0 {edge}"] * 3, "ITEM: ATOMS id type xu yu zu"]
        atoms = enumerate(zip(run.numbers, positions, strict=True), 1)
        lines += [f"{n} {kinds[z]} {x:.12g} {y:.12g} {w:.12g}" for n, (z, (x, y, w)) in atoms]
    dump = tmp_path / "run.lammpstrj"
    dump.write_text("\n".join(lines) + "\n")
    production = study_parts().production[0]
    there = production.model_copy(update={"trajectory": reference_of(dump, ["O", "Na", "Si"])})
    document = describe_mobility.original(there, "Na+", 50.0, ["Si"])
    assert document.lag_fs == 50.0
    groups = mobility_groups(run, "Na", 50.0, n_bins=60)
    assert document.partial["fast-O"] == pytest.approx(groups.partial["fast", "O"])
    assert document.neighbours["slow-O"] == groups.neighbours["slow", "O"]
    found = document.rings
    expected = RingSurroundingsDoc.from_result(ring_surroundings(run, "Na", 50.0, ["Si"], "O"))
    assert found.n_rings == expected.n_rings
    assert found.nearest_distance_a == pytest.approx(expected.nearest_distance_a)
