"""The dataset, the potential fitted to it, and active learning."""

from __future__ import annotations

from dataclasses import asdict

from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report.figures._active_learning import reach_figure, turns_figure
from amorph_flows.report.figures._dataset import composition_figure
from amorph_flows.report.figures._parity import (
    PARTS,
    energy_parity_figure,
    force_parity_figure,
    has_history,
    loss_figure,
    parity_points,
)
from amorph_flows.report.sections._checks import check_table
from amorph_flows.schemas.active_learning import ActiveLearningDoc
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.potential import PotentialDoc

SPLIT_COLUMNS = (Column("part", "part"), Column("frames", "frames", "number"))
ERROR_COLUMNS = (
    Column("part", "frames of"),
    Column("n_frames", "number", "number"),
    Column("energy_rmse_mev_atom", "energy RMSE / meV/atom", "number"),
    Column("energy_mae_mev_atom", "energy MAE / meV/atom", "number"),
    Column("force_rmse_ev_a", "force RMSE / eV/Å", "number"),
    Column("force_mae_ev_a", "force MAE / eV/Å", "number"),
    Column("stress_rmse_gpa", "stress RMSE / GPa", "number"),
    Column("stress_mae_gpa", "stress MAE / GPa", "number"),
)
TURN_COLUMNS = (
    Column("turn", "turn", "number"),
    Column("n_broke", "runs that broke", "number"),
    Column("n_runs", "runs", "number"),
    Column("n_candidates", "saved", "number"),
    Column("n_refused", "refused", "number"),
    Column("n_selected", "chosen", "number"),
    Column("n_labelled", "labelled", "number"),
    Column("n_quarantined", "quarantined", "number"),
    Column("rank_correlation", "grade against force error, rank correlation", "number", 2),
    Column("kept", "refit kept"),
    Column("reason", "why"),
    Column("documents", "documents", "documents"),
)
_RUN_COLUMNS = (
    Column("turn", "turn", "number"),
    Column("run", "run"),
    Column("temperature_k", "temperature / K", "exact"),
    Column("seed", "seed", "number"),
    Column("reached_fs", "reached / fs", "exact"),
    Column("asked_fs", "asked / fs", "exact"),
    Column("max_grade", "largest grade", "number"),
    Column("fraction_above_select", "share above threshold", "number", 2),
    Column("n_saved", "saved", "number"),
    Column("ended", "end"),
)


_TRIAL_COLUMNS = (
    Column("model", "model"),
    Column("cutoff", "cutoff / Å", "exact"),
    Column("n_parameters", "parameters", "number", 4),
    Column("part", "chosen on"),
    Column("force_rmse_ev_a", "force RMSE / eV/Å", "number"),
    Column("energy_rmse_mev_atom", "energy RMSE / meV/atom", "number"),
    Column("ended", "ended by"),
    Column("cpu_seconds", "CPU / s", "number"),
)
_APART = "random test frames whose neighbours were not trained on"
"""What `PotentialDoc.errors` has beside the parts of the dataset."""


def dataset_section(dataset: DatasetDoc) -> Section:
    """Return what the dataset is made of and how it is split.

    Parameters
    ----------
    dataset
        The dataset.
    """
    text = (
        f"{len(dataset.frames)} distinct frames labelled by {dataset.engine.name}; "
        f"{dataset.n_duplicates} duplicates were dropped and {dataset.n_refused} frames refused "
        "for short contacts or large forces."
    )
    caption = (
        f"Frames by formula and temperature to the nearest 100 K; {len(dataset.frames)} in all, "
        "every part."
    )
    panel = Panel("dataset", "Composition of the dataset", caption, composition_figure(dataset))
    split = [
        {"part": name, "frames": len(getattr(dataset, part))} for part, (name, _) in PARTS.items()
    ]
    checks = [("dataset", verdict) for verdict in dataset.verdicts]
    tables = [
        Table(
            "split",
            f"How the frames are used; seed of the split {dataset.seed}.",
            SPLIT_COLUMNS,
            split,
        ),
        *([check_table("dataset", checks)] if checks else []),
    ]
    return Section("dataset-composition", "Dataset", [text], [panel], tables)


def potential_section(potential: PotentialDoc) -> Section:
    """Return parity plots, errors and how the fit went.

    Parameters
    ----------
    potential
        The potential.
    """
    if potential.is_classical:
        text = (
            f"Classical potential {potential.method} for {', '.join(potential.species)}, cutoff "
            f"{potential.settings.cutoff:g} Å; its parameters were given, not fitted."
        )
        return Section("potential", "Potential", [text])
    settings = potential.fit_settings()
    text = (
        f"{settings.model}, cutoff {settings.cutoff:g} Å, by {potential.backend}: "
        f"{potential.n_parameters} parameters for {', '.join(potential.species)}, fitted to "
        f"{potential.n_training_frames} frames in {potential.training_cpu_seconds:.3g} CPU seconds."
    )
    check = potential.grade_check
    if check is not None and check.rank_correlation is not None:
        text += (
            f" Grades of {check.n_frames} held-out frames and the errors of their forces have a "
            f"rank correlation of {check.rank_correlation:.2f}."
        )
    panels = [
        Panel(
            "energy-parity",
            "Energies",
            f"Predicted against labelled energies. Frames: {_counts(potential, 'energy_ev_atom')}.",
            energy_parity_figure(potential),
        ),
        Panel(
            "force-parity",
            "Forces",
            "Predicted against labelled components of forces, thinned for the figure. Components: "
            f"{_counts(potential, 'force_ev_a')}.",
            force_parity_figure(potential),
        ),
    ]
    if has_history(potential):
        caption = "Loss of the optimiser against its CPU time, all threads."
        panels.append(Panel("loss", "Training", caption, loss_figure(potential)))
    rows = [
        {"part": PARTS.get(part, (_APART,))[0], **asdict(errors)}
        for part, errors in potential.errors.items()
    ]
    checks = [("potential", verdict) for verdict in potential.verdicts]
    tables = [
        Table("errors", "Errors; test frames were never seen in training.", ERROR_COLUMNS, rows),
        *([_trials(potential)] if potential.trials else []),
        check_table("potential", checks),
    ]
    return Section("potential", "Potential", [text], panels, tables)


def _trials(potential: PotentialDoc) -> Table:
    """Return the settings that were tried before active learning, the best first."""
    rows = [
        {
            "model": trial.model,
            "cutoff": trial.settings.get("cutoff"),
            "n_parameters": trial.n_parameters,
            "part": PARTS[trial.part][0],
            "ended": trial.ended,
            "cpu_seconds": trial.cpu_seconds,
            **asdict(trial.errors),
        }
        for trial in potential.trials
    ]
    caption = "Settings tried on the first dataset, by the error of forces; the first was taken."
    return Table("trials", caption, _TRIAL_COLUMNS, rows)


def learning_section(loop: ActiveLearningDoc) -> Section:
    """Return the turns of active learning.

    Parameters
    ----------
    loop
        The loop.
    """
    panels = [
        Panel("turns", "Turns", "Configurations in each turn.", turns_figure(loop)),
        Panel(
            "reach",
            "How far the runs went",
            f"Share of the time asked for, {sum(len(g.runs) for g in loop.generations)} runs; "
            "crosses "
            "broke at the extrapolation threshold or failed.",
            reach_figure(loop),
        ),
    ]
    tables = [
        _turns(loop),
        _runs(loop),
        check_table(
            "learning", [("loop", verdict) for verdict in (loop.verdict, loop.goal) if verdict]
        ),
    ]
    return Section(
        "active-learning", "Active learning", (), panels if loop.generations else (), tables
    )


def _counts(potential: PotentialDoc, key: str) -> str:
    points = parity_points(potential, key)
    return ", ".join(f"{PARTS[part][0]} {len(values)}" for part, values in points.items()) or "none"


def _turns(loop: ActiveLearningDoc) -> Table:
    rows: list[Row] = [
        {
            **g.model_dump(
                include={"turn", "n_candidates", "n_refused", "n_selected", "n_labelled"}
            ),
            "n_runs": len(g.runs),
            "n_broke": sum(run.broke for run in g.runs),
            "n_quarantined": len(g.quarantined),
            "rank_correlation": g.grade_check.rank_correlation if g.grade_check else None,
            "kept": "yes" if g.kept else "no",
            "reason": g.reason,
            "documents": [u for u in (g.job_uuid, g.potential_uuid, g.new_potential_uuid) if u],
        }
        for g in loop.generations
    ]
    return Table("turns", "Turn by turn.", TURN_COLUMNS, rows)


def _runs(loop: ActiveLearningDoc) -> Table:
    rows = [
        {
            **run.model_dump(),
            "turn": generation.turn,
            "ended": run.failure or ("broke" if run.broke else "unbroken"),
        }
        for generation in loop.generations
        for run in generation.runs
    ]
    return Table("runs", f"Runs of every turn: {len(rows)}.", _RUN_COLUMNS, rows, folded=True)
