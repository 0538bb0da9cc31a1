"""The conformance suite: what every backend of potentials must do, on the same small task."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from ase.build import bulk

from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.errors import InputError
from amorph_flows.potentials import Fit
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import (
    Task,
    alloy_frame,
    alloy_frames,
    document,
    fitted,
    predicted,
    squeezed,
)


class PotentialConformance:
    """Subclass with the settings of a fit; pytest collects the tests.

    Attributes
    ----------
    settings
        A fit to the small task, within seconds.
    other_model
        Settings of another model of the method, which cannot start from the first; None where
        each fit starts anew.
    few_steps
        Steps of the fits that only have to be fits.
    another
        Changes of the settings that give another potential from the same frames.
    highest_inside
        Largest grade of a training frame.
    repeats_to_ev
        Within what energies of the same seed agree; 0: bit for bit, so that the files are equal.
    unseen_pair_grade
        Grade that a first pair of two elements exceeds. A method that has no parameters of pairs,
        but sees a neighbour's element as a weight, has at least the grade that stops a run; 0: it
        may be small, since the grade does not come from the training frames, or since networks
        carry over to the pair what each element taught them.

    Examples
    --------
    >>> class TestMine(PotentialConformance):
    ...     settings = MySettings(cutoff=4.5)
    """

    settings: FitSettings
    other_model: FitSettings | None = None
    few_steps: int = 3
    another: ClassVar[dict[str, object]] = {"energy_weight": 7.0}
    highest_inside: float = 1.05
    repeats_to_ev: float = 0.0
    unseen_pair_grade: float = 100.0

    @property
    def task(self) -> Task:
        """The fitted potential."""
        return fitted(self.settings)

    def few(self, **changes: object) -> FitSettings:
        """Return the settings with few steps.

        Parameters
        ----------
        **changes
            More fields that change.
        """
        return self.settings.model_copy(update={"max_steps": self.few_steps, **changes})

    def started(self, fit: Fit, settings: FitSettings, training: FrameSet) -> PotentialDoc:
        """Return the document of a fit, for another to start from."""
        return document(self.task.backend, fit, training, settings)

    def test_fit_beats_a_constant_energy_per_species(self) -> None:
        """Held-out errors are far below those of no interaction at all."""
        held_out = alloy_frames(8, seed=2)
        counts = np.array(
            [[np.sum(f.numbers == z) for z in (29, 79)] for f in self.task.training], dtype=float
        )
        energies = np.array([f.energy_ev for f in self.task.training])
        constants = np.linalg.lstsq(counts, energies, rcond=None)[0]
        naive = FrameSet(
            Frame(
                f.numbers,
                f.positions,
                f.cell,
                float(
                    np.sum(f.numbers == 29) * constants[0] + np.sum(f.numbers == 79) * constants[1]
                ),
                np.zeros((f.n_atoms, 3)),
                np.zeros((3, 3)),
            )
            for f in held_out
        )
        errors = error_statistics(held_out, predicted(self.task, held_out))
        baseline = error_statistics(held_out, naive)
        assert errors.energy_rmse_mev_atom < 0.25 * baseline.energy_rmse_mev_atom
        assert errors.force_rmse_ev_a < 0.4 * baseline.force_rmse_ev_a
        assert (errors.stress_rmse_gpa or np.inf) < 0.4 * (baseline.stress_rmse_gpa or 0.0)

    def test_fit_reports_its_history(self) -> None:
        """CPU times ascend, the loss falls where there are steps."""
        times, losses = np.array(self.task.fit.history).T
        assert np.all(np.diff(times) >= 0)
        assert losses[-1] < losses[0] or len(losses) == 1
        assert self.task.fit.cpu_seconds >= times[-1]
        assert self.task.fit.species == ["Cu", "Au"]
        assert self.task.fit.ended in ("converged", "steps")

    def test_forces_and_stress_are_derivatives_of_the_energy(self) -> None:
        """Central differences in positions and in strain."""
        frame = alloy_frames(2, seed=3)[1]
        h = 1e-4
        rng = np.random.default_rng(0)
        direction = rng.normal(size=frame.positions.shape)
        strain = rng.normal(size=(3, 3))
        strain += strain.T
        shifts = [sign * h * direction for sign in (1, -1)]
        deforms = [np.eye(3) + sign * h * strain for sign in (1, -1)]
        moved = [
            frame,
            *(Frame(frame.numbers, frame.positions + shift, frame.cell) for shift in shifts),
            *(Frame(frame.numbers, frame.positions @ d, frame.cell @ d) for d in deforms),
        ]
        here, *others = predicted(self.task, FrameSet(moved))
        energies = np.array([f.energy_ev for f in others])
        assert here.forces is not None
        assert here.stress is not None
        slope = (energies[0] - energies[1]) / (2 * h)
        assert slope == pytest.approx(-float(np.sum(here.forces * direction)), rel=1e-5, abs=1e-6)
        work = (energies[2] - energies[3]) / (2 * h)
        volume = abs(np.linalg.det(frame.cell))
        assert work == pytest.approx(
            volume * float(np.sum(here.stress * strain)), rel=1e-5, abs=1e-5
        )

    def test_energy_is_blind_to_the_order_of_the_atoms(self) -> None:
        """A permutation permutes the forces and nothing else; so do translations."""
        frame = alloy_frames(2, seed=4)[1]
        order = np.random.default_rng(1).permutation(frame.n_atoms)
        shuffled = Frame(frame.numbers[order], frame.positions[order] + 0.37, frame.cell)
        one, two = predicted(self.task, FrameSet([frame, shuffled]))
        assert one.energy_ev == pytest.approx(two.energy_ev, abs=1e-9)
        forces = np.asarray(one.forces)[order]
        np.testing.assert_allclose(np.asarray(two.forces), forces, atol=1e-9)
        np.testing.assert_allclose(np.asarray(two.stress), np.asarray(one.stress), atol=1e-10)

    def test_document_round_trip_keeps_every_bit(self) -> None:
        """Energies from the stored document are the same numbers."""
        back = PotentialDoc.model_validate_json(self.task.doc.model_dump_json())
        again = Task(self.task.backend, self.task.fit, back, self.task.training, FrameSet())
        frames = self.task.validation
        for one, two in zip(predicted(self.task, frames), predicted(again, frames), strict=True):
            assert one.energy_ev == two.energy_ev
            np.testing.assert_array_equal(one.forces, two.forces)

    def test_same_seed_same_potential(self) -> None:
        """File by file, or in the energies where networks are trained."""
        frames, backend = self.task.training[:8], self.task.backend
        fits = [backend.fit(frames, FrameSet(), self.few()) for _ in range(2)]
        if self.repeats_to_ev == 0.0:
            assert fits[0].files == fits[1].files
            return
        docs = [self.started(fit, self.few(), frames) for fit in fits]
        tasks = [
            Task(backend, fit, doc, frames, frames) for fit, doc in zip(fits, docs, strict=True)
        ]
        one, two = (predicted(task, frames) for task in tasks)
        for first, second in zip(one, two, strict=True):
            assert first.energy_ev_atom == pytest.approx(
                second.energy_ev_atom, abs=self.repeats_to_ev
            )

    def test_fit_goes_on_from_a_potential(self) -> None:
        """It begins far below where a new fit is after the same steps."""
        if self.other_model is None:
            pytest.skip("each fit of this method starts anew")
        few, frames, none = self.few(max_steps=2), self.task.training, FrameSet()
        anew = self.task.backend.fit(frames, none, few)
        more = self.task.backend.fit(frames, none, few, start=self.task.doc)
        assert more.history[0][1] < 0.5 * anew.history[-1][1]
        assert more.species == self.task.fit.species

    def test_species_can_be_added(self) -> None:
        """A potential of gold starts one of gold and copper; gold keeps its number."""
        pure = [f.to_atoms() for f in self.task.training[:8]]
        for atoms in pure:
            atoms.numbers[:] = 79
        gold = FrameSet(alloy_frame(atoms) for atoms in pure)
        start = self.task.backend.fit(gold, FrameSet(), self.few())
        assert start.species == ["Au"]
        doc = self.started(start, self.few(), gold)
        both = self.task.backend.fit(self.task.training, FrameSet(), self.few(), doc)
        assert both.species == ["Au", "Cu"]
        assert both.history[-1][1] <= both.history[0][1]

    def test_grades_tell_known_from_unknown(self) -> None:
        """Training frames have about 1 at most, compressed ones far more."""
        task = self.task
        assert task.backend.grades(task.doc, task.training).max() <= self.highest_inside
        shapes = FrameSet(squeezed(f, 0.8) for f in task.validation)
        assert task.backend.grades(task.doc, shapes).min() > 5.0

    def test_grade_of_a_pair_never_seen_is_large(self) -> None:
        """Directions that no training atom reaches count."""
        if self.unseen_pair_grade == 0.0:
            pytest.skip("the grade of a first pair may be small")
        few, frames = self.few(), []
        for number in (29, 79):
            for atoms in self.task.training[:6].to_atoms():
                atoms.numbers[:] = number
                frames.append(alloy_frame(atoms))
        apart = FrameSet(frames)
        fit = self.task.backend.fit(apart, FrameSet(), few)
        doc = document(self.task.backend, fit, apart, few)
        mixed = self.task.training[:3]
        assert self.task.backend.grades(doc, mixed).min() > self.unseen_pair_grade

    def test_selection_takes_the_odd_one_first(self) -> None:
        """And passes over what is already trained on."""
        task = self.task
        odd = squeezed(task.validation[0], 0.8)
        offered = FrameSet([*task.training[:5], odd, *task.training[5:8], odd])
        chosen = task.backend.select(task.doc, task.training, offered, limit=5)
        assert chosen[0] == 5
        assert len(chosen) == 1
        assert task.backend.select(task.doc, task.training, task.training, limit=5) == []

    def test_grade_files_of_another_potential_are_refused(self) -> None:
        """Grades of another potential's active set mean nothing."""
        frames = self.task.training[:8]
        other = self.task.backend.fit(frames, FrameSet(), self.few(**self.another))
        mixed = self.task.doc.model_copy(update={"files": self.task.doc.files | other.files})
        with pytest.raises(InputError, match="another potential"):
            self.task.backend.grades(mixed, self.task.validation)

    def test_damaged_files_are_refused(self) -> None:
        """A file that is cut short, one that is missing."""
        doc = self.task.doc
        for name in self.task.fit.files:
            cut = doc.files | {name: doc.files[name][: len(doc.files[name]) // 2]}
            rest = {other: content for other, content in doc.files.items() if other != name}
            for files in (cut, rest):
                damaged = doc.model_copy(update={"files": files})
                broken = Task(self.task.backend, self.task.fit, damaged, *[FrameSet()] * 2)
                with pytest.raises(InputError):
                    predicted(broken, self.task.validation[:1])

    def test_bad_input_is_refused_before_the_fit(self) -> None:
        """No frames, frames without labels, settings of another backend, a start that is none."""
        fit = self.task.backend.fit
        bare = FrameSet([squeezed(self.task.training[0], 1.0)])
        with pytest.raises(InputError, match="no frames"):
            fit(FrameSet(), FrameSet(), self.settings)
        with pytest.raises(InputError, match="training frame 0"):
            fit(bare, FrameSet(), self.settings)
        with pytest.raises(InputError, match="settings of"):
            fit(self.task.training, FrameSet(), FitSettings(backend="another"))
        if self.other_model is None:
            return
        foreign = self.task.doc.model_copy(update={"files": {"nonsense.txt": b"nonsense"}})
        with pytest.raises(InputError, match="potential"):
            fit(self.task.training, FrameSet(), self.settings, start=foreign)
        with pytest.raises(InputError, match="another basis"):
            fit(self.task.training, FrameSet(), self.other_model, start=self.task.doc)

    def test_an_element_that_the_potential_lacks_is_refused(self) -> None:
        """By the calculator."""
        foreign = bulk("Al", cubic=True)
        foreign.calc = self.task.backend.calculator(self.task.doc)
        with pytest.raises(InputError, match=r"13|Al"):
            foreign.get_potential_energy()
