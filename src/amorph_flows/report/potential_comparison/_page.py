"""The page of a comparison of methods."""

from __future__ import annotations

from importlib.metadata import version

from amorph_flows.report._page import render_page
from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report.potential_comparison._figures import (
    fit_times,
    learning_curves,
    parity,
    speed_against_error,
)
from amorph_flows.schemas.potential_comparison import MeasuredFit, PotentialComparisonDoc

_FITS = (
    Column("method", "method"),
    Column("n_training", "training frames", "number"),
    Column("n_parameters", "parameters", "number"),
    Column("energy_training", "energy RMSE, training / meV/atom", "number"),
    Column("energy_test", "energy RMSE, random test / meV/atom", "number"),
    Column("force_training", "force RMSE, training / eV/Å", "number"),
    Column("force_test", "force RMSE, random test / eV/Å", "number"),
    Column("force_blocks", "force RMSE, test blocks / eV/Å", "number"),
    Column("fit_cpu_seconds", "fit / CPU s", "number"),
    Column("peak_memory_mb", "memory / MB", "number"),
    Column("md_us_atom_step", "MD / µs an atom and step", "number"),
    Column("rank_correlation", "grade against force error, rank correlation", "number", 2),
    Column("licence", "licence"),
    Column("failure", "failure"),
)
_BY_FORMULA = (
    Column("method", "method"),
    Column("formula", "composition"),
    Column("part", "frames of"),
    Column("n_frames", "frames", "number"),
    Column("energy_rmse_mev_atom", "energy RMSE / meV/atom", "number"),
    Column("force_rmse_ev_a", "force RMSE / eV/Å", "number"),
)
_OBSERVABLES = (
    Column("method", "method"),
    Column("n_training", "training frames", "number"),
    Column("name", "observable"),
    Column("value", "potential", "number", 4),
    Column("reference", "engine", "number", 4),
    Column("error", "error", "number", 2),
    Column("unit", "unit"),
    Column("note", "note"),
)
_CHECKS = (
    Column("question", "question"),
    Column("answer", "answer", "verdict"),
    Column("reason", "why"),
)
_PARTS = {"test_random": "random test", "test_blocks": "test blocks"}


def comparison_page(doc: PotentialComparisonDoc) -> str:
    """Return a self-contained page.

    Parameters
    ----------
    doc
        The comparison.
    """
    chosen = doc.recommendation
    frames = ", ".join(f"{size}" for size in doc.sizes)
    held = " and ".join(f"{n} {_PARTS[name]} frames" for name, n in doc.n_test.items() if n)
    answer = f"Take {chosen.method}." if chosen.method else "No method can be recommended."
    text = [
        f"{answer} {'; '.join(chosen.reasons)}.",
        f"Labels by {doc.engine.name}; {frames} training frames, each subset within the next; "
        f"errors of {held}, which no fit has seen.",
    ]
    panels = [
        Panel(
            "speed-error",
            "Speed against error",
            "CPU time of MD in LAMMPS against the error of forces on held-out frames; no method "
            "is below and left of the dotted line.",
            speed_against_error(doc),
        ),
        Panel(
            "learning-curves",
            "Learning curves",
            "Error of forces on held-out frames against the number of training frames.",
            learning_curves(doc),
        ),
        Panel(
            "fit-times",
            "Time of the fits",
            "CPU time, that of grades included.",
            fit_times(doc),
        ),
    ]
    for name, label in (("energy", "energy_ev_atom"), ("force", "force_ev_a")):
        figure = parity(doc, label)  # type: ignore[arg-type]
        if figure is not None:
            title = f"Parity of {name.replace('energy', 'energie')}s"
            caption = "Predicted against labelled values of the hardest held-out frames."
            panels.append(Panel(f"{name}-parity", title, caption, figure))
    rows = sorted((_row(fit) for fit in doc.fits), key=lambda row: str(row["method"]))
    tables = [
        Table("fits", f"All {len(doc.fits)} fits.", _FITS, rows),
        Table("by-formula", "Errors by composition.", _BY_FORMULA, _formula_rows(doc)),
        Table(
            "checks",
            "Whether a method only remembers.",
            _CHECKS,
            [
                {"question": v.question, "answer": str(v.answer), "reason": v.reason}
                for v in doc.verdicts
            ],
        ),
    ]
    observed = _observable_rows(doc)
    if observed:
        caption = f"Observables by each potential, beside those by {doc.engine.name}."
        tables.insert(1, Table("observables", caption, _OBSERVABLES, observed))
    sections = [
        Section("recommendation", "Which potential", text, panels[:1]),
        Section("figures", "What was measured", (), panels[1:]),
        Section("numbers", "Numbers", (), (), tables),
    ]
    return render_page(
        title="Potentials compared",
        lead=answer,
        sections=sections,
        generator=f"amorph-flows {version('amorph-flows')}",
        numbers_in="the document of the comparison",
    )


def _row(fit: MeasuredFit) -> Row:
    errors, check = fit.errors, fit.grade_check
    training, random, blocks = (
        errors.get(name) for name in ("training", "test_random", "test_blocks")
    )
    return {
        "method": fit.method,
        "n_training": fit.n_training,
        "n_parameters": fit.n_parameters,
        "energy_training": training and training.energy_rmse_mev_atom,
        "energy_test": random and random.energy_rmse_mev_atom,
        "force_training": training and training.force_rmse_ev_a,
        "force_test": random and random.force_rmse_ev_a,
        "force_blocks": blocks and blocks.force_rmse_ev_a,
        "fit_cpu_seconds": fit.fit_cpu_seconds,
        "peak_memory_mb": fit.peak_memory_mb,
        "md_us_atom_step": fit.md_us_atom_step,
        "rank_correlation": check.rank_correlation if check else None,
        "licence": fit.licence,
        "failure": fit.failure,
    }


def _formula_rows(doc: PotentialComparisonDoc) -> list[Row]:
    return [
        {
            "method": fit.method,
            "formula": formula,
            "part": _PARTS[part],
            "n_frames": errors.n_frames,
            "energy_rmse_mev_atom": errors.energy_rmse_mev_atom,
            "force_rmse_ev_a": errors.force_rmse_ev_a,
        }
        for fit in doc.best()
        for part, found in fit.errors_by_formula.items()
        for formula, errors in found.items()
    ]


def _observable_rows(doc: PotentialComparisonDoc) -> list[Row]:
    rows: list[Row] = [
        {"method": fit.method, "n_training": fit.n_training, **one.model_dump()}
        for fit in doc.fits
        for one in fit.observables
    ]
    return sorted(rows, key=lambda row: (str(row["name"]), str(row["method"])))
