"""What the comparison of structures looks at: sublattices, and oxidation states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import long_range_order
from amorph_flows.datasets import Frame, FrameSet, Provenance
from amorph_flows.jobs.structure import compare_structures
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_atoms, to_structure


@pytest.mark.parametrize(
    ("symbols", "ordered"),
    [
        (("Mg", "O"), [["Mg"]]),
        (("Li", "F"), [["Li"]]),
        (("Fe", "S"), [["Fe"]]),
        (("O", "F"), [["O"]]),
        (("Si", "Si"), [["Si"]]),
    ],
)
def test_order_is_that_of_all_but_the_most_electronegative_element(
    symbols: tuple[str, str], ordered: list[list[str]]
) -> None:
    crystal = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.2), symbols, [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    [sample] = compare_structures.original(crystal * (2, 2, 2), [], []).samples
    assert [order.species for order in sample.order] == ordered


def test_planes_that_are_fixed_are_those_of_every_sample() -> None:
    crystal = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    fixed = compare_structures.original(crystal * (2, 2, 2), [], [], {"Mg": (3, 4, 2)})
    assert fixed.samples[0].order[0].plane_numbers == (3, 4, 2)
    free = compare_structures.original(crystal * (2, 2, 2), [], [], {"Al": (3, 4, 2)})
    assert free.samples[0].order[0].plane_numbers == (4, 4, 4)


def run_of(frames: list[Frame]) -> LabelDoc:
    return LabelDoc(
        engine=EngineInfo(name="test", version="1", settings_hash="0", surrogate=True),
        run="300 K",
        frames=FrameSet(frames),
        structure=v2o5(),
    )


def test_states_of_vanadium_are_those_of_the_second_half_of_engine_md() -> None:
    bare = replace(Frame.from_atoms(to_atoms(v2o5())), energy_ev=-1.0)
    frames = [
        replace(
            bare,
            magmoms=np.where(bare.numbers == 23, moment, 0.0),
            provenance=Provenance(time_fs=2.0 * step, temperature_k=300.0),
        )
        for step, moment in enumerate([2.0, 2.0, 1.0, 0.0])
    ]
    frames[2].magmoms[0] = 0.5
    crystal, run = compare_structures.original(v2o5(), [run_of(frames)], []).samples
    assert crystal.oxidation_states == []
    [states] = run.oxidation_states
    assert (states.element, states.d1_ion, states.n_atoms, states.n_frames) == ("V", "V4+", 4, 2)
    assert (states.d1, states.d0, states.undecided) == (3 / 8, 4 / 8, 1 / 8)
    without = [replace(frame, magmoms=None) for frame in frames]
    assert (
        compare_structures.original(v2o5(), [run_of(without)], []).samples[1].oxidation_states == []
    )


def hold(cell: Structure, displacement_a: float, n_frames: int = 4) -> LabelDoc:
    """Return frames of a cell whose atoms are moved at random about their places."""
    frames = []
    for n in range(n_frames):
        moved = np.random.default_rng(n).normal(0.0, displacement_a, (len(cell), 3))
        provenance = Provenance(
            stage="sampling", run="hold", engine="toy", temperature_k=300.0, time_fs=10.0 * n
        )
        frames.append(
            Frame(
                numbers=np.array(cell.atomic_numbers),
                positions=cell.cart_coords + moved,
                cell=np.array(cell.lattice.matrix),
                energy_ev=-1.0,
                forces=np.zeros((len(cell), 3)),
                provenance=provenance,
            )
        )
    engine = EngineInfo(name="toy", settings_hash="0", surrogate=True)
    return LabelDoc(engine=engine, frames=FrameSet(frames), structure=cell)


def test_the_scatter_of_order_is_that_between_frames_of_the_second_half() -> None:
    crystal = v2o5() * (1, 3, 2)
    label = hold(crystal, 0.1, n_frames=16)
    _, found = compare_structures.original(crystal, [label], []).samples
    [order] = found.order
    frames = [to_structure(frame.to_atoms()) for frame in label.frames[8:]]
    orders = [long_range_order(one, "V", fixed_planes=order.plane_numbers) for one in frames]
    assert order.maximum_scatter == pytest.approx(np.std([o.maximum for o in orders], ddof=1))
    assert order.minimum_scatter == pytest.approx(np.std([o.minimum for o in orders], ddof=1))
    assert order.maximum_scatter > 0
    _, short = compare_structures.original(crystal, [hold(crystal, 0.1)], []).samples
    assert short.order[0].maximum_scatter is None


def test_engine_md_with_ions_is_judged_against_the_crystal_without_them() -> None:
    crystal = v2o5() * (1, 3, 2)
    with_ions = crystal.copy()
    with_ions.append("Mg", (0.0, 0.05, 0.125))
    lost = with_ions.copy()
    lost.perturb(3.0)
    labels = [hold(crystal, 0.1), hold(with_ions, 0.1), hold(lost, 0.5)]
    of_crystal, host, ordered, disordered = compare_structures.original(crystal, labels, []).samples
    assert of_crystal.amorphous is None
    assert host.amorphous is not None
    assert host.amorphous.answer == "CRYSTALLINE"
    assert ordered.amorphous is not None
    assert ordered.amorphous.answer == "CRYSTALLINE"
    assert disordered.amorphous is not None
    assert disordered.amorphous.passed
