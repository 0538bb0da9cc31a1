"""The files of a report in a study's folder: page, numbers, and figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amorph_flows.cli.find import read_study, report_uuid
from amorph_flows.errors import InputError
from amorph_flows.store.bulk import output_with_bulk
from amorph_flows.store.query import full_uuid

if TYPE_CHECKING:
    from jobflow import JobStore

    from amorph_flows.report.drawing._paper import PaperFormat
    from amorph_flows.store.embedded import EmbeddedStore

FIGURES_FOLDER = "figures"


def write_report_files(
    store: JobStore | EmbeddedStore,
    folder: Path,
    launchpad: Path | None = None,
    figure_format: PaperFormat | None = None,
    *,
    renew: bool = True,
) -> list[Path]:
    """Write the report that a study has stored; return its files and the folder of its figures.

    Parameters
    ----------
    store
        The study's job store.
    folder
        Folder of the study.
    launchpad
        File of the FireWorks database, for a study that was submitted.
    figure_format
        Format of figures for a paper; None: only their numbers are written.
    renew
        Whether numbers of figures that are there already are written again.

    Raises
    ------
    InputError
        If the study has no report yet, or one without figures although they are asked for.
    """
    state = read_study(folder, launchpad)[0]
    uuid = report_uuid(state) or report_uuid(state, "GlassStudyDoc")
    if uuid is None:
        page = report_uuid(state, "PotentialComparisonDoc")
        if page is None:
            raise InputError(f"the study in {folder} has no report yet; `amorph status` shows why")
        if figure_format is not None:
            raise InputError(
                f"{folder} is a comparison of potentials, whose figures are on its page only; "
                "leave --figures out"
            )
        return _write_comparison(store, folder, page)
    document = output_with_bulk(store, full_uuid(store, uuid))
    paths = []
    for name, text in document["files"].items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path.resolve())
    figures: dict[str, Any] = document.get("figures", {})
    if figure_format is not None and not figures:
        raise InputError(
            f"the report in {folder} is older than stored figures; `amorph run` makes it anew"
        )
    if not figures:
        return paths
    home = folder / FIGURES_FOLDER
    there = all((home / f"{name}.csv").exists() for name in figures)
    if renew or figure_format is not None or not there:
        _write_figures(figures, home, figure_format)
    return [*paths, home.resolve()]


def _write_comparison(store: JobStore | EmbeddedStore, folder: Path, uuid: str) -> list[Path]:
    """Write the page of a comparison of potentials, and its document as JSON."""
    from amorph_flows.schemas.potential_comparison import PotentialComparisonDoc
    from amorph_flows.store.query import load_document

    document = load_document(store, uuid)
    assert isinstance(document, PotentialComparisonDoc)
    paths = []
    for name, text in document.files.items():
        page = folder / name
        page.write_text(text, encoding="utf-8")
        numbers = page.with_suffix(".json")
        numbers.write_text(document.model_dump_json(indent=1, exclude={"files"}), encoding="utf-8")
        paths += [page.resolve(), numbers.resolve()]
    return paths


def _write_figures(
    stored: Mapping[str, Any], folder: Path, figure_format: PaperFormat | None
) -> None:
    """Write the numbers of figures and, where a format is given, their drawings."""
    from pydantic import TypeAdapter

    from amorph_flows.report.drawing._table import figure_csv  # takes seconds to import
    from amorph_flows.schemas.figure import FigureDoc

    figures = TypeAdapter(dict[str, FigureDoc]).validate_python(stored)
    folder.mkdir(exist_ok=True)
    for name, figure in figures.items():
        (folder / f"{name}.csv").write_text(figure_csv(figure), encoding="utf-8")
        if figure_format is not None:
            from amorph_flows.report.drawing._paper import paper_figure

            drawn = paper_figure(figure, figure_format)
            (folder / f"{name}.{figure_format}").write_bytes(drawn)
