"""MACE: what the interpreter of its environment builds and stores."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ase.data import atomic_numbers, chemical_symbols
from mace.data.neighborhood import get_neighborhood

_CUTOFF_POWER = 5
_READOUT = "16x0e"


class Network:
    """A model of MACE."""

    def __init__(self, module: Any, settings: dict[str, Any]) -> None:
        self.device = settings["device"]
        self.module = module.to(dtype=torch.get_default_dtype(), device=self.device)
        self.cutoff = float(module.r_max)
        numbers = module.atomic_numbers.tolist()
        self.places = {number: place for place, number in enumerate(numbers)}
        self.head = _head(module, settings)

    def graph(self, atoms: Any) -> dict[str, Any]:
        """Return a configuration with its neighbours."""
        edges, shifts, cells, cell = get_neighborhood(
            atoms.positions.copy(), self.cutoff, tuple(atoms.pbc.tolist()), atoms.cell.array.copy()
        )
        places = torch.tensor([self.places[number] for number in atoms.numbers.tolist()])
        return {
            "positions": _real(atoms.positions),
            "node_attrs": torch.nn.functional.one_hot(places, len(self.places)).to(
                torch.get_default_dtype()
            ),
            "edge_index": torch.as_tensor(edges, dtype=torch.long),
            "shifts": _real(shifts),
            "unit_shifts": _real(cells),
            "cell": _real(cell),
        }

    def together(self, graphs: list[dict[str, Any]]) -> dict[str, Any]:
        """Return a batch."""
        sizes = torch.tensor([len(graph["positions"]) for graph in graphs])
        ends = torch.cumsum(sizes, 0)
        shared = ("positions", "node_attrs", "shifts", "unit_shifts", "cell")
        batch = {name: torch.cat([graph[name] for graph in graphs]) for name in shared}
        starts = (ends - sizes).tolist()
        moved = [graph["edge_index"] + first for graph, first in zip(graphs, starts, strict=True)]
        batch["edge_index"] = torch.cat(moved, dim=1)
        batch["batch"] = torch.repeat_interleave(torch.arange(len(graphs)), sizes)
        batch["ptr"] = torch.cat([torch.zeros(1, dtype=torch.long), ends])
        batch["head"] = torch.full((len(graphs),), self.head)
        return {name: value.to(self.device) for name, value in batch.items()}

    def predict(self, batch: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Return energies, eV, forces, eV/Å, and stresses, eV/Å³, 3 by 3."""
        found = self.module(batch, training=self.module.training, compute_stress=True)
        return found["energy"], found["forces"], found["stress"].reshape(-1, 3, 3)

    def save(self, path: Path) -> None:
        """Write the model as MACE's own programs do."""
        module = copy.deepcopy(self.module).to("cpu")
        for parameter in module.parameters():
            parameter.requires_grad_(True)
        torch.save(module, path)

    def shift(self, energies: dict[str, float]) -> dict[str, float]:
        """Add to the energies of the lone atoms; return them, eV."""
        held = self.module.atomic_energies_fn.atomic_energies
        of_head = held if held.ndim == 1 else held[self.head]
        with torch.no_grad():
            for element, energy in energies.items():
                of_head[self.places[atomic_numbers[element]]] += energy
        return {e: float(of_head[self.places[atomic_numbers[e]]]) for e in energies}


def build(settings: dict[str, Any]) -> Network:
    """Return a new network."""
    from e3nn import o3
    from mace import modules

    alone = settings["reference_energies"]
    numbers = sorted(atomic_numbers[element] for element in settings["species"])
    momenta = range(settings["max_l"] + 1)
    hidden = [(settings["features"], (order, (-1) ** order)) for order in momenta]
    module = modules.ScaleShiftMACE(
        r_max=settings["cutoff"],
        num_bessel=settings["bessels"],
        num_polynomial_cutoff=_CUTOFF_POWER,
        max_ell=settings["max_ell"],
        interaction_cls=modules.RealAgnosticResidualInteractionBlock,
        interaction_cls_first=modules.RealAgnosticInteractionBlock,
        num_interactions=settings["layers"],
        num_elements=len(numbers),
        hidden_irreps=o3.Irreps(hidden),
        MLP_irreps=o3.Irreps(_READOUT),
        atomic_energies=np.array([alone[chemical_symbols[number]] for number in numbers]),
        avg_num_neighbors=settings["neighbours"],
        atomic_numbers=numbers,
        correlation=settings["correlation"],
        gate=torch.nn.functional.silu,
        radial_MLP=[settings["radial_width"]] * 3,
        atomic_inter_scale=settings["force_size"],
        atomic_inter_shift=0.0,
    )
    return Network(module, settings)


def load(path: Path, settings: dict[str, Any]) -> Network:
    """Return the network of a file of MACE."""
    # files of MACE hold whole models, not only weights
    module = torch.load(path, map_location="cpu", weights_only=False)
    return Network(module, settings)


def deploy(path: Path, target: Path, settings: dict[str, Any]) -> None:
    """Write what ``pair_style mace`` or ``pair_style mliap unified`` reads."""
    from e3nn.util import jit
    from mace.calculators import LAMMPS_MACE
    from mace.calculators.lammps_mliap_mace import LAMMPS_MLIAP_MACE

    network = load(path, settings)
    head = getattr(network.module, "heads", [None])[network.head]
    module = network.module.to("cpu")
    if settings["style"].startswith("mliap"):
        module.lammps_mliap = True
        torch.save(LAMMPS_MLIAP_MACE(module, head=head), target)
    else:
        jit.compile(LAMMPS_MACE(module, head=head)).save(str(target))


def _head(module: Any, settings: dict[str, Any]) -> int:
    heads = getattr(module, "heads", None) or [None]
    if not settings.get("head"):
        return len(heads) - 1
    if settings["head"] not in heads:
        raise ValueError(f"the model has no head {settings['head']!r}, only {heads}")
    return int(heads.index(settings["head"]))


def _real(values: Any) -> Any:
    return torch.as_tensor(np.asarray(values), dtype=torch.get_default_dtype())
