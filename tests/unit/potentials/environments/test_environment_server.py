"""A calculator in another process: same numbers, errors carried over, dies with its parent."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import served_emt
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import CalculationFailed
from ase.calculators.emt import EMT
from served_emt import crystal, served

from amorph_flows.errors import CalculationError, InputError


def test_numbers_are_those_of_the_method() -> None:
    calculator = served(scale=3.0)
    for repeat, seed in ((1, 0), (2, 1), (2, 2), (1, 3)):
        atoms = crystal(repeat, seed)
        expected = atoms.copy()
        expected.calc = EMT()
        atoms.calc = calculator
        assert atoms.get_potential_energy() == 3 * expected.get_potential_energy() + 4.0
        np.testing.assert_array_equal(atoms.get_forces(), 3 * expected.get_forces())
        np.testing.assert_array_equal(atoms.get_stress(), 3 * expected.get_stress())
        grades = calculator.ask("grades", atoms)
        np.testing.assert_array_equal(grades, np.abs(3 * expected.get_forces()).max(axis=1))
    assert calculator.server.usage()["peak_mb"] > 10


def test_cluster_without_a_cell_has_no_stress() -> None:
    atoms = Atoms("Cu2", [[0, 0, 0], [0, 0, 2.5]], calculator=served())
    atoms.get_potential_energy()
    assert "stress" not in atoms.calc.results


def test_call_costs_little() -> None:
    """CPU time of our own process; the limit leaves room for a busy machine."""
    atoms = crystal(2)
    atoms.calc = served()
    atoms.get_forces()
    began = time.process_time()
    for _ in range(50):
        atoms.positions += 1e-3
        atoms.get_forces()
    assert (time.process_time() - began) / 50 < 5e-3


def test_error_of_the_method_is_carried_over_and_the_next_call_works() -> None:
    atoms = crystal()
    atoms.calc = served()
    atoms.positions[0] = 600.0
    with pytest.raises(CalculationFailed, match="emt: ArithmeticError: an atom is too far away"):
        atoms.get_forces()
    atoms.positions[0] = 0.0
    assert np.isfinite(atoms.get_forces()).all()


def test_death_of_the_method_is_told_and_the_next_call_starts_another() -> None:
    atoms = crystal()
    atoms.calc = served()
    atoms.positions[0] = 450.0
    with pytest.raises(CalculationFailed, match=r"ended by signal 9 \(Killed\).*memory"):
        atoms.get_forces()
    atoms.positions[0] = 0.0
    assert np.isfinite(atoms.get_forces()).all()


def test_potential_that_cannot_be_loaded_is_refused() -> None:
    atoms = crystal()
    atoms.calc = served(name="nonsense")
    with pytest.raises(CalculationError, match="ValueError: nonsense is no potential"):
        atoms.get_forces()


def test_element_that_the_potential_lacks_is_refused_before_the_method_is_asked() -> None:
    atoms = bulk("Al")
    atoms.calc = served()
    with pytest.raises(InputError, match="lacks Al"):
        atoms.get_forces()
    assert atoms.calc.server.pid is None


def test_process_and_its_files_end_with_the_calculator() -> None:
    calculator = served()
    atoms = crystal()
    atoms.calc = calculator
    atoms.get_forces()
    process = psutil.Process(calculator.server.pid)
    folder = Path(json.loads(process.cmdline()[-1])["folder"])
    assert (folder / "potential").read_bytes() == b"x"
    del atoms.calc, atoms, calculator
    gc.collect()
    assert not process.is_running()
    assert not folder.exists()


def test_process_dies_with_its_parent() -> None:
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from served_emt import crystal, served\n"
        "atoms = crystal(); atoms.calc = served(); atoms.get_forces()\n"
        "print(atoms.calc.server.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(Path(served_emt.__file__).parent)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
