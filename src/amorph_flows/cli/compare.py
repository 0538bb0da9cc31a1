"""The command that sets several studies side by side: compare-studies."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amorph_flows.cli.find import study_folder
from amorph_flows.cli.group import app
from amorph_flows.cli.studies import LaunchPadFile
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from amorph_flows.executors.state import StudyState
    from amorph_flows.schemas.study import StudyDoc


@app.command("compare-studies")
def compare_studies_of_folders(
    studies: Annotated[
        list[Path],
        typer.Argument(metavar="STUDY STUDY ...", help="Folders of studies or their files."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a page as well, a .html file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    launchpad: LaunchPadFile = None,
) -> None:
    """Set the results of finished studies side by side.

    Voltages, diffusivities, activation energies, conductivities, Haven ratios and numbers of the
    structure, each with its interval and word. Differences are to the first study, and are taken
    only where ion, glass and the settings of the engines are the same; else it is said why not.

    Examples
    --------
    ```
    amorph compare-studies slow.yaml fast.yaml
    amorph compare-studies first second third --output comparison.html
    ```
    """
    from amorph_flows.cli.compare_text import comparison_lines
    from amorph_flows.report.comparison import compare_studies, comparison_page

    if output is not None and output.suffix != ".html":
        raise InputError(f"--output {output}: give the name of a .html file")
    folders = _named(studies)
    comparison = compare_studies(
        {name: _study_document(folder, launchpad) for name, folder in folders.items()}
    )
    if as_json:
        typer.echo(comparison.model_dump_json(indent=1))
    else:
        typer.echo("\n".join(comparison_lines(comparison)))
    if output is not None:
        try:
            output.write_text(comparison_page(comparison), encoding="utf-8")
        except OSError as error:
            raise InputError(f"--output {output} cannot be written: {error.strerror}") from error
        typer.echo(f"page: {output.resolve()}", err=as_json)


def _named(studies: list[Path]) -> dict[str, Path]:
    """Return the folders by names that tell them apart."""
    if len(studies) < 2:
        raise InputError(f"{len(studies)} study to compare; name at least two")
    folders = [study_folder(study).resolve() for study in studies]
    twice = next((folder for folder in folders if folders.count(folder) > 1), None)
    if twice is not None:
        raise InputError(f"the study in {twice} is named twice; name different ones")
    short = [folder.name for folder in folders]
    if len(set(short)) < len(short):
        short = [f"{folder.parent.name}/{folder.name}" for folder in folders]
    if len(set(short)) < len(short):
        short = [str(folder) for folder in folders]
    return dict(zip(short, folders, strict=True))


def _study_document(folder: Path, launchpad: Path | None) -> StudyDoc:
    """Return the document of a finished study.

    Raises
    ------
    InputError
        If it has no report yet; the message names the stage that it has reached.
    """
    from amorph_flows.cli.find import read_study, report_uuid
    from amorph_flows.schemas.study import StudyDoc
    from amorph_flows.store import load_document
    from amorph_flows.store.opening import study_store_to_read

    state = read_study(folder, launchpad)[0]
    uuid = report_uuid(state)
    if uuid is None:
        raise InputError(f"the study in {folder} is not finished: {_reached(state)}")
    with closing(study_store_to_read(folder)) as store:
        document = load_document(store, uuid)
    assert isinstance(document, StudyDoc)
    return document


def _reached(state: StudyState) -> str:
    """Return how far a study is, and what to do."""
    counts = f"{state.count('done')} of {len(state.jobs)} jobs are done"
    failed = [job for job in state.jobs if job.state == "failed"]
    running = [job for job in state.jobs if job.state == "running"]
    done = [job for job in state.jobs if job.state == "done"]
    if failed:
        where = f"{failed[0].name} failed"
    elif running:
        where = f"it is at the stage {running[0].stage or running[0].name}"
    elif done:
        last = max(done, key=lambda job: job.finished or 0.0)
        where = f"it was stopped after the stage {last.stage or last.name}"
    else:
        where = "no stage has been reached"
    return f"{where}, {counts}; `amorph status` shows more, `amorph run` goes on with it"
