"""Pretrained models behind the contract: as they are, with their zero of energy moved."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.potentials import GradeSettings, get_backend, get_learned_backend
from amorph_flows.potentials.pretrained import pretrained_potential
from amorph_flows.schemas.fits import NamedCalculator, PretrainedSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import alloy_frames, document, fitted
from amorph_flows.testing.potentials import PotentialConformance

SMOOTHER = {"asap_cutoff": True}
PAIRS = {"sigma": 2.35, "epsilon": 0.15, "rc": 6.0, "smooth": True}
OTHER = NamedCalculator(calculator="ase.calculators.lj:LennardJones", calculator_kwargs=PAIRS)
SETTINGS = PretrainedSettings(
    calculator="ase.calculators.emt:EMT",
    calculator_kwargs=SMOOTHER,
    committee=(
        NamedCalculator(calculator="ase.calculators.lj:LennardJones", calculator_kwargs=PAIRS),
    ),
)


class TestPretrained(PotentialConformance):
    settings = SETTINGS
    another: ClassVar[dict[str, object]] = {"calculator_kwargs": {"asap_cutoff": False}}
    highest_inside = 3.0
    unseen_pair_grade = 0.0


def test_labels_move_the_zero_of_energy_alone() -> None:
    """Labels with constants of 2 eV a copper and -3 eV a gold atom give these back."""
    frames = alloy_frames(12, seed=5)
    moved = []
    for frame in frames:
        atoms = frame.to_atoms()
        shift = 2.0 * np.sum(atoms.numbers == 29) - 3.0 * np.sum(atoms.numbers == 79)
        atoms.calc.results["energy"] += shift
        moved.append(type(frame).from_atoms(atoms))
    exact = PretrainedSettings(calculator="ase.calculators.emt:EMT")
    backend = get_learned_backend("pretrained")
    fit = backend.fit(FrameSet(moved), FrameSet(), exact)
    doc = document(backend, fit, FrameSet(moved), exact)
    assert not doc.has_grades
    atoms = moved[0].to_atoms()
    atoms.calc = backend.calculator(doc)
    assert atoms.get_potential_energy() == pytest.approx(moved[0].energy_ev, abs=1e-9)
    np.testing.assert_allclose(atoms.get_forces(), moved[0].forces, atol=1e-12)


def test_grade_is_the_expected_error_over_that_at_the_edge() -> None:
    """By the definition, with the two models by hand."""
    task = fitted(SETTINGS)
    spreads, errors = [], []
    for frame in task.training:
        forces = []
        for model in (EMT(**SMOOTHER), LennardJones(**PAIRS)):
            atoms = frame.to_atoms()
            atoms.calc = model
            forces.append(atoms.get_forces())
        spreads.append(np.linalg.norm(forces[0] - forces[1], axis=1) / np.sqrt(2))
        errors.append(np.linalg.norm(forces[0] - frame.forces, axis=1))
    spread, error = np.concatenate(spreads), np.concatenate(errors)
    ratio = np.sqrt(np.mean(error**2) / np.mean(spread**2))
    edge = np.quantile(ratio * spread, 0.99)
    expected = [ratio * one.max() / edge for one in spreads]
    np.testing.assert_allclose(task.backend.grades(task.doc, task.training), expected, rtol=1e-9)


def test_without_labels_a_grade_of_1_is_the_error_of_the_settings() -> None:
    settings = SETTINGS.model_copy(update={"force_error_ev_a": 0.05})
    doc = pretrained_potential(settings, ["Cu", "Au"])
    half = pretrained_potential(settings.model_copy(update={"force_error_ev_a": 0.1}), ["Cu", "Au"])
    frames = alloy_frames(3, seed=9)
    backend = get_learned_backend("pretrained")
    np.testing.assert_allclose(backend.grades(doc, frames), 2 * backend.grades(half, frames))


def test_candidates_alike_are_chosen_once() -> None:
    task = fitted(SETTINGS)
    odd = alloy_frames(3, seed=21, rattle_a=0.45)
    near = type(odd[0])(odd[0].numbers, odd[0].positions + 0.01, odd[0].cell)
    chosen = task.backend.select(task.doc, task.training, FrameSet([*odd, near]), limit=9)
    assert {0, 3} & set(chosen)
    assert not {0, 3} <= set(chosen)


def test_models_that_agree_are_no_committee() -> None:
    same = SETTINGS.model_copy(
        update={
            "committee": (
                NamedCalculator(calculator=SETTINGS.calculator, calculator_kwargs=SMOOTHER),
            )
        }
    )
    task = fitted(SETTINGS)
    with pytest.raises(InputError, match="they are one model"):
        task.backend.grade_files(task.fit, task.training, same)


def test_without_a_committee_a_graded_run_is_refused(tmp_path: Path) -> None:
    doc = pretrained_potential("ase.calculators.emt:EMT", ["Cu", "Au"])
    backend = get_backend(doc.backend)
    assert backend.pair_style(doc, ["Cu"], tmp_path, None).commands == []
    with pytest.raises(InputError, match=r"fit\.settings\.committee"):
        backend.pair_style(doc, ["Cu"], tmp_path, GradeSettings())
    with pytest.raises(InputError, match="lacks Mg"):
        backend.pair_style(doc, ["Mg"], tmp_path, None)


def test_wrong_names_and_elements_are_refused_at_once() -> None:
    with pytest.raises(InputError, match="did you mean 'CHGNet'"):
        pretrained_potential("CHGNe", ["V", "O"])
    with pytest.raises(MissingDependencyError, match="no_such_model"):
        pretrained_potential("no_such_model:Model", ["V", "O"])
    with pytest.raises(InputError, match="'toy' does not know Nb"):
        pretrained_potential("toy", ["Nb", "O"])


def test_document_reads_back_with_its_settings() -> None:
    doc = pretrained_potential(SETTINGS, ["Cu", "Au"])
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back == doc
    assert back.settings == SETTINGS
    assert back.has_grades
