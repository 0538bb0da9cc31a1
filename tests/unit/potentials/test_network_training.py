"""The loop that trains all networks, on a small network of torch's own."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms

from amorph_flows.potentials.environments._child import INPUT_FILE, PROGRESS_FILE, Task
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.schemas.fits import NequIPSettings
from amorph_flows.testing.alloy import alloy_frames

torch = pytest.importorskip("torch", reason="torch is not installed")

METHOD = textwrap.dedent(
    '''
    """A network of pair distances."""
    import torch
    from ase.neighborlist import neighbor_list

    class Network:
        def __init__(self, settings):
            self.module = torch.nn.Sequential(
                torch.nn.Linear(4, 8), torch.nn.SiLU(), torch.nn.Linear(8, 1)
            )
            self.alone = settings["reference_energies"]
            self.cutoff = settings["cutoff"]

        def graph(self, atoms):
            i, j, shift = neighbor_list("ijS", atoms, self.cutoff)
            return {
                "positions": torch.tensor(atoms.positions),
                "ij": (torch.tensor(i), torch.tensor(j)),
                "away": torch.tensor(shift @ atoms.cell.array),
                "volume": atoms.get_volume(),
                "alone": sum(self.alone[s] for s in atoms.get_chemical_symbols()),
            }

        def together(self, graphs):
            return graphs

        def predict(self, batch):
            energies, forces, stresses = [], [], []
            for graph in batch:
                positions = graph["positions"].clone().requires_grad_()
                strain = torch.zeros(3, 3, requires_grad=True)
                i, j = graph["ij"]
                apart = positions[j] - positions[i] + graph["away"]
                apart = apart + apart @ (strain + strain.T) / 2
                d = apart.norm(dim=1, keepdim=True)
                fade = (1 - (d / self.cutoff) ** 2) ** 2
                rows = torch.cat([fade / d**k for k in range(4)], dim=1)
                energy = (fade * self.module(rows)).sum() + graph["alone"]
                slopes = torch.autograd.grad(
                    energy, [positions, strain], create_graph=self.module.training
                )
                energies.append(energy)
                forces.append(-slopes[0])
                stresses.append(slopes[1] / graph["volume"])
            return torch.stack(energies), torch.cat(forces), torch.stack(stresses)

        def save(self, path):
            torch.save(self.module.state_dict(), path)

        def shift(self, energies):
            self.alone = {e: self.alone[e] + more for e, more in energies.items()}
            return self.alone

    def build(settings):
        return Network(settings)

    def load(path, settings):
        network = Network(settings)
        network.module.load_state_dict(torch.load(path))
        return network
    '''
)
SETTINGS = NequIPSettings(
    cutoff=4.0, max_steps=12, batch_size=4, learning_rate=0.05, stress_weight=1.0, seed=3
)


class Stopping(Task):
    """A task that is told to stop once it has reported some times."""

    reports_left = 10**9

    def report(self, done: float, total: float, loss: float | None = None) -> None:
        super().report(done, total, loss)
        self.reports_left -= 1
        self.stopped = self.reports_left <= 0


@pytest.fixture
def method(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "_method.py").write_text(METHOD)
    return folder


def task_in(
    folder: Path, method: Path, held_out: int = 0, replayed: int = 0, **changes: object
) -> Stopping:
    if not folder.exists():
        folder.mkdir()
        frames = alloy_frames(10, seed=0)
        (folder / "training.npz").write_bytes(frames_file(frames))
        (folder / "validation.npz").write_bytes(frames_file(alloy_frames(held_out, seed=1)))
        (folder / "replay.npz").write_bytes(frames_file(alloy_frames(replayed, seed=2)))
        asked: dict[str, Any] = {
            **SETTINGS.model_dump(mode="json"),
            "method": str(method),
            "file": "toy0.pt",
            "species": ["Cu", "Au"],
            "reference_energies": {"Cu": 0.0, "Au": 0.0},
            "start": "",
            "is_foundation": False,
            "of_frames": [[], []],
            **changes,
        }
        (folder / INPUT_FILE).write_text(json.dumps(asked))
    return Stopping(folder)


def fit(task: Task) -> dict[str, Any]:
    from amorph_flows.potentials.networks import _loop

    before = torch.get_default_dtype()
    try:
        return _loop.fit(task)
    finally:
        torch.set_default_dtype(before)
        torch.use_deterministic_algorithms(mode=False)


def weights(folder: Path) -> list[Any]:
    held = torch.load(folder / "toy0.pt", weights_only=True)
    return [value.numpy() for value in held.values()]


def losses(folder: Path) -> list[float]:
    lines = (folder / PROGRESS_FILE).read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def test_loss_falls_and_steps_end_the_fit(tmp_path: Path, method: Path) -> None:
    result = fit(task_in(tmp_path / "a", method))
    found = losses(tmp_path / "a")
    assert result["ended"] == "steps"
    assert result["parameters"] == 4 * 8 + 8 + 8 + 1
    assert len(found) == 12
    assert found[-1] < 0.8 * found[0]


@pytest.mark.parametrize("stopped_after", [1, 5])
def test_stopped_fit_goes_on_to_the_same_weights(
    tmp_path: Path, method: Path, stopped_after: int
) -> None:
    """Bit for bit, with validation frames that choose the weights."""
    fit(task_in(tmp_path / "whole", method, held_out=4))
    first = task_in(tmp_path / "parts", method, held_out=4)
    first.reports_left = stopped_after
    fit(first)
    assert len(losses(tmp_path / "parts")) == stopped_after
    fit(task_in(tmp_path / "parts", method))
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    for one, two in zip(weights(tmp_path / "parts"), weights(tmp_path / "whole"), strict=True):
        np.testing.assert_array_equal(one, two)


def test_rate_that_has_become_small_ends_the_fit(tmp_path: Path, method: Path) -> None:
    task = task_in(
        tmp_path / "a",
        method,
        max_steps=500,
        patience=1,
        rate_factor=0.1,
        least_rate=0.05,
        learning_rate=0.5,
    )
    assert fit(task)["ended"] == "converged"
    assert len(losses(tmp_path / "a")) < 500


def test_seed_orders_and_begins_anew(tmp_path: Path, method: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fit(task_in(tmp_path / name, method, seed=seed, max_steps=2))
    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    assert losses(tmp_path / "a") != losses(tmp_path / "c")


def test_lone_atoms_of_a_foundation_model_are_moved(tmp_path: Path, method: Path) -> None:
    """By what is missing; the loss then begins where constants of elements leave it."""
    alone: dict[str, object] = {"force_weight": 0.0, "stress_weight": 0.0, "max_steps": 1}
    moved = fit(task_in(tmp_path / "a", method, is_foundation=True, **alone))
    fit(task_in(tmp_path / "b", method, **alone))
    assert all(abs(energy) > 0.1 for energy in moved["reference_energies"].values())
    assert losses(tmp_path / "a")[0] < losses(tmp_path / "b")[0]


def test_replayed_frames_hold_the_network_where_it_was(tmp_path: Path, method: Path) -> None:
    """They have its own labels, so that more of them bring the loss down from the beginning."""
    few: dict[str, object] = {"max_steps": 1, "learning_rate": 1e-9}
    fit(task_in(tmp_path / "a", method, **few))
    fit(task_in(tmp_path / "b", method, replayed=30, **few))
    assert losses(tmp_path / "b")[0] == pytest.approx(losses(tmp_path / "a")[0] / 4, rel=0.1)


def test_loss_that_is_no_number_is_told(tmp_path: Path, method: Path) -> None:
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        fit(task_in(tmp_path / "a", method, learning_rate=1e300))


def test_loss_weighs_each_frame() -> None:
    from amorph_flows.potentials.networks._labels import Labels

    class Nothing:
        """A network without any interaction."""

        def graph(self, atoms: Any) -> Any:
            return atoms

        def together(self, graphs: list[Any]) -> list[Any]:
            return graphs

        def predict(self, batch: list[Any]) -> tuple[Any, Any, Any]:
            n_atoms = sum(len(atoms) for atoms in batch)
            sizes = ((len(batch),), (n_atoms, 3), (len(batch), 3, 3))
            return tuple(torch.zeros(size, dtype=torch.float64) for size in sizes)

    frames = []
    for frame in alloy_frames(3, seed=0):
        atoms = frame.to_atoms()
        held = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)
        held.info.update(energy=frame.energy_ev, stress=frame.stress)
        held.arrays["forces"] = np.array(frame.forces)
        frames.append(held)
    settings = {"energy_weight": 2.0, "force_weight": 3.0, "stress_weight": 5.0, "device": "cpu"}
    weights = np.array([0.5, 2.0, 1.0])  # the last one is replayed
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        found = float(Labels(Nothing(), frames, settings, [0.5, 2.0]).loss(np.arange(3)))
    finally:
        torch.set_default_dtype(before)
    sizes = np.array([len(atoms) for atoms in frames])
    energies = np.array([atoms.info["energy"] for atoms in frames]) / sizes
    forces = np.array([np.sum(atoms.arrays["forces"] ** 2) for atoms in frames])
    volumes = np.array([atoms.get_volume() for atoms in frames]) / sizes
    stresses = np.array([np.sum(atoms.info["stress"] ** 2) for atoms in frames]) * volumes**2
    expected = (
        2.0 * np.mean(weights * energies**2)
        + 3.0 * np.sum(weights * forces) / sizes.sum()
        + 5.0 * np.mean(weights * stresses)
    )
    assert found == pytest.approx(expected, rel=1e-12)
