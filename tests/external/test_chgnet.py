"""CHGNet for real, through the engine."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_atoms

pytest.importorskip("chgnet", reason="CHGNet is not installed: pip install 'amorph-flows[chgnet]'")

ENGINE = AseEngine()


@pytest.fixture
def crystal() -> Structure:
    """V2O5, 14 atoms."""
    return v2o5()


def test_energy_of_the_crystal_and_signs_of_forces_and_stress(crystal: Structure) -> None:
    shift = crystal.copy()
    shift.translate_sites([0], [0.0, 0.01, 0.0], frac_coords=False)
    squeezed = crystal.copy()
    squeezed.scale_lattice(0.9 * crystal.volume)
    frames = FrameSet(Frame.from_atoms(to_atoms(s)) for s in (crystal, shift, squeezed))
    doc = AseEngine.static.original(ENGINE, frames)
    assert not doc.quarantined
    start, moved, dense = doc.frames
    assert start.energy_ev is not None
    assert -9 < start.energy_ev / 14 < -7
    assert moved.forces is not None
    assert moved.forces[0, 1] < 0
    assert moved.energy_ev - start.energy_ev == pytest.approx(-0.005 * moved.forces[0, 1], abs=2e-3)
    assert dense.stress is not None
    assert np.trace(dense.stress) < 0
    assert doc.engine.surrogate
    assert doc.engine.version


def test_one_calculator_labels_cells_of_different_sizes(crystal: Structure) -> None:
    frames = FrameSet(Frame.from_atoms(to_atoms(s)) for s in (crystal, crystal * (1, 2, 1)))
    small, large = frames.labelled_by(get_calculator("CHGNet", {}))
    assert large.energy_ev_atom == pytest.approx(small.energy_ev_atom, abs=1e-5)


def test_md_is_stable_and_silent(crystal: Structure, capfd: pytest.CaptureFixture[str]) -> None:
    stage = MDStage(
        name="melt",
        start_temperature_k=2000,
        end_temperature_k=2000,
        duration_fs=40,
        frame_stride=5,
    )
    doc = AseEngine.md.original(ENGINE, crystal, stage, run="V2O5 2000 K", seed=1)
    assert len(doc.frames) == 5
    relabelled = AseEngine.static.original(ENGINE, doc.frames).frames
    for one, two in zip(doc.frames, relabelled, strict=True):
        assert one.energy_ev == pytest.approx(two.energy_ev, abs=1e-4)
        np.testing.assert_allclose(one.forces, two.forces, atol=1e-3)
        np.testing.assert_allclose(one.stress, two.stress, atol=1e-5)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_relaxed_magnesium_has_its_lattice_constants() -> None:
    metal = Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(3.3, 5.1), ["Mg"], [(1 / 3, 2 / 3, 0.25)]
    )
    doc = AseEngine.relax.original(ENGINE, metal)
    assert doc.converged
    assert doc.structure.lattice.a == pytest.approx(3.2, abs=0.06)
    assert doc.structure.lattice.c == pytest.approx(5.2, abs=0.1)
    assert doc.energy_ev / 2 == pytest.approx(-1.54, abs=0.1)


def test_an_element_it_was_not_trained_on_is_refused(crystal: Structure) -> None:
    with pytest.raises(InputError, match="Rn"):
        ENGINE.check(crystal.copy().replace_species({"V": "Rn"}))
