"""Collect a melt-quench and judge it."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Structure

from amorph_flows.analysis import judge_melt
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.arrays import FloatArray
from amorph_flows.jobs.md_goal import held_frames
from amorph_flows.jobs.production_verdicts import SELECT_GRADE, judge_grades
from amorph_flows.jobs.required import required
from amorph_flows.jobs.trajectories import judge_glass, trajectory_of
from amorph_flows.jobs.volume import pressures_of, volume_of
from amorph_flows.runtime.cpu_time import cpu_seconds_of
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.melt_quench import Branch, QuenchDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures.bare import bare_structure


@stage_job(QuenchDoc)
def collect_quench(
    crystal: Structure,
    schedule: list[MDStage],
    rate_k_per_ps: float,
    cooling: list[LabelDoc | None],
    temperatures_k: list[float],
    branches: list[LabelDoc | None],
) -> QuenchDoc:
    """Return the document of a melt-quench with its verdicts.

    Parameters
    ----------
    crystal
        The cell that was molten.
    schedule
        Stages of melt and quench.
    rate_k_per_ps
        Mean quench rate, K/ps.
    cooling
        Labels of each stage, in order.
    temperatures_k
        Temperatures of the branches, K.
    branches
        Labels of each branch; None stands for a job that failed.
    """
    stages = [required(label, "a stage of the melt-quench") for label in cooling]
    labels = [*stages, *(label for label in branches if label is not None)]
    elements = sorted(element.symbol for element in crystal.composition.elements)
    melt = judge_melt(trajectory_of(held_frames(stages[0])), elements)
    ran = [label.stage or stage for label, stage in zip(stages, schedule, strict=True)]
    return QuenchDoc(
        engine=stages[0].engine,
        crystal=crystal,
        schedule=ran,
        quench_rate_k_per_ps=rate_k_per_ps * _cooling_fs(schedule) / _cooling_fs(ran),
        label_uuids=[label.job_uuid for label in stages],
        melted=melt,
        inside=_inside(labels),
        goals=[verdict for label in stages for verdict in label.verdicts],
        histories=_histories(stages, ran),
        inputs_cpu_seconds=cpu_seconds_of(labels),
        branches=[
            _branch(crystal, temperature, label)
            for temperature, label in zip(temperatures_k, branches, strict=True)
            if label is not None
        ],
    )


def _cooling_fs(schedule: list[MDStage]) -> float:
    """Return the time from the melt to the end; 1 where there is none to compare."""
    return sum(stage.duration_fs for stage in schedule[1:]) or 1.0


def _histories(stages: list[LabelDoc], schedule: list[MDStage]) -> dict[str, FloatArray]:
    """Return energy and pressure of every frame, with times counted through all stages."""
    times: list[float] = []
    begins_fs = 0.0
    for label, stage in zip(stages, schedule, strict=True):
        times += [begins_fs + (frame.provenance.time_fs or 0.0) for frame in label.frames]
        begins_fs += stage.n_steps * stage.time_step_fs
    frames = [frame for label in stages for frame in label.frames]
    histories = {"time_fs": np.array(times)}
    if all(frame.energy_ev is not None for frame in frames):
        energies = np.array([frame.energy_ev_atom for frame in frames])
        histories["potential_energy_ev_atom"] = energies
    pressures = [history for label in stages if (history := pressures_of(label)) is not None]
    if len(pressures) == len(stages):
        histories["pressure_gpa"] = np.concatenate(pressures)
    return histories


def _branch(crystal: Structure, temperature_k: float, label: LabelDoc) -> Branch:
    return Branch(
        temperature_k=temperature_k,
        structure=bare_structure(label.structure),
        label_uuid=label.job_uuid,
        amorphous=judge_glass(trajectory_of(label.frames), crystal),
        volume=volume_of(label, temperature_k),
        goal=next(iter(label.verdicts), None),
    )


def _inside(labels: list[LabelDoc]) -> Verdict | None:
    """Return whether a potential extrapolated; None where nothing has a grade."""
    grades = [frame.provenance.grade for label in labels for frame in label.frames]
    graded = np.array([grade for grade in grades if grade is not None])
    if not len(graded):
        return None
    share = float((graded > SELECT_GRADE).mean())
    return judge_grades(share, float(graded.max()), "of melt, quench and holds")
