"""The ASE engine with the toy potential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
import pytest
from ase import units
from jobflow import Job, JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines import AseEngine
from amorph_flows.errors import CalculationError, InputError, MissingDependencyError
from amorph_flows.runtime.progress import read_progress
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import temperature_of, to_atoms

TOY = AseEngine(calculator="toy")


class NanAfterCalculator(ToyCalculator):
    """Gives a force that is no number after some calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.left = calls

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        super().calculate(*args, **kwargs)
        self.left -= 1
        if self.left < 0:
            self.results["forces"][0, 0] = np.nan


@pytest.fixture
def oxide() -> Structure:
    """V2O5, 28 atoms."""
    crystal = v2o5()
    return crystal.make_supercell((1, 2, 1))


def stage(start: float, end: float | None = None, steps: int = 100, **more: Any) -> MDStage:
    return MDStage(
        name="test",
        start_temperature_k=start,
        end_temperature_k=end or start,
        duration_fs=2.0 * steps,
        **more,
    )


def execute(job: Job) -> Any:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    again = Job.from_dict(json.loads(json.dumps(job.as_dict())))
    run_locally(again, store=store, ensure_success=True)
    return job.output.resolve(store)


def md(structure: Structure, stage: MDStage, engine: AseEngine = TOY, **more: Any) -> LabelDoc:
    return AseEngine.md.original(engine, structure, stage, **more)


def test_md_job_stores_labelled_frames_with_provenance(oxide: Structure) -> None:
    job = TOY.md(oxide, stage(900, steps=25, frame_stride=10), run="V2O5 900 K", seed=3)
    doc = execute(job)
    assert [f.provenance.step for f in doc.frames] == [0, 10, 20, 25]
    assert [f.provenance.time_fs for f in doc.frames] == [0, 20, 40, 50]
    origin = doc.frames[1].provenance
    info = TOY.info()
    assert (origin.run, origin.temperature_k, origin.engine) == ("V2O5 900 K", 900, "toy")
    assert (origin.settings_hash, origin.job_uuid) == (info.settings_hash, job.uuid)
    assert doc.engine == info
    assert (doc.seed, doc.n_steps, doc.run) == (3, 25, "V2O5 900 K")
    for frame in doc.frames:
        atoms = frame.to_atoms()
        held = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
        atoms.calc = ToyCalculator()
        assert held[0] == pytest.approx(atoms.get_potential_energy(), abs=1e-9)
        np.testing.assert_allclose(held[1], atoms.get_forces(), atol=1e-9)
        np.testing.assert_allclose(held[2], atoms.get_stress(), atol=1e-12)
    on_disk = ase.io.read("V2O5_900_K.extxyz", index=":")
    np.testing.assert_allclose(on_disk[-1].positions, doc.frames[-1].positions, atol=1e-7)
    assert len(on_disk) == 4
    progress = read_progress(Path())
    assert progress is not None
    assert (progress["done"], progress["total"]) == (25, 25)


def test_two_stages_are_one_trajectory(oxide: Structure) -> None:
    """Without a thermostat, 20 + 20 steps equal 40 steps, and no frame comes twice."""
    nve = {"ensemble": "nve", "frame_stride": 5}
    whole = md(oxide, stage(600, steps=40, **nve), seed=1)
    first = md(oxide, stage(600, steps=20, **nve), seed=1)
    passed_on = Structure.from_dict(first.structure.as_dict())
    second = md(passed_on, stage(600, steps=20, **nve), seed=99)
    pieces = [*first.frames, *second.frames]
    assert len(pieces) == len(whole.frames) == 9
    for one, two in zip(pieces, whole.frames, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-8)


def test_same_seed_same_run_other_seed_other_run(oxide: Structure) -> None:
    runs = [md(oxide, stage(900, steps=20), seed=s).frames[-1] for s in (5, 5, 6)]
    assert runs[0].content_hash == runs[1].content_hash != runs[2].content_hash


def test_velocities_start_exactly_at_the_temperature_and_at_rest(oxide: Structure) -> None:
    instant = stage(700, ensemble="nve").model_copy(update={"duration_fs": 1e-3})
    doc = md(oxide, instant.model_copy(update={"time_step_fs": 1e-3}), seed=2)
    assert doc.structure is not None
    atoms = to_atoms(doc.structure)
    assert temperature_of(atoms) == pytest.approx(700, rel=1e-3)
    np.testing.assert_allclose(atoms.get_momenta().sum(axis=0), 0, atol=1e-8)
    speeds = np.array(doc.structure.site_properties["velocities"])
    np.testing.assert_allclose(speeds / units.fs, atoms.get_velocities())


def mean_temperature(doc: LabelDoc, start: int, end: int) -> float:
    """From central differences of positions two femtoseconds apart."""
    positions = np.array([frame.positions for frame in doc.frames][start:end])
    velocities = (positions[2:] - positions[:-2]) / (4 * units.fs)
    masses = to_atoms(doc.structure).get_masses()[:, None]
    kinetic = 0.5 * (masses * velocities**2).sum(axis=(1, 2)).mean()
    return float(2 * kinetic / (3 * (len(masses) - 1) * units.kB))


def test_thermostat_holds_and_follows_a_ramp(oxide: Structure) -> None:
    warm = md(oxide, stage(1000, steps=500, frame_stride=500), seed=4).structure
    hold = md(warm, stage(1000, steps=1000, frame_stride=1))
    assert mean_temperature(hold, 0, 1000) == pytest.approx(1000, rel=0.08)
    ramp = md(warm, stage(1000, 200, steps=1000, frame_stride=1))
    assert mean_temperature(ramp, 450, 550) == pytest.approx(600, rel=0.25)
    assert mean_temperature(ramp, 900, 1000) == pytest.approx(240, rel=0.25)
    assert ramp.frames[-1].provenance.temperature_k == 200
    assert ramp.frames[499].provenance.temperature_k == pytest.approx(600)


class KilledError(BaseException):
    """Stands for a signal: nothing in a run handles it."""


class KilledCalculator(ToyCalculator):
    """Ends the process after some calls, as a kill would."""

    left = 0

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        KilledCalculator.left -= 1
        if KilledCalculator.left == 0:
            raise KilledError
        super().calculate(*args, **kwargs)


@pytest.mark.parametrize("ensemble", ["nvt", "nve"])
def test_killed_run_goes_on_from_its_checkpoint(
    oxide: Structure, ensemble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = AseEngine(calculator=_here("KilledCalculator"))
    schedule = stage(900, 600, steps=60, frame_stride=10, ensemble=ensemble)
    KilledCalculator.left = 45
    with pytest.raises(KilledError):
        md(oxide, schedule, engine, run="r", seed=1)
    with Path("r.extxyz").open("a") as file:
        file.write("28\nLattice=")
    rest = md(oxide, schedule, engine, run="r", seed=1)
    assert -KilledCalculator.left < 25, "it began anew"
    again = md(oxide, schedule, engine, run="r", seed=1)
    assert -KilledCalculator.left < 25, "a run that has ended was run again"
    assert again.structure == rest.structure
    whole = md(oxide, schedule, TOY, run="w", seed=1)
    assert [f.provenance.step for f in rest.frames] == [0, 10, 20, 30, 40, 50, 60]
    for one, two in zip(rest.frames, whole.frames, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)
        assert one.energy_ev == two.energy_ev
        assert one.provenance.temperature_k == two.provenance.temperature_k
    assert rest.structure is not None
    np.testing.assert_array_equal(
        rest.structure.site_properties["velocities"],
        whole.structure.site_properties["velocities"],
    )


def test_checkpoint_of_another_run_is_not_taken(oxide: Structure) -> None:
    engine = AseEngine(calculator=_here("KilledCalculator"))
    KilledCalculator.left = 15
    with pytest.raises(KilledError):
        md(oxide, stage(900, steps=20, frame_stride=5), engine, run="r", seed=1)
    doc = md(oxide, stage(900, steps=20, frame_stride=5), engine, run="r", seed=2)
    fresh = md(oxide, stage(900, steps=20, frame_stride=5), TOY, run="other", seed=2)
    np.testing.assert_allclose(doc.frames[-1].positions, fresh.frames[-1].positions, atol=1e-9)
    assert -KilledCalculator.left >= 20


def test_blow_up_names_the_step_and_keeps_the_frames(oxide: Structure) -> None:
    engine = AseEngine(calculator=_here("NanAfterCalculator"), calculator_kwargs={"calls": 17})
    with pytest.raises(CalculationError, match=r"'r'.*step 17 of 100.*not finite") as caught:
        md(oxide, stage(600, frame_stride=5), engine, run="r")
    assert caught.value.directory == str(Path.cwd())
    assert len(ase.io.read("r.extxyz", index=":")) == 4


def test_heat_and_contacts_end_a_run(oxide: Structure) -> None:
    squeezed = oxide.copy()
    squeezed.translate_sites([0], oxide[1].frac_coords - oxide[0].frac_coords + [0.01, 0, 0])
    with pytest.raises(CalculationError, match=r"0\.115 Å apart"):
        md(squeezed, stage(300))
    cool = AseEngine(calculator="toy", blow_up_temperature_k=200)
    with pytest.raises(CalculationError, match="300 K, above the limit 200 K"):
        md(oxide, stage(300), cool)


def _here(name: str) -> str:
    """Name something of this module as pytest imported it."""
    return f"{__name__}:{name}"


def test_static_labels_and_quarantines(oxide: Structure) -> None:
    origin = Provenance(run="earlier", step=7, temperature_k=600, grade=3.0)
    good = Frame.from_atoms(to_atoms(oxide), origin)
    bad = Frame(good.numbers, good.positions * np.nan, good.cell)
    foreign = Frame(np.full(28, 54), good.positions, good.cell)
    unnamed = Frame.from_atoms(to_atoms(oxide))
    doc = execute(TOY.static(FrameSet([good, bad, foreign, unnamed]), run="batch"))
    assert [q.index for q in doc.quarantined] == [1, 2]
    assert "not finite" in doc.quarantined[0].reason
    assert "54" in doc.quarantined[1].reason
    assert doc.quarantined[1].content_hash == foreign.content_hash
    kept = doc.frames[0]
    assert kept.is_labelled
    assert kept.stress is not None
    assert (kept.provenance.run, kept.provenance.step, kept.provenance.grade) == ("earlier", 7, 3.0)
    assert kept.provenance.job_uuid == doc.job_uuid
    assert doc.frames[1].provenance.run == "batch"
    assert doc.n_steps == 4


def test_relax_finds_the_minimum_of_magnesium() -> None:
    metal = Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(3.4, 5.0), ["Mg"], [(1 / 3, 2 / 3, 0.25)]
    )
    doc = execute(TOY.relax(metal))
    assert isinstance(doc, RelaxDoc)
    assert doc.converged
    assert doc.max_force_ev_a < 0.02
    assert doc.energy_ev < TOY.relax.original(TOY, metal, relax_cell=False).energy_ev
    atoms = to_atoms(doc.structure)
    atoms.calc = ToyCalculator()
    assert np.abs(atoms.get_stress()).max() < 0.01
    short = AseEngine(calculator="toy", relax_max_steps=1)
    assert not execute(short.relax(metal)).converged


def test_settings_hash_tells_what_changes_numbers() -> None:
    base = TOY.info().settings_hash
    assert AseEngine(calculator="toy", name="other", relax_max_steps=3).info().settings_hash == base
    stiffer = AseEngine(calculator="toy", calculator_kwargs={"hardness": 0.31})
    assert stiffer.info().settings_hash != base
    assert AseEngine.from_dict(stiffer.as_dict()) == stiffer


@pytest.mark.parametrize(
    ("engine", "error", "message"),
    [
        (AseEngine(calculator="chgnett"), InputError, "'CHGNet'"),
        (AseEngine(calculator="toys"), InputError, "'toy'"),
        (AseEngine(calculator="no_such_pkg.calc:Calc"), MissingDependencyError, "no_such_pkg"),
        (AseEngine(calculator="ase.calculators.emt:NoCalc"), InputError, "NoCalc"),
        (AseEngine(calculator="toy", calculator_kwargs={"x": 1}), InputError, "'x'"),
    ],
)
def test_unusable_engines_are_refused(
    engine: AseEngine, error: type[Exception], message: str, oxide: Structure
) -> None:
    with pytest.raises(error, match=message):
        md(oxide, stage(300), engine)


def test_unusable_structures_are_refused(oxide: Structure) -> None:
    foreign = oxide.copy()
    foreign.replace_species({"V": "Xe"})
    with pytest.raises(InputError, match="Xe"):
        TOY.check(foreign)
    partial = oxide.copy()
    partial.replace_species({"V": {"V": 0.5, "Fe": 0.5}})
    with pytest.raises(InputError, match="partially occupied"):
        TOY.check(partial)
    TOY.check(oxide.copy().add_oxidation_state_by_element({"V": 5, "O": -2}))
