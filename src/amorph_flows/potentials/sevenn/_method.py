"""SevenNet: what the interpreter of its environment reads and stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import sevenn
import torch
from ase.data import atomic_numbers
from sevenn import _keys as keys
from sevenn.checkpoint import SevenNetCheckpoint
from sevenn.model_build import build_E3_equivariant_model
from sevenn.train.dataload import unlabeled_atoms_to_graph
from sevenn.util import pretrained_name_to_path

_VOIGT = [[0, 3, 5], [3, 1, 4], [5, 4, 2]]
"""Where xx, xy, xz; yx, yy, yz; zx, zy, zz are in xx, yy, zz, xy, yz, zx."""


class Network:
    """A model of SevenNet with what else its checkpoint holds."""

    def __init__(self, checkpoint: Any, settings: dict[str, Any]) -> None:
        self.checkpoint, self.device = checkpoint, settings["device"]
        self.module = _module(checkpoint).to(device=self.device)
        self.module.set_is_batch_data(True)
        self.cutoff = float(checkpoint.config[keys.CUTOFF])
        self.types = checkpoint.config[keys.TYPE_MAP]

    def graph(self, atoms: Any) -> dict[str, Any]:
        """Return a configuration with its neighbours."""
        found = unlabeled_atoms_to_graph(atoms, self.cutoff)
        return {
            keys.ATOMIC_NUMBERS: torch.as_tensor(atoms.numbers, dtype=torch.long),
            keys.POS: _real(found[keys.POS]),
            keys.EDGE_IDX: torch.as_tensor(found[keys.EDGE_IDX], dtype=torch.long),
            keys.EDGE_VEC: _real(found[keys.EDGE_VEC]),
            keys.CELL_VOLUME: _real([atoms.get_volume()]),
            keys.NUM_ATOMS: torch.tensor([len(atoms)]),
        }

    def together(self, graphs: list[dict[str, Any]]) -> dict[str, Any]:
        """Return a batch."""
        sizes = torch.cat([graph[keys.NUM_ATOMS] for graph in graphs])
        starts = (torch.cumsum(sizes, 0) - sizes).tolist()
        batch = {
            name: torch.cat([graph[name] for graph in graphs])
            for name in graphs[0]
            if name != keys.EDGE_IDX
        }
        moved = [graph[keys.EDGE_IDX] + first for graph, first in zip(graphs, starts, strict=True)]
        batch[keys.EDGE_IDX] = torch.cat(moved, dim=1)
        batch[keys.BATCH] = torch.repeat_interleave(torch.arange(len(graphs)), sizes)
        batch[keys.NODE_FEATURE] = batch[keys.ATOMIC_NUMBERS]
        return {name: value.to(self.device) for name, value in batch.items()}

    def predict(self, batch: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Return energies, eV, forces, eV/Å, and stresses, eV/Å³, 3 by 3."""
        found = self.module(batch)
        stress = -found[keys.PRED_STRESS][:, _VOIGT]
        return found[keys.PRED_TOTAL_ENERGY].reshape(-1), found[keys.PRED_FORCE], stress

    def save(self, path: Path) -> None:
        """Write a checkpoint, as SevenNet's own programs read it."""
        held = self.checkpoint.get_checkpoint_dict()
        weights = {name: value.cpu() for name, value in self.module.state_dict().items()}
        held.update(model_state_dict=weights, optimizer_state_dict={}, scheduler_state_dict={})
        held["config"]["version"] = sevenn.__version__
        torch.save({**held, "time": "", "hash": "", "epoch": 0}, path)

    def shift(self, energies: dict[str, float]) -> dict[str, float]:
        """Add to the energies of the lone atoms; return them, eV."""
        shifts = self.module.rescale_atomic_energy.shift
        places = {e: self.types[atomic_numbers[e]] for e in energies}
        with torch.no_grad():
            for element, energy in energies.items():
                shifts[places[element]] += energy
        return {element: float(shifts[place]) for element, place in places.items()}


def build(settings: dict[str, Any]) -> Network:
    """Return a network with the weights of the wheel."""
    return Network(SevenNetCheckpoint(pretrained_name_to_path(settings["weights"])), settings)


def load(path: Path, settings: dict[str, Any]) -> Network:
    """Return the network of a checkpoint."""
    return Network(SevenNetCheckpoint(path), settings)


def deploy(path: Path, target: Path, settings: dict[str, Any]) -> None:
    """Write what ``pair_style e3gnn`` or ``pair_style mliap unified`` reads."""
    torch.set_default_dtype(torch.float32)  # the pair styles compute in no other
    if settings["style"].startswith("mliap"):
        from sevenn.mliap import SevenNetMLIAPWrapper

        torch.save(SevenNetMLIAPWrapper(model_path=str(path)), target)
    else:
        from sevenn.scripts.deploy import deploy as write

        write(path, str(target))


def _module(checkpoint: Any) -> Any:
    """Return the model of a checkpoint in the precision that is set."""
    precision, config = torch.get_default_dtype(), checkpoint.config
    weights = checkpoint.model_state_dict
    if config["version"] != sevenn.__version__:
        torch.set_default_dtype(torch.float32)  # older weights are brought up to date in no other
        weights = checkpoint.build_model().state_dict()
        torch.set_default_dtype(precision)
    module = build_E3_equivariant_model(config)
    kept = {name: value for name, value in weights.items() if "_w3j_" not in name}
    module.load_state_dict(kept, strict=False)  # coupling coefficients are more exact in the new
    module.onehot_idx_to_onehot.register_forward_hook(_cast)
    return module.to(dtype=precision)


def _cast(_module: Any, _arguments: Any, batch: dict[str, Any]) -> None:
    """Give the codes of elements, which are always of single precision, that of the rest."""
    for name in (keys.NODE_FEATURE, keys.NODE_ATTR):
        batch[name] = batch[name].to(torch.get_default_dtype())


def _real(values: Any) -> Any:
    return torch.as_tensor(np.asarray(values), dtype=torch.get_default_dtype())
