"""Engine MD whose cell follows a pressure: ramps, restarts, failures and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import ase.io
import numpy as np
import pytest
from ase.calculators.calculator import Calculator
from elastic_solid import elastic_solid, volume_statistics
from pymatgen.core import Lattice, Structure

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.engines import AseEngine
from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.errors import AmorphFlowsError, CalculationError, InputError
from amorph_flows.flows import MeltQuenchMaker, SamplingMaker
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_structure
from amorph_flows.study.overrides import apply_overrides

TOY = AseEngine(calculator="toy")
SOLID = AseEngine(calculator="elastic_solid:ElasticSolid")
COUPLINGS = ("isotropic", "axes", "triclinic")


class Stressless(Calculator):
    """A calculator without stress."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]


class FreeAtoms(Calculator):
    """Atoms without forces, which nothing holds against a pressure."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces", "stress"]

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        super().calculate(*args, **kwargs)
        n_atoms = len(self.atoms)
        self.results = {"energy": 0.0, "forces": np.zeros((n_atoms, 3)), "stress": np.zeros(6)}


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


def npt(start_k: float = 300, end_k: float | None = None, steps: int = 100, **more: Any) -> MDStage:
    return MDStage(
        name="press",
        ensemble="npt",
        start_temperature_k=start_k,
        end_temperature_k=end_k or start_k,
        **{"duration_fs": 2.0 * steps} | more,
    )


def md(engine: AseEngine, structure: Structure, stage: MDStage, **more: Any) -> LabelDoc:
    return AseEngine.md.original(engine, structure, stage, **more)


def solid() -> Structure:
    return to_structure(elastic_solid())


def volumes(doc: LabelDoc) -> np.ndarray:
    return np.array([abs(np.linalg.det(frame.cell)) for frame in doc.frames])


def test_the_volume_follows_a_ramp_of_the_pressure() -> None:
    fields = {"time_step_fs": 4.0, "duration_fs": 4800.0, "frame_stride": 20}
    ramp = npt(pressure_gpa=0, end_pressure_gpa=20, barostat_damping_fs=400, **fields)
    doc = md(SOLID, solid(), ramp, seed=1)
    found = volumes(doc)
    for share, pressure in ((0.5, 10.0), (0.9, 18.0)):
        around = slice(int((share - 0.1) * len(found)), int((share + 0.1) * len(found)))
        exact, variance = volume_statistics(300, pressure)
        assert found[around].mean() == pytest.approx(exact, abs=0.6 * variance**0.5)
    assert doc.structure is not None
    np.testing.assert_array_equal(doc.structure.lattice.matrix, doc.frames[-1].cell)


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_killed_run_goes_on_from_its_checkpoint(coupling: str) -> None:
    engine = AseEngine(calculator=f"{__name__}:KilledCalculator")
    ramp = {"pressure_gpa": 5.0, "end_pressure_gpa": 1.0, "coupling": coupling}
    schedule, oxide = npt(900, 600, steps=40, frame_stride=10, **ramp), v2o5()
    KilledCalculator.left = 35
    with pytest.raises(KilledError):
        md(engine, oxide, schedule, run="r", seed=1)
    rest = md(engine, oxide, schedule, run="r", seed=1)
    assert -KilledCalculator.left < 15, "it began anew"
    whole = md(TOY, oxide, schedule, run="w", seed=1)
    assert [f.provenance.step for f in rest.frames] == [0, 10, 20, 30, 40]
    for one, two in zip(rest.frames, whole.frames, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)
        np.testing.assert_array_equal(one.cell, two.cell)
        assert one.energy_ev == two.energy_ev
    assert rest.structure == whole.structure
    assert len({frame.cell.tobytes() for frame in rest.frames}) == 5
    lengths = np.linalg.norm(whole.frames[-1].cell, axis=1) / v2o5().lattice.abc
    angles = np.array(whole.structure.lattice.angles)
    assert (np.ptp(lengths) < 1e-9) == (coupling == "isotropic")
    assert (abs(angles - 90).max() < 1e-9) == (coupling != "triclinic")


UNSTABLE = replace(
    SOLID, calculator_kwargs={"stress_factor": -1.0}, blow_up_temperature_k=float("inf")
)
"""A stress of the wrong sign drives the cell away."""


FREE = AseEngine(calculator=f"{__name__}:FreeAtoms")


@pytest.mark.parametrize(
    ("engine", "pressure", "what"),
    [(UNSTABLE, -20.0, "exploded to 3"), (FREE, 20.0, r"collapsed to 0\.3")],
)
def test_a_cell_that_runs_away_ends_the_run(engine: AseEngine, pressure: float, what: str) -> None:
    stage = npt(steps=600, pressure_gpa=pressure, barostat_damping_fs=2000, frame_stride=10)
    message = (
        rf"MD 'r', 'press', step \d+ of 600: the cell has {what}.*; \d+ frames are in r.extxyz"
    )
    with pytest.raises(CalculationError, match=message) as caught:
        md(engine, solid(), stage, run="r")
    assert caught.value.directory == str(Path.cwd())
    assert f"; {len(ase.io.read('r.extxyz', index=':'))} frames" in str(caught.value)


def test_a_cell_that_flattens_ends_the_run() -> None:
    thin = elastic_solid()
    thin.set_cell(thin.cell.array * [0.95, 1.0, 1.0], scale_atoms=True)
    stage = npt(steps=600, coupling="axes", barostat_damping_fs=2000)
    engine = replace(UNSTABLE, calculator_kwargs={"stress_factor": [-1.0, 1.0, 1.0]})
    with pytest.raises(CalculationError, match=r"flattened to 0\.\d+ .*coupling = 'isotropic'"):
        md(engine, to_structure(thin), stage)


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_a_stress_that_is_no_number_ends_the_run(coupling: str) -> None:
    engine = replace(SOLID, calculator_kwargs={"stress_factor": float("nan")})
    with pytest.raises(CalculationError, match=r"step [01] of 100: a .* not finite"):
        md(engine, solid(), npt(coupling=coupling))


def test_what_an_engine_has_not_is_refused() -> None:
    stressless = AseEngine(calculator=f"{__name__}:Stressless")
    oblique = Structure(Lattice.hexagonal(6, 6), ["V"], [(0, 0, 0)])
    with pytest.raises(InputError, match=r"^ensemble is 'npt' in 'press'.* has no stress"):
        md(stressless, v2o5(), npt())
    with pytest.raises(InputError, match=r"^coupling is 'axes'.*90, 90, 120 degrees"):
        md(TOY, oblique, npt(coupling="axes"))
    for coupling in ("isotropic", "triclinic"):
        TOY.check_md(npt(coupling=coupling), oblique)
    stressless.check_md(npt().model_copy(update={"ensemble": "nvt"}), v2o5())


VASP = VaspEngine.scan_u()


@pytest.mark.parametrize(
    ("engine", "stage", "message"),
    [
        (VASP, npt(), r"coupling is 'isotropic' in 'press'.*has 'triclinic'"),
        (VASP, npt(coupling="triclinic", end_pressure_gpa=2), "end_pressure_gpa is 2.*several"),
        (VASP, npt(coupling="triclinic", pressure_gpa=2), "pressure_gpa is 2.*enthalpies"),
        (
            replace(VASP, user_incar_settings={"MDALGO": 2}),
            npt(coupling="triclinic"),
            "MDALGO is 2 .*needs MDALGO = 3",
        ),
    ],
)
def test_what_vasp_has_not_is_refused(engine: VaspEngine, stage: MDStage, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        engine.check_md(stage)


def test_vasp_moves_the_cell_at_zero_pressure() -> None:
    VASP.check_md(npt(coupling="triclinic"))


def test_a_study_file_asks_for_pressure() -> None:
    names = {"ensemble": "npt", "pressure_gpa": 1.5, "branch.ensemble": "npt"}
    maker = apply_overrides(MeltQuenchMaker(engine=TOY), names)
    stages = [*maker.schedule(), maker.branch.stage(300)]
    assert {stage.ensemble for stage in stages} == {"npt"}
    assert [stage.pressure_gpa for stage in stages] == [1.5] * (len(stages) - 1) + [0.0]
    with pytest.raises(InputError, match=r"'coupling'.*got 'cubic'"):
        apply_overrides(maker, {"coupling": "cubic"})


@pytest.mark.parametrize("kind", [MeltQuenchMaker, SamplingMaker])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"ensemble": "npt", "engine": AseEngine(calculator=f"{__name__}:Stressless")},
            "no stress",
        ),
        ({"pressure_gpa": 2.0}, r"^pressure_gpa = 2\.0 with ensemble = 'nvt'"),
        ({"ensemble": "npt", "coupling": "cubic"}, "^coupling is 'cubic'"),
    ],
)
def test_a_flow_is_refused_before_it_begins(
    kind: Any, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(AmorphFlowsError, match=message):
        kind(**{"engine": TOY} | changes).check(v2o5())
