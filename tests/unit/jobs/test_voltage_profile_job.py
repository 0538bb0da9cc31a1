"""Voltages against content from MD whose energies are known."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms, units
from report_study import study_parts

from amorph_flows.analysis import AmorphousVerdict
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.errors import CalculationError
from amorph_flows.jobs.voltage_profile import collect_voltage_profile
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.structure import StructureDoc
from amorph_flows.schemas.voltage_profile import ProfileAtTemperature
from amorph_flows.structures.configuration import to_structure

PARTS = study_parts()
KELVIN, METAL_EV = 600.0, -1.5
VOLTAGE = PARTS.voltage.model_copy(update={"reference_energy_ev": METAL_EV})
INHERENT_EV = {0.0: -60.0, 0.5: -64.0, 1.0: -67.0}
"""Energies per V2O5 at rest; Eq. 1 makes 3.25 and 2.25 V of them."""


def md_at(content: float, n_frames: int = 64, drift_ev: float = 0.0) -> LabelDoc:
    """Return MD of 4 V2O5 whose energy is that at rest and what equipartition adds, with noise."""
    n_ions = round(4 * content)
    atoms = Atoms("V8O20" + (f"Mg{n_ions}" if n_ions else ""), cell=np.eye(3) * 9, pbc=True)
    atoms.positions = np.random.default_rng(0).random((len(atoms), 3)) * 9
    rng, vibration = np.random.default_rng(n_ions), 1.5 * (len(atoms) - 1) * units.kB * KELVIN
    mean = 4 * INHERENT_EV[content] + vibration
    energies = mean + 0.1 * rng.normal(size=n_frames) + drift_ev * np.linspace(-1, 0, n_frames)
    frames = FrameSet(
        Frame(atoms.numbers, atoms.positions, atoms.cell.array, float(energy))
        for energy in energies
    )
    return LabelDoc(engine=PARTS.potential.engine, frames=frames, structure=to_structure(atoms))


def profile(*runs: LabelDoc | None) -> ProfileAtTemperature:
    given = [(KELVIN, run) for run in runs]
    doc = collect_voltage_profile.original("Mg2+", VOLTAGE, (0.0, 0.5, 1.0), given)
    assert doc.host == "V2O5"
    (found,) = doc.profiles
    return found


def failed(found: ProfileAtTemperature) -> set[str]:
    return {v.question for v in found.verdicts if not v.passed and v.scope == "numerical"}


def test_voltages_are_those_of_the_energies_at_rest() -> None:
    found = profile(md_at(1.0), md_at(0.0), md_at(0.5))
    assert [c.ions_per_formula for c in found.contents] == [0.0, 0.5, 1.0]
    for step, volts in zip(found.steps, (3.25, 2.25), strict=True):
        assert step.interval_v is not None
        assert step.interval_v[0] < volts < step.interval_v[1]
        assert step.interval_v[1] - step.interval_v[0] < 0.1
    assert failed(found) == set()


def test_a_run_that_failed_is_missed_and_the_others_count() -> None:
    found = profile(md_at(0.0), None, md_at(1.0))
    (step,) = found.steps
    assert step.voltage_v == pytest.approx(2.75, abs=0.02)
    assert failed(found) == {"every content there?"}
    (verdict,) = (v for v in found.verdicts if v.question == "every content there?")
    assert "MD failed at 0.5 ions" in verdict.reason


def test_an_energy_that_falls_is_not_believed() -> None:
    found = profile(md_at(0.0), md_at(0.5, drift_ev=-4.0), md_at(1.0))
    assert "energy steady?" in failed(found)
    (verdict,) = (v for v in found.verdicts if v.question == "energy steady?" and not v.passed)
    assert verdict.reason.startswith("0.5 ions per formula: ")


def test_a_content_that_is_crystalline_is_not_believed() -> None:
    half = md_at(0.5).model_copy(update={"job_uuid": "half"})
    crystalline = Verdict("amorphous?", AmorphousVerdict.CRYSTALLINE, False, "numerical", "layers")
    sample = PARTS.structure.samples[-1].model_copy(
        update={"documents": ["half"], "amorphous": crystalline}
    )
    doc = collect_voltage_profile.original(
        *("Mg2+", VOLTAGE, (0.0, 0.5, 1.0)),
        [(KELVIN, run) for run in (md_at(0.0), half, md_at(1.0))],
        StructureDoc(samples=[sample]),
    )
    assert failed(doc.profiles[0]) == {"amorphous?"}
    (verdict,) = (v for v in doc.profiles[0].verdicts if v.question == "amorphous?")
    assert verdict.reason == "0.5 ions per formula: layers"


def test_a_short_run_has_no_interval() -> None:
    found = profile(md_at(0.0), md_at(0.5, n_frames=20), md_at(1.0))
    assert [step.interval_v for step in found.steps] == [None, None]
    assert "voltages precise?" in failed(found)


def test_no_profile_without_metal_or_runs() -> None:
    without = PARTS.voltage.model_copy(update={"reference_energy_ev": None})
    with pytest.raises(CalculationError, match="the metal of Mg2"):
        collect_voltage_profile.original("Mg2+", without, (0.0, 1.0), [(KELVIN, md_at(0.0))])
    with pytest.raises(CalculationError, match="every run of MD"):
        collect_voltage_profile.original("Mg2+", VOLTAGE, (0.0, 1.0), [(KELVIN, None)])
