"""NequIP and Allegro: what the interpreter of their environment builds and stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from nequip.data import AtomicDataDict, compute_neighborlist_, from_ase
from nequip.train import NequIPLightningModule
from nequip.utils import get_current_code_versions
from nequip.utils.global_state import set_global_state

_POLYNOMIAL = 6


class Network:
    """A model of nequip in the training module whose checkpoints its own programs read."""

    def __init__(self, lightning: Any, settings: dict[str, Any]) -> None:
        self.lightning = lightning
        self.module = lightning.model["sole_model"].to(settings["device"])
        self.cutoff, self.device = settings["cutoff"], settings["device"]
        names = self.module.type_names
        self.types = {name: index for index, name in enumerate(names)}

    def graph(self, atoms: Any) -> dict[str, Any]:
        """Return a configuration with its neighbours."""
        data = from_ase(atoms)
        types = [self.types[symbol] for symbol in atoms.get_chemical_symbols()]
        data[AtomicDataDict.ATOM_TYPE_KEY] = torch.tensor(types)
        return dict(compute_neighborlist_(data, r_max=self.cutoff))

    def together(self, graphs: list[dict[str, Any]]) -> dict[str, Any]:
        """Return a batch."""
        batch = AtomicDataDict.batched_from_list(graphs)
        return dict(AtomicDataDict.to_(batch, torch.device(self.device)))

    def predict(self, batch: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Return energies, eV, forces, eV/Å, and stresses, eV/Å³, 3 by 3."""
        found = self.module(batch)
        return (
            found[AtomicDataDict.TOTAL_ENERGY_KEY][:, 0],
            found[AtomicDataDict.FORCE_KEY],
            found[AtomicDataDict.STRESS_KEY],
        )

    def save(self, path: Path) -> None:
        """Write a checkpoint, as nequip-compile and nequip-package read it."""
        weights = {name: value.cpu() for name, value in self.lightning.state_dict().items()}
        held = {
            "state_dict": weights,
            "hyper_parameters": dict(self.lightning.hparams),
            "pytorch-lightning_version": "2.0.0",
        }
        torch.save(held, path)


def build(settings: dict[str, Any]) -> Network:
    """Return a new network."""
    set_global_state()
    alone = settings["reference_energies"]
    model = {
        **_architecture(settings),
        "seed": settings["seed"],
        "model_dtype": settings["precision"],
        "r_max": settings["cutoff"],
        "type_names": list(settings["species"]),
        "avg_num_neighbors": settings["neighbours"],
        "per_type_energy_scales": settings["force_size"],
        "per_type_energy_shifts": {name: alone[name] for name in settings["species"]},
    }
    counts = {"train": 1, "val": 0, "test": 0, "predict": 0}
    about = {
        "versions": dict(get_current_code_versions(verbose=False)),
        "training_module": {"_target_": "nequip.train.NequIPLightningModule"},
        "data": {},
    }
    return Network(NequIPLightningModule(model, counts, info_dict=about), settings)


def load(path: Path, settings: dict[str, Any]) -> Network:
    """Return the network of a checkpoint."""
    set_global_state()
    held = torch.load(path, map_location="cpu", weights_only=True)
    lightning = NequIPLightningModule(**held["hyper_parameters"])
    lightning.load_state_dict(held["state_dict"])
    return Network(lightning, settings)


def _architecture(settings: dict[str, Any]) -> dict[str, Any]:
    shared = {
        "l_max": settings["l_max"],
        "parity": settings["parity"],
        "num_layers": settings["layers"],
    }
    scalars = settings["features"]
    tensors = settings["tensor_features"] or scalars
    if settings["network"] == "nequip":
        return {
            "_target_": "nequip.model.NequIPGNNModel",
            **shared,
            "num_features": [scalars, *([tensors] * settings["l_max"])],
            "radial_mlp_width": settings["radial_width"],
            "num_bessels": settings["bessels"],
            "polynomial_cutoff_p": _POLYNOMIAL,
        }
    return {
        "_target_": "allegro.model.AllegroModel",
        **shared,
        "radial_chemical_embed": {
            "_target_": "allegro.nn.TwoBodyBesselScalarEmbed",
            "num_bessels": settings["bessels"],
            "polynomial_cutoff_p": _POLYNOMIAL,
        },
        "scalar_embed_mlp_hidden_layers_width": settings["radial_width"],
        "num_scalar_features": scalars,
        "num_tensor_features": tensors,
        "allegro_mlp_hidden_layers_width": settings["radial_width"],
        "readout_mlp_hidden_layers_width": scalars,
    }


def deploy(path: Path, target: Path, settings: dict[str, Any]) -> None:
    """Compile a checkpoint for ``pair_style nequip`` or ``pair_style allegro``."""
    from nequip.scripts import compile as compiling

    network = load(path, settings)
    data = path.with_name("example.pt")
    torch.jit.script(_Held(network.together([network.graph(_example(network))]))).save(str(data))
    compiling.main(
        [
            *(str(path), str(target)),
            *("--mode", "aotinductor"),
            *("--device", settings["device"]),
            *("--target", f"pair_{settings['network']}"),
            *("--data-path", str(data)),
        ]
    )


class _Held(torch.nn.Module):
    """Tensors of a batch, as nequip-compile reads them."""

    def __init__(self, batch: dict[str, Any]) -> None:
        super().__init__()
        for name, value in batch.items():
            self.register_buffer(name, value)


def _example(network: Network) -> Any:
    """Return atoms of all types within the cutoff of each other."""
    from ase.build import bulk

    made = bulk("Cu", "fcc", a=network.cutoff, cubic=True) * (2, 2, 2)
    made.rattle(0.02 * network.cutoff, seed=0)
    names = list(network.types)
    made.symbols = [names[i % len(names)] for i in range(len(made))]
    return made
