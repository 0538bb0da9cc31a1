"""ACE by python-ace: a script that the interpreter of its environment runs by path."""

from __future__ import annotations

import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np

YACE, B_BASIS, ACTIVE_SET = "potential.yace", "potential.yaml", "potential.asi"
_TINY = 1e-6
_CHECKPOINT_S = 10.0
_CORE = ("core_rep_parameters", "r_in", "delta_in", "inner_cutoff_type", "rho_cut", "drho_cut")
_FUNCTIONS: dict[str, Any] = {
    "UNARY": {"nradmax_by_orders": [15, 6, 4, 3, 2, 2], "lmax_by_orders": [0, 3, 3, 2, 2, 1]},
    "BINARY": {"nradmax_by_orders": [15, 6, 3, 2, 2, 1], "lmax_by_orders": [0, 3, 2, 1, 1, 0]},
    "TERNARY": {"nradmax_by_orders": [15, 3, 3, 2, 1], "lmax_by_orders": [0, 2, 2, 1, 1]},
    "ALL": {"nradmax_by_orders": [15, 3, 2, 1, 1], "lmax_by_orders": [0, 2, 2, 1, 1]},
}
"""Radial functions and angular momenta by body order: those of pacemaker's own template."""


def calculator(folder: str, graded: bool = False) -> Any:
    """Return python-ace's calculator; a graded one reads the B-basis and has no atomic energies."""
    from pyace import PyACECalculator

    home = Path(folder)
    if not graded:
        return PyACECalculator(str(home / YACE), recursive_evaluator=True, recursive=True)
    found = PyACECalculator(str(home / B_BASIS))
    found.set_active_set(str(home / ACTIVE_SET))
    found.inverses = _inverses(home)
    return found


def grades(calculator: Any) -> Any:
    """Return gamma of each atom."""
    return calculator.results["gamma"]


def coordinates(calculator: Any) -> Any:
    """Return each atom in the coordinates of the active set, whose own atoms are unit vectors."""
    inverses = calculator.inverses
    starts = np.cumsum([0, *(len(one) for one in inverses)])
    types = calculator.ae.species_type[: len(calculator.atoms)]
    rows = np.zeros((len(types), starts[-1]))
    for row, kind, projections in zip(rows, types, calculator.ace.projections, strict=True):
        row[starts[kind] : starts[kind + 1]] = np.ravel(projections) @ inverses[kind]
    return rows


def _inverses(home: Path) -> list[Any]:
    with np.load(home / ACTIVE_SET, allow_pickle=False) as held:
        return [held[element] for element in sorted(held)]


def activate(task: Any) -> dict[str, Any]:
    """Write the inverse of the active set of the training frames, as python-ace and LAMMPS read it.

    Functions that no training atom reaches would make it singular. Tiny rows, one for each
    function, are offered to MaxVol beside the atoms: it takes them for these functions alone, and
    an atom that does reach one gets a very large grade.
    """
    from pyace import ACEBBasisSet
    from pyace.activelearning import compute_B_projections
    from pyace.maxvol import maxvol

    basis = ACEBBasisSet(str(task.folder / B_BASIS))
    frames = task.frames("training.npz")
    sizes = [len(a) + len(b) for a, b in zip(basis.basis_rank1, basis.basis, strict=True)]
    found = compute_B_projections(basis, frames)
    inverses: dict[str, Any] = {}
    for kind, element in enumerate(basis.elements_name):
        rows = np.asarray(found[kind]).reshape(-1, sizes[kind])
        scale = np.sqrt(np.mean(rows**2, axis=0)) if len(rows) else np.zeros(sizes[kind])
        scale[scale == 0.0] = np.max(scale, initial=0.0) or 1.0
        offered = np.vstack([rows / scale, _TINY * np.eye(sizes[kind])])
        chosen = maxvol(offered, tol=1.001, max_iters=3000)[0]
        inverses[element] = np.linalg.inv(offered[chosen]) / scale[:, None]
    with (task.folder / ACTIVE_SET).open("wb") as file:
        np.savez(file, allow_pickle=False, **inverses)
    return {"functions": sizes}


def fit(task: Any) -> dict[str, Any]:
    """Fit by pacemaker, from a checkpoint if there is one; write both forms of the potential."""
    settings = task.settings
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(settings["threads"])
    os.environ |= {"TF_DETERMINISTIC_OPS": "1", "TF_CPP_MIN_LOG_LEVEL": "2", "MPLBACKEND": "Agg"}
    os.environ["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    fitting = _Fitting(task)
    config, ended = fitting.run()
    fitting.pacemaker.set_core_rep(config)
    config.save(str(task.folder / B_BASIS))
    _write_yace(task.folder, settings["reference_energies"])
    return {"ended": ended, "parameters": len(config.get_all_coeffs())}


def _write_yace(folder: Path, energies: dict[str, float]) -> None:
    """Write the C-tilde form; pacemaker leaves out the atomic energies, but the format has them."""
    from pyace import ACEBBasisSet

    basis = ACEBBasisSet(str(folder / B_BASIS))
    basis.to_ACECTildeBasisSet().save_yaml(str(folder / YACE))
    text = (folder / YACE).read_text()
    listed = ", ".join(repr(float(energies[element])) for element in basis.elements_name)
    text, n = re.subn(r"(?m)^E0: \[.*\]$", f"E0: [{listed}]", text)
    if n != 1:
        raise ValueError("the .yace has no line of atomic energies")
    (folder / YACE).write_text(text)


class _Fitting:
    """One fit by pacemaker: its ladder, snapshots, progress and checkpoints."""

    def __init__(self, task: Any) -> None:
        from pyace import generalfit

        generalfit.plot_ef_distributions = lambda *_, **__: None  # figures that nobody sees
        self.task, self.settings = task, task.settings
        counted, held = self.settings["of_frames"]
        data = {"filename": self._write_frames("training.npz", counted)}
        if self.settings["validated"]:
            data["test_filename"] = self._write_frames("validation.npz", held)
        self.pacemaker = generalfit.GeneralACEFit(
            _potential(self.settings),
            _optimiser(self.settings),
            data,
            {
                "evaluator": "tensorpot",
                "batch_size": self.settings["batch_size"],
                "display_step": 10,
            },
            seed=self.settings["seed"],
            callbacks=[],
        )
        self.pacemaker.callbacks = [self._step]
        self._validated: float | None = None
        told = self.pacemaker.fit_backend.test_metrics_callback

        def validate(metrics: dict[str, Any], **more: Any) -> None:
            self._validated = float(metrics["loss"])  # of the step that _step is told of next
            told(metrics, **more)

        self.pacemaker.fit_backend.test_metrics_callback = validate
        self.target = self.pacemaker.target_bbasisconfig
        self.stage = self.steps = 0
        self._used_up = False
        self.best: tuple[float, Any] = (math.inf, None)
        self._last_checkpoint = time.monotonic()

    def run(self) -> tuple[Any, str]:
        """Return the potential and what ended the fit."""
        from pyace.multispecies_basisextension import extend_multispecies_basis

        config, begun = self._start()
        whole = self.settings["ladder_step"] or self.target.total_number_of_functions
        while True:
            if not begun:
                config, longer = extend_multispecies_basis(
                    config, self.target, "power_order", whole, return_is_extended=True
                )
                if not longer:
                    break
            begun = False
            config = self._optimise(config)
            if self.task.stopped:
                break
            self.stage, self.steps = self.stage + 1, 0
        ended = "steps" if self._used_up else "converged"
        chosen = self.best[1] if self.settings["validated"] and self.best[1] else config
        return chosen, ended

    def _optimise(self, config: Any) -> Any:
        left = self.settings["max_steps"] - self.steps
        self._used_up = True
        if left <= 0:
            return config
        self.pacemaker.fit_config["maxiter"] = left
        if "_fit_cycles" in config.metadata:
            del config.metadata["_fit_cycles"]
        found = self.pacemaker.cycle_fitting(config)
        self._consider(found)
        self._used_up = self.steps >= self.settings["max_steps"]
        return found

    def _start(self) -> tuple[Any, bool]:
        """Return where to begin, and whether it is to be optimised before it is extended."""
        from pyace import BBasisConfiguration
        from pyace.generalfit import clean_bbasisconfig

        state, held = self.task.folder / "checkpoint.json", self.task.folder / "checkpoint.yaml"
        if state.exists():
            told = json.loads(state.read_text())
            self.stage, self.steps = told["stage"], told["steps"]
            return BBasisConfiguration(str(held)), True
        if self.settings["start"]:
            start = BBasisConfiguration(str(self.task.folder / "start.yaml"))
            _copy_cores(self.target, start)
            blocks = [{b.block_name for b in one.funcspecs_blocks} for one in (start, self.target)]
            return start, blocks[0] == blocks[1]  # with new elements it has to be extended first
        empty = self.target.copy()
        clean_bbasisconfig(empty)
        return empty, False

    def _step(self, basis_config: Any, **_: Any) -> None:
        """Note a step of the optimiser; StopIteration ends it."""
        self.steps += 1
        self._consider(basis_config)
        metrics = self.pacemaker.fit_backend.fitter.last_fit_metric_data or {}
        per_stage = self.settings["max_steps"]
        longest = max(len(block.funcspecs) for block in self.target.funcspecs_blocks)
        stages = math.ceil(longest / (self.settings["ladder_step"] or longest))
        done = self.stage * per_stage + self.steps
        self.task.report(done, max(done, stages * per_stage), metrics.get("loss"))
        if time.monotonic() - self._last_checkpoint > _CHECKPOINT_S or self.task.stopped:
            self._write_checkpoint(basis_config)
        if self.task.stopped:
            raise StopIteration

    def _consider(self, config: Any) -> None:
        """Keep the snapshot of the least validation loss, where there is one of it."""
        if self._validated is not None and self._validated < self.best[0]:
            self.best = (self._validated, config.copy())
        self._validated = None

    def _write_checkpoint(self, config: Any) -> None:
        folder = self.task.folder
        config.save(str(folder / "checkpoint.new.yaml"))
        (folder / "checkpoint.new.yaml").replace(folder / "checkpoint.yaml")
        state = folder / "checkpoint.new.json"
        state.write_text(json.dumps({"stage": self.stage, "steps": self.steps}))
        state.replace(folder / "checkpoint.json")
        self._last_checkpoint = time.monotonic()

    def _write_frames(self, name: str, of_frames: list[float]) -> str:
        """Write frames as pacemaker reads them, energies without those of the lone atoms.

        Its own weights, the same for all, are 1/n of energies and 1/n of the forces of each atom.
        """
        import pandas as pd
        from pyace.preparedata import normalize_energy_forces_weights

        frames = self.task.frames(name)
        alone = self.settings["reference_energies"]
        table = pd.DataFrame(
            {
                "ase_atoms": [_bare(atoms) for atoms in frames],
                "energy_corrected": [
                    atoms.info["energy"] - sum(alone[s] for s in atoms.get_chemical_symbols())
                    for atoms in frames
                ],
                "forces": [atoms.arrays["forces"] for atoms in frames],
            }
        )
        if of_frames:
            table["w_energy"] = of_frames
            pairs = zip(frames, of_frames, strict=True)
            table["w_forces"] = pd.Series([np.full(len(atoms), one) for atoms, one in pairs])
            normalize_energy_forces_weights(table)
        path = str(self.task.folder / name.replace(".npz", ".pckl.gzip"))
        table.to_pickle(path, compression="gzip", protocol=4)
        return path


def _copy_cores(source: Any, target: Any) -> None:
    """Give the blocks of a potential the repulsion of another's: a finished one has its own."""
    cores = {block.block_name: block for block in source.funcspecs_blocks}
    blocks = target.funcspecs_blocks
    for block in blocks:
        for name in _CORE:
            setattr(block, name, getattr(cores[block.block_name], name))
    target.funcspecs_blocks = blocks


def _bare(atoms: Any) -> Any:
    from ase import Atoms

    return Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)


def _potential(settings: dict[str, Any]) -> dict[str, Any]:
    """Return pacemaker's description of the potential."""
    powers = settings["powers"]
    return {
        "deltaSplineBins": 0.001,
        "elements": settings["elements"],
        "embeddings": {
            "ALL": {
                "npot": "FinnisSinclairShiftedScaled",
                "fs_parameters": [number for power in powers for number in (1, power)],
                "ndensity": len(powers),
            }
        },
        "bonds": {
            "ALL": {
                "radbase": "SBessel",
                "radparameters": [5.25],
                "rcut": settings["cutoff"],
                "dcut": 0.01,
                "NameOfCutoffFunction": "cos",
            }
        },
        "functions": {
            "number_of_functions_per_element": settings["functions_per_element"],
            **_FUNCTIONS,
        },
    }


def _optimiser(settings: dict[str, Any]) -> dict[str, Any]:
    """Return pacemaker's description of the fit."""
    return {
        "loss": {
            "kappa": settings["kappa"],
            "L1_coeffs": settings["l1"],
            "L2_coeffs": settings["l2"],
        },
        "optimizer": "BFGS",
        "maxiter": settings["max_steps"],
        "repulsion": "auto",
        "early_stopping_patience": settings["patience"],
        "min_relative_train_loss_per_iter": settings["least_gain"],
        "min_relative_test_loss_per_iter": settings["least_validation_gain"],
    }
