"""Frames and their labels as the training of networks needs them; ``_loop.py`` loads it by path."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from ase.neighborlist import neighbor_list


class Labels:
    """Frames as graphs, with the labels of any of them as one batch."""

    def __init__(
        self, network: Any, frames: list[Any], settings: dict[str, Any], of_frames: list[float]
    ) -> None:
        self.network, self.weights = network, settings
        self.of_frames = np.ones(len(frames))  # those that are replayed count as they are
        self.of_frames[: len(of_frames)] = of_frames
        self.graphs = [network.graph(atoms) for atoms in frames]
        self.sizes = np.array([len(atoms) for atoms in frames])
        self.volumes = np.array([atoms.get_volume() for atoms in frames])
        self.energies = np.array([atoms.info["energy"] for atoms in frames])
        self.forces = [atoms.arrays["forces"] for atoms in frames]
        none = np.full((3, 3), np.nan)
        self.stresses = np.array([atoms.info.get("stress", none) for atoms in frames])
        self.device = settings["device"]

    def loss(self, chosen: Any) -> Any:
        """Return the loss of some frames, the mean of theirs."""
        energies, forces, stresses = self.network.predict(
            self.network.together([self.graphs[i] for i in chosen])
        )
        sizes = self._tensor(self.sizes[chosen])
        per_atom = (energies - self._tensor(self.energies[chosen])) / sizes
        apart = forces - self._tensor(np.concatenate([self.forces[i] for i in chosen]))
        counted = self._tensor(self.of_frames[chosen])
        loss = self.weights["energy_weight"] * torch.mean(counted * per_atom**2)
        of_atoms = self._tensor(np.repeat(self.of_frames[chosen], self.sizes[chosen]))[:, None]
        loss = loss + self.weights["force_weight"] * torch.sum(of_atoms * apart**2) / len(apart)
        labelled = np.isfinite(self.stresses[chosen]).all(axis=(1, 2))
        if self.weights["stress_weight"] and labelled.any():
            scale = self._tensor((self.volumes / self.sizes)[chosen][labelled])[:, None, None]
            wrong = stresses[labelled] - self._tensor(self.stresses[chosen][labelled])
            squares = counted[labelled][:, None, None] * (scale * wrong) ** 2
            loss = loss + self.weights["stress_weight"] * torch.sum(squares) / len(chosen)
        return loss

    def _tensor(self, values: Any) -> Any:
        return torch.as_tensor(values, dtype=torch.get_default_dtype(), device=self.device)


def replayed(network: Any, frames: list[Any]) -> list[Any]:
    """Return frames with the labels that a network gives them before it is trained."""
    network.module.eval()
    for atoms in frames:
        found = network.predict(network.together([network.graph(atoms)]))
        energy, forces, stress = (value.detach().cpu().numpy() for value in found)
        atoms.info.update(energy=float(energy[0]), stress=stress[0])
        atoms.arrays["forces"] = forces
    return frames


def statistics(frames: list[Any], cutoff: float) -> dict[str, float]:
    """Return the mean number of neighbours, and the size of a component of a force, eV/Å."""
    counts = [len(neighbor_list("i", atoms, cutoff)) for atoms in frames]
    forces = np.concatenate([atoms.arrays["forces"] for atoms in frames])
    return {
        "neighbours": sum(counts) / sum(len(atoms) for atoms in frames),
        "force_size": float(np.sqrt(np.mean(forces**2))) or 1.0,
    }


def missing(network: Any, frames: list[Any], species: list[str]) -> dict[str, float]:
    """Return the constants of elements that bring a network nearest to the energies, eV."""
    network.module.eval()
    rest, counts = [], []
    for atoms in frames:
        energy = network.predict(network.together([network.graph(atoms)]))[0]
        rest.append(atoms.info["energy"] - float(energy.detach()[0]))
        symbols = atoms.get_chemical_symbols()
        counts.append([symbols.count(element) for element in species])
    found = np.linalg.lstsq(np.array(counts, dtype=float), np.array(rest), rcond=None)[0]
    return dict(zip(species, found.tolist(), strict=True))
