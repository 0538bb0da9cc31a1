"""State of an MD run: the frames so far and what the next VASP process has to compute."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from ase import units
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines.vasp._run import CELL_VELOCITIES, VaspRun
from amorph_flows.engines.vasp._sets import stage_tags
from amorph_flows.errors import CalculationError
from amorph_flows.files import replace_file
from amorph_flows.schemas.labelling import QuarantinedCalculation
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures.configuration import draw_velocities, has_velocities, to_atoms

_AHEAD = "ahead_of_frames"
"""Property of a structure that is an MD step after the last configuration with a label."""


@dataclass
class MDState:
    """The frames of an MD run so far, and the start of the next VASP process.

    Step k of a stage is the configuration after k time steps. VASP computes the configuration in
    POSCAR first and leaves in CONTCAR the one after its last, so a process that goes on from a
    CONTCAR begins with a configuration that is new.

    Parameters
    ----------
    key
        Hash of what the run is.
    structure
        What to put into POSCAR, with velocities (Å/fs).
    step
        Its step.
    is_new
        Whether it has no label yet.
    frames, quarantined
        Those so far.
    n_computed, n_unconverged
        Configurations so far, and those whose density did not converge.
    folder
        Where the process that goes on from here runs; empty: none has begun.
    start_cell
        Row vectors of the cell of the run's first configuration, Å.
    """

    key: str
    structure: Structure
    step: int
    is_new: bool
    frames: list[Frame] = field(default_factory=list)
    quarantined: list[QuarantinedCalculation] = field(default_factory=list)
    n_computed: int = 0
    n_unconverged: int = 0
    folder: str = ""
    start_cell: list[list[float]] = field(default_factory=list)

    @classmethod
    def start(cls, key: str, structure: Structure, stage: MDStage, seed: int) -> Self:
        """Return the start of a run.

        Parameters
        ----------
        key
            Hash of what the run is.
        structure
            Where it starts; velocities are drawn if it has none.
        stage
            Its first temperature is that of velocities that are drawn.
        seed
            Of these velocities.
        """
        cell = structure.lattice.matrix.tolist()
        if not has_velocities(structure):
            atoms, drawn = to_atoms(structure), structure.copy()
            draw_velocities(atoms, stage.start_temperature_k, seed)
            drawn.add_site_property("velocities", (atoms.get_velocities() * units.fs).tolist())
            return cls(key, drawn, step=0, is_new=True, start_cell=cell)
        is_new, begin = bool(structure.properties.get(_AHEAD)), structure.copy()
        if stage.ensemble != "npt":
            kept = {k: v for k, v in begin.properties.items() if k != CELL_VELOCITIES}
            begin.properties = kept  # a copy shares the dictionary
        return cls(key, begin, step=int(is_new), is_new=is_new, start_cell=cell)

    def incar(self, stage: MDStage) -> dict[str, Any]:
        """Return the INCAR tags of the rest of the run.

        Parameters
        ----------
        stage
            Of the run.
        """
        return stage_tags(stage, self.structure, self.step, stage.n_steps - self.step + 1)

    def add(self, run: VaspRun, stage: MDStage, provenance: Provenance) -> None:
        """Take over what a VASP process computed, and go on to where it stopped.

        Parameters
        ----------
        run
            What it left behind.
        stage
            Of the run.
        provenance
            Of every frame; step, time and temperature are filled in.

        Raises
        ------
        CalculationError
            If there are no velocities to go on with.
        """
        ahead = _steps_ahead(run, stage.time_step_fs)
        numbers = np.array([site.specie.Z for site in self.structure], dtype=np.int64)
        for step, computed in enumerate(run.steps, self.step):
            if step == self.step and not self.is_new:
                continue
            self.n_computed += 1
            self.n_unconverged += not computed.converged
            if step % stage.frame_stride and step != stage.n_steps:
                continue
            frame = computed.frame(numbers, provenance).with_provenance(
                step=step,
                time_fs=step * stage.time_step_fs,
                temperature_k=stage.temperature_at(step),
            )
            if computed.converged:
                self.frames.append(frame)
            else:
                self.quarantined.append(_unconverged(frame, step, run.folder))
        last = self.step + len(run.steps) - 1
        self.step, self.is_new, self.folder = last + ahead, ahead > 0, ""
        self.structure = run.structure.copy()
        self.structure.properties[_AHEAD] = self.is_new

    def is_finished(self, stage: MDStage) -> bool:
        """Return whether the last configuration of a stage has been computed.

        Parameters
        ----------
        stage
            Of the run.
        """
        return self.step >= stage.n_steps + int(self.is_new)

    def write(self, folder: Path) -> None:
        """Write the state to a folder, in one step.

        Parameters
        ----------
        folder
            Of the job.
        """
        content = vars(self) | {
            "structure": self.structure.as_dict(),
            "frames": FrameSet(self.frames).as_dict(),
            "quarantined": [q.model_dump() for q in self.quarantined],
        }
        replace_file(folder / _file_name(self.key), json.dumps(content))

    @classmethod
    def read(cls, folder: Path, key: str) -> Self | None:
        """Return the state that a job left, or None if there is none of this run.

        Parameters
        ----------
        folder
            Of the job.
        key
            Hash of what the run is.
        """
        try:
            content = json.loads((folder / _file_name(key)).read_text(encoding="utf-8"))
            if content["key"] != key:
                return None
            structure = Structure.from_dict(content.pop("structure"))
            frames = list(FrameSet.from_dict(content.pop("frames")))
            held = content.pop("quarantined")
            quarantined = [QuarantinedCalculation.model_validate(q) for q in held]
            return cls(structure=structure, frames=frames, quarantined=quarantined, **content)
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _file_name(key: str) -> str:
    return f"md_{key[:12]}.json"


def _steps_ahead(run: VaspRun, time_step_fs: float) -> int:
    """Return how many time steps CONTCAR is after the last configuration computed."""
    if not has_velocities(run.structure):
        raise CalculationError("CONTCAR holds no velocities, so the MD cannot go on", run.folder)
    drift = np.array(run.structure.site_properties["velocities"], dtype=float) * time_step_fs
    last = run.steps[-1]
    before = np.linalg.solve(last.cell.T, last.positions.T).T
    moved = (run.structure.frac_coords - before) @ last.cell  # without that of the cell
    along = float((drift * drift).sum())
    return max(0, round(float((moved * drift).sum()) / along)) if along > 0 else 0


def _unconverged(frame: Frame, step: int, folder: Path) -> QuarantinedCalculation:
    return QuarantinedCalculation(
        index=step,
        content_hash=frame.content_hash,
        reason=f"MD step {step}: the density did not converge within NELM electronic steps",
        directory=str(folder),
    )
