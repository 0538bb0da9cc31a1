"""Training and evaluation of networks: a script that the interpreter of a method runs by path.

What differs between methods is in their own files, ``../NAME/_method.py``, each with

- ``build(settings)``: a network without a file, from the ``reference_energies`` of lone atoms, the
  mean number of ``neighbours`` and the ``force_size`` of the training frames,
- ``load(path, settings)``: that of a file, and
- ``deploy(path, target, settings)``: its file for a pair style of LAMMPS.

A network has ``module``, what is trained; ``graph(atoms)``, what a configuration becomes once;
``together(graphs)``, a batch; ``predict(batch)``, energies, forces and stresses; ``save(path)``;
and, where it may come from a foundation model, ``shift(energies)``, which adds to the energies of
the lone atoms and returns them.
"""

from __future__ import annotations

import importlib.util
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ase.calculators.calculator import Calculator, all_changes
from ase.stress import full_3x3_to_voigt_6_stress


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"amorph_{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_LABELS = _loaded(Path(__file__).with_name("_labels.py"))
CHECKPOINT = "checkpoint.pt"
_CHECKPOINT_S = 10.0
_LEAST_GAIN = 1e-3
"""Share by which a loss has to be lower to count as lower."""


def fit(task: Any) -> dict[str, Any]:
    """Train a network, from a checkpoint if there is one; write it into its file."""
    settings = task.settings
    _prepare(settings)
    frames = task.frames("training.npz")
    network, alone = _first(settings, frames, task.folder)
    frames += _LABELS.replayed(network, task.frames("replay.npz"))
    training = _Training(task, network, frames, task.frames("validation.npz"))
    ended = training.run()
    network.save(task.folder / settings["file"])
    return {"ended": ended, "parameters": training.n_parameters, "reference_energies": alone}


def _first(settings: dict[str, Any], frames: list[Any], folder: Path) -> tuple[Any, dict[str, Any]]:
    """Return the network to begin with, and the energies of its lone atoms."""
    method, alone = _method(settings), settings["reference_energies"]
    if settings["start"]:
        network = method.load(folder / settings["start"], settings)
    else:
        network = method.build({**settings, **_LABELS.statistics(frames, settings["cutoff"])})
    if settings["is_foundation"]:
        alone = network.shift(_LABELS.missing(network, frames, settings["species"]))
    return network, alone


def deploy(task: Any) -> dict[str, Any]:
    """Write the file that a pair style of LAMMPS reads."""
    settings = task.settings
    _prepare(settings)
    target = task.folder / settings["target"]
    _method(settings).deploy(task.folder / settings["file"], target, settings)
    return {}


def calculator(folder: str, **settings: Any) -> Any:
    """Return an ASE calculator of a stored network."""
    if not torch.cuda.is_available():
        settings["device"] = "cpu"
    _prepare(settings)
    return _NetworkCalculator(_method(settings).load(Path(folder) / settings["file"], settings))


class _NetworkCalculator(Calculator):
    implemented_properties = ("energy", "free_energy", "forces", "stress")

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        network.module.eval()
        for parameter in network.module.parameters():
            parameter.requires_grad_(False)

    def calculate(
        self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes
    ) -> None:
        """Compute all; nobody asks for the stress of what is not periodic."""
        super().calculate(atoms, properties, system_changes)
        batch = self.network.together([self.network.graph(self.atoms)])
        energy, forces, stress = (value.detach().cpu() for value in self.network.predict(batch))
        self.results = {
            "energy": float(energy[0]),
            "free_energy": float(energy[0]),
            "forces": forces.numpy().astype(float),
            "stress": full_3x3_to_voigt_6_stress(stress[0].numpy().astype(float)),
        }


def _prepare(settings: dict[str, Any]) -> None:
    torch.set_num_threads(settings["threads"])
    torch.manual_seed(settings["seed"])
    torch.use_deterministic_algorithms(mode=settings["device"] == "cpu", warn_only=True)
    torch.set_default_dtype(getattr(torch, settings["precision"]))


def _method(settings: dict[str, Any]) -> Any:
    return _loaded(Path(__file__).parents[1] / settings["method"] / "_method.py")


class _Training:
    """One fit: its epochs, its learning rate, the averaged weights, and its checkpoints."""

    def __init__(self, task: Any, network: Any, frames: list[Any], held_out: list[Any]) -> None:
        self.task, self.settings, self.network = task, task.settings, network
        counted, held = self.settings["of_frames"]
        self.labels = _LABELS.Labels(network, frames, self.settings, counted)
        self.held_out = None
        if held_out:
            self.held_out = _LABELS.Labels(network, held_out, self.settings, held)
        self.weights = [p for p in network.module.parameters() if p.requires_grad]
        self.n_parameters = sum(weight.numel() for weight in self.weights)
        rate = self.settings["learning_rate"]
        if self.settings["start"] or self.settings["is_foundation"]:
            rate *= self.settings["restart_rate"]
        self.first_rate = rate
        self.adam = torch.optim.Adam(self.weights, lr=rate, amsgrad=True)
        self.state: dict[str, Any] = {
            "epoch": 0,
            "begun": 0,  # frames of this epoch that are done, and their losses
            "sum": 0.0,
            "step": 0,
            "lowest": math.inf,
            "waited": 0,
            "best": math.inf,
        }
        self.average = [weight.detach().clone() for weight in self.weights]
        self.best = [weight.clone() for weight in self.average]
        self._restore()
        self._saved = time.monotonic()

    def run(self) -> str:
        """Train to the end; return what ended it. The network then has the weights to keep."""
        ended = "steps"
        while self.state["epoch"] < self.settings["max_steps"]:
            self._epoch()
            if self.task.stopped:
                self._save()
                break
            rate = self.adam.param_groups[0]["lr"]
            if rate < self.settings["least_rate"] * self.first_rate:
                ended = "converged"
                break
            if time.monotonic() - self._saved > _CHECKPOINT_S:
                self._save()
        chosen = self.held_out is not None and math.isfinite(self.state["best"])
        self._put(self.best if chosen else self.average)
        return ended

    def _epoch(self) -> None:
        state, size = self.state, self.settings["batch_size"]
        n = len(self.labels.graphs)
        order = np.random.default_rng([self.settings["seed"], state["epoch"]]).permutation(n)
        self.network.module.train()
        while state["begun"] < n:
            if self.task.stopped:
                return
            chosen = order[state["begun"] : state["begun"] + size]
            state["sum"] += self._step(chosen) * len(chosen)
            state["begun"] += len(chosen)
        loss = state["sum"] / n
        state.update(epoch=state["epoch"] + 1, begun=0, sum=0.0)
        self._judge(loss)
        self.task.report(state["epoch"], self.settings["max_steps"], loss)

    def _step(self, chosen: Any) -> float:
        self.adam.zero_grad()
        loss = self.labels.loss(chosen)
        loss.backward()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError("the loss is not a number; lower learning_rate")
        self.adam.step()
        self.state["step"] += 1
        step = self.state["step"]
        decay = min(self.settings["averaging"], (1 + step) / (10 + step))
        with torch.no_grad():
            for kept, weight in zip(self.average, self.weights, strict=True):
                kept.lerp_(weight, 1.0 - decay)
        return value

    def _judge(self, loss: float) -> None:
        """Keep the averaged weights if they are the best so far; lower the rate after a while."""
        judged = loss if self.held_out is None else self._held_out_loss()
        state = self.state
        if judged < state["best"]:
            state["best"] = judged
            self.best = [weight.clone() for weight in self.average]
        if judged < state["lowest"] * (1.0 - _LEAST_GAIN):
            state.update(lowest=judged, waited=0)
            return
        state["waited"] += 1
        if state["waited"] >= self.settings["patience"]:
            state["waited"] = 0
            for group in self.adam.param_groups:
                group["lr"] *= self.settings["rate_factor"]

    def _held_out_loss(self) -> float:
        assert self.held_out is not None
        now = [weight.detach().clone() for weight in self.weights]
        self._put(self.average)
        self.network.module.eval()
        n, size = len(self.held_out.graphs), self.settings["batch_size"]
        total = 0.0
        for first in range(0, n, size):
            chosen = np.arange(first, min(first + size, n))
            total += float(self.held_out.loss(chosen).detach()) * len(chosen)
        self.network.module.train()
        self._put(now)
        return total / n

    def _put(self, values: list[Any]) -> None:
        with torch.no_grad():
            for weight, value in zip(self.weights, values, strict=True):
                weight.copy_(value)

    def _save(self) -> None:
        held = {
            "state": self.state,
            "weights": [weight.detach() for weight in self.weights],
            "average": self.average,
            "best": self.best,
            "adam": self.adam.state_dict(),
        }
        new = self.task.folder / f"new-{CHECKPOINT}"
        torch.save(held, new)
        new.replace(self.task.folder / CHECKPOINT)
        self._saved = time.monotonic()

    def _restore(self) -> None:
        path = self.task.folder / CHECKPOINT
        if not path.exists():
            return
        held = torch.load(path, map_location=self.settings["device"], weights_only=True)
        self.state, self.average, self.best = held["state"], held["average"], held["best"]
        self._put(held["weights"])
        self.adam.load_state_dict(held["adam"])
