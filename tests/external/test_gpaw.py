"""GPAW for real, through the engine."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from amorph_flows.calculators.gpaw._process import find_gpaw
from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_atoms, to_structure

try:
    find_gpaw()
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)

GAMMA = {"kpoint_density": 0.5}
LIGHT = {"cutoff_ev": 250.0, "kpoint_density": 0.3, "density_tolerance": 1e-2}
LOG = Path("gpaw.txt")


@pytest.fixture
def oxide() -> Atoms:
    """A light cell: MgO, 2 atoms, one displaced."""
    atoms = bulk("MgO", "rocksalt", a=4.25)
    atoms.positions[0, 0] += 0.1
    return atoms


def frames(*configurations: Atoms) -> FrameSet:
    """Return unlabelled frames."""
    return FrameSet(Frame.from_atoms(atoms) for atoms in configurations)


def test_forces_of_v2o5_are_the_derivatives_of_its_energy() -> None:
    start = to_atoms(v2o5())
    start.rattle(0.05, seed=1)
    moved = start.copy()
    moved.positions[0, 0] += 0.02
    engine = AseEngine(calculator="GPAW", calculator_kwargs=GAMMA)
    doc = AseEngine.static.original(engine, frames(start, moved))
    assert not doc.quarantined
    one, two = doc.frames
    slope = (two.energy_ev - one.energy_ev) / 0.02
    assert slope == pytest.approx(-0.5 * (one.forces[0, 0] + two.forces[0, 0]), abs=0.05)
    assert 1 < np.abs(one.forces).max() < 20
    np.testing.assert_allclose(one.forces.sum(axis=0), 0.0, atol=0.1)
    assert one.stress is None
    assert one.provenance.settings_hash == doc.engine.settings_hash
    assert not doc.engine.surrogate
    assert doc.engine.version == find_gpaw().version
    first, second = iterations()
    assert second < first, "the wave functions of the first frame help with the second"
    assert get_calculator("GPAW", GAMMA)._process.pid is None, "its process has ended"


def test_a_cycle_that_does_not_converge_is_set_aside_with_its_reason(oxide: Atoms) -> None:
    engine = AseEngine(calculator="GPAW", calculator_kwargs={**LIGHT, "max_iterations": 3})
    doc = AseEngine.static.original(engine, frames(to_atoms(v2o5()), oxide))
    assert not doc.frames
    assert [failure.index for failure in doc.quarantined] == [0, 1]
    for failure in doc.quarantined:
        assert failure.reason == (
            "SCFError: the self-consistency cycle did not converge in 3 iterations; see gpaw.txt"
        )
        assert (Path(failure.directory) / LOG).exists()


def test_a_process_that_is_killed_fails_one_label_and_the_next_has_another(oxide: Atoms) -> None:
    engine = AseEngine(calculator="GPAW", calculator_kwargs=LIGHT)
    calculator = get_calculator("GPAW", LIGHT)
    killed: list[int] = []

    def kill_when_it_iterates() -> None:
        while not (LOG.exists() and "iter:" in LOG.read_text()):
            time.sleep(0.05)
        killed.append(calculator._process.pid)
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_when_it_iterates, daemon=True)
    killer.start()
    doc = AseEngine.static.original(engine, frames(to_atoms(v2o5()), oxide))
    killer.join()
    assert [failure.index for failure in doc.quarantined] == [0]
    assert (
        "was ended by signal 9 (Killed); the memory may have been full" in doc.quarantined[0].reason
    )
    assert len(doc.frames) == 1
    pids = re.findall(r"^Pid: +(\d+)$", LOG.read_text(), re.MULTILINE)
    assert pids[0] == str(killed[0]) != pids[1]


def test_an_atom_without_a_dataset_is_set_aside(oxide: Atoms) -> None:
    engine = AseEngine(calculator="GPAW", calculator_kwargs=LIGHT)
    doc = AseEngine.static.original(
        engine, frames(Atoms("Po", cell=4 * np.eye(3), pbc=True), oxide)
    )
    assert len(doc.frames) == 1
    assert "Po" in doc.quarantined[0].reason


def test_open_shells_are_spin_polarised_with_u() -> None:
    engine = AseEngine(calculator="GPAW", calculator_kwargs=LIGHT)
    doc = AseEngine.static.original(engine, frames(bulk("VO", "rocksalt", a=4.1)))
    assert not doc.quarantined
    moment = re.search(r"Total magnetic moment: \(.*, ([-.\d]+)\)", LOG.read_text())
    assert moment is not None
    assert float(moment[1]) == pytest.approx(3.0, abs=0.3), "V2+ is d3"
    assert 2.0 < doc.frames[0].magmoms[0] < 3.2, "in the sphere of V"


def test_md_and_relaxation_keep_the_wave_functions(oxide: Atoms) -> None:
    engine = AseEngine(calculator="GPAW", calculator_kwargs=LIGHT, relax_max_steps=3)
    stage = MDStage(
        name="hold", start_temperature_k=300, end_temperature_k=300, duration_fs=6, frame_stride=1
    )
    doc = AseEngine.md.original(engine, to_structure(oxide), stage, run="MgO", seed=1)
    assert len(doc.frames) == 4
    counts = iterations()
    assert max(counts[1:]) < counts[0]
    relaxed = AseEngine.relax.original(engine, to_structure(oxide), relax_cell=False)
    assert relaxed.energy_ev < doc.frames[0].energy_ev
    with pytest.raises(InputError, match="no stress; use relax_cell=False"):
        AseEngine.relax.original(engine, to_structure(oxide))


def iterations() -> list[int]:
    """Return how many iterations each self-consistency cycle of the log took."""
    return [
        int(n) for n in re.findall(r"^Converged in (\d+) steps$", LOG.read_text(), re.MULTILINE)
    ]
