"""Goals of engine MD: which verdicts may be one, and how far a run is from it."""

from __future__ import annotations

from pymatgen.core import Structure

from amorph_flows.analysis import judge_melt
from amorph_flows.analysis.steadiness import judge_energy
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.jobs.goal import Standing, check_goal, failure_in_words, question_among
from amorph_flows.jobs.trajectories import judge_glass, trajectory_of
from amorph_flows.jobs.volume import volume_of
from amorph_flows.remedies import remedy_for
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.until import Until

MELTED, STEADY, VOLUME, AMORPHOUS = "melted?", "energy steady?", "volume right?", "amorphous?"
GLASS = "glass"
"""Amorphous, and its energy no longer changes."""

OF_MELT = (MELTED,)
OF_HOLD = (STEADY, VOLUME)
OF_GLASS = (GLASS, AMORPHOUS, *OF_HOLD)
"""Questions that may be the goal of a melt, of a hold, and of one whose crystal is known."""

_HOTTER_BY = 1.5
"""How much longer a melt becomes by a piece that is hotter."""
_DURATION, _TEMPERATURE = "melt_duration_fs", "melt_temperature_k"


def check_md_goal(
    until: Until, known: tuple[str, ...], first_fs: float, field: str, name: str = "until"
) -> None:
    """Refuse a goal that no run of engine MD could have.

    Parameters
    ----------
    until
        The goal.
    known
        Questions that it may name.
    first_fs
        Length at first, fs.
    field
        The setting that gives it.
    name
        The setting that gives the goal.

    Raises
    ------
    InputError
        What is wrong.
    """
    if not until.is_set:
        return
    check_goal(until, first_fs, field, name)
    question_among(known, until.verdict or "", name)


def held_frames(label: LabelDoc) -> FrameSet:
    """Return the frames of a run since its temperature changed last.

    Parameters
    ----------
    label
        A run of engine MD; one that was never made hotter has all of them.
    """
    since_fs, last_k = -1.0, label.stage.end_temperature_k if label.stage else None
    for extension in label.extensions:
        if extension.temperature_k != last_k:
            since_fs, last_k = extension.from_fs, extension.temperature_k
    return FrameSet(f for f in label.frames if (f.provenance.time_fs or 0.0) > since_fs)


def standing(until: Until, label: LabelDoc, crystal: Structure | None) -> Standing:
    """Return how far a run is from its goal.

    Parameters
    ----------
    until
        The goal.
    label
        The run.
    crystal
        What a glass was made from; None where it is not known.
    """
    asked = question_among(OF_MELT + OF_GLASS, until.verdict or "")
    questions = (AMORPHOUS, STEADY) if asked == GLASS else (asked,)
    recent = label.model_copy(update={"frames": held_frames(label)})
    verdicts = [_verdict(question, recent, crystal) for question in questions]
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if not failed:
        return Standing(True, "; ".join(verdict.reason for verdict in verdicts), asked, factor=1.0)
    standings = [_missing(verdict, recent) for verdict in failed]
    return max(standings, key=lambda one: one.factor or 0.0)


def _verdict(question: str, label: LabelDoc, crystal: Structure | None) -> Verdict:
    frames = label.frames
    temperature_k = frames[-1].provenance.temperature_k or 0.0
    if question == STEADY:
        return judge_energy([frame.energy_ev_atom for frame in frames], temperature_k)
    if question == VOLUME:
        return volume_of(label, temperature_k)
    trajectory = trajectory_of(frames)
    if question == AMORPHOUS and crystal is not None:
        return judge_glass(trajectory, crystal)
    assert label.structure is not None
    return judge_melt(trajectory, sorted(label.structure.symbol_set))


def _missing(verdict: Verdict, label: LabelDoc) -> Standing:
    """Return what a run lacks, with what the remedy of its verdict asks for."""
    times = [frame.provenance.time_fs or 0.0 for frame in label.frames]
    length_fs = times[-1] - times[0]
    kelvin = label.frames[-1].provenance.temperature_k
    stage = {"duration_fs": length_fs, _DURATION: length_fs, _TEMPERATURE: kelvin}
    settings = {"sampling": stage, "melt_quench": stage}
    remedy = remedy_for(
        verdict, "melt_quench" if verdict.question == MELTED else "sampling", settings
    )
    key = remedy.key.rpartition(".")[2] if remedy is not None else ""
    value = remedy.value if remedy is not None else None
    hotter, factor = key == _TEMPERATURE, None
    if hotter:
        factor = _HOTTER_BY
    elif key in ("duration_fs", _DURATION) and isinstance(value, float) and length_fs > 0:
        factor = value / length_fs
    return Standing(
        False, failure_in_words(verdict), verdict.question, factor=factor, hotter=hotter
    )
