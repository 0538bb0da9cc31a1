"""Commands that run studies and show their state: demo, run, status, report."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amorph_flows.cli.find import DEMO_FOLDER, GLASS_FOLDER, study_folder
from amorph_flows.cli.group import app
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from amorph_flows.study.reading import StudyFile
    from amorph_flows.study.study_file import Study

_DEMO_STUDY = """\
# The demonstration: amorphous MgV2O5, every length cut so that it takes minutes.
# `amorph run study.yaml` in this folder does the same as `amorph demo`.
structure: V2O5.cif
ion: Mg2+
preset: demo
engine: CHGNet
folder: .
"""

_GLASS_STUDY = """\
# The demonstration: glasses of sodium iron phosphate, every length cut so that it takes minutes.
# `amorph run study.yaml` in this folder does the same as `amorph demo --glass`.
kind: glass
composition: NaFePO4
potential: fit  # to CHGNet's labels, by batch active learning; or pedone
engine: CHGNet
preset: glass-demo
folder: .
"""

Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Number of jobs at once; default: one for each core."),
]
LaunchPadFile = Annotated[
    Path | None,
    typer.Option(
        "--launchpad",
        "-l",
        help="File of the FireWorks database; default: the one in FireWorks' configuration.",
    ),
]
Retry = Annotated[
    bool,
    typer.Option("--retry", help="Run failed jobs of a complete study again."),
]


@app.command("demo")
def run_demo(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where results go; by default amorph-demo or amorph-demo-glass."),
    ] = None,
    jobs: Jobs = None,
    retry: Retry = False,
    glass: Annotated[
        bool, typer.Option("--glass", help="Glasses of NaFePO4 from their formula instead.")
    ] = False,
) -> None:
    """Run the demonstration: from crystalline V2O5 to a report on amorphous MgV2O5.

    Writes a study file and the crystal into the folder and runs it. The report says how much
    everything is shortened and therefore what is not converged. With `--glass` it learns a
    potential of sodium iron phosphate from its formula and makes glasses with it.

    Examples
    --------
    ```
    amorph demo
    amorph demo --glass
    amorph demo results/demo --jobs 4
    ```
    """
    from amorph_flows.study.comparison_file import load_run_study

    folder = folder or (GLASS_FOLDER if glass else DEMO_FOLDER)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {folder} cannot be made: {error.strerror}") from error
    study_file = folder / "study.yaml"
    if not study_file.exists():
        if not glass:
            from amorph_flows.structures import v2o5

            v2o5().to(filename=str(folder / "V2O5.cif"))
        study_file.write_text(_GLASS_STUDY if glass else _DEMO_STUDY)
    option = "--glass " if glass else ""
    _run_any(load_run_study(study_file), f"amorph demo {option}{folder}", jobs, retry)


@app.command("run")
def run_file(
    study: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.")],
    jobs: Jobs = None,
    retry: Retry = False,
) -> None:
    """Run a study, or continue it.

    The study file is YAML with these keys; paths are relative to it.

    - `structure`: crystal without ions (CIF, POSCAR, extended XYZ, …); needed
    - `discharged_structure`: crystal with ions; else the best Ewald occupation of its voids
    - `ion`: `Mg2+` by default
    - `preset`: `demo` by default; `laptop`, three glasses in two hours; or `choyal2025`, the
      published protocol
    - `engine`: `CHGNet`, `toy`, `GPAW`, `VASP`, `VASP-PBE+U`, or `package.module:Class` of an
      ASE calculator; by default the preset's, which is `VASP` of `choyal2025` and else `CHGNet`
    - `references`: values from elsewhere that the report shows beside the results
    - `until`: what stages are to reach before they end, within a budget
    - `folder`: where results go; by default a folder named as the study file
    - `overrides`: fields of the preset's Makers by dotted name

    A study of glasses has `kind: glass` and starts from its `composition`; its other keys are
    `atoms`, `potential` (`pedone`, a file, `{store: ..., uuid: ...}`, or `fit`, with the `engine`
    of its labels), `elements`, `preset` (`glass-demo` or `christensen2025`), `ion`, `n_glasses`,
    `measured`, `leave_out`, `folder`, `overrides`.

    Ctrl-C or SIGTERM stops; the same command goes on. Finished jobs are recognised by what they
    compute: an edited study runs only what the edit reaches.

    Examples
    --------
    ```
    amorph run study.yaml
    amorph run study.yaml --jobs 4
    ```

    A study file:

    ```
    structure: V2O5.cif
    preset: choyal2025
    engine: CHGNet
    overrides:
      melt_quench.time_step_fs: 1.0
      fit.settings.level: 16
    ```
    """
    from amorph_flows.study.comparison_file import load_run_study

    _run_any(load_run_study(study), f"amorph run {study}", jobs, retry)


@app.command()
def status(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="Folder, file or name of the study."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    launchpad: LaunchPadFile = None,
) -> None:
    """Show the progress of a study; this is safe while it runs.

    Without an argument: the study in this folder, or in amorph-demo, else all studies that were
    submitted to the FireWorks database, one JSON object for each. A submitted study can be named
    by its name as well; its progress and its failures are read from the database.

    Examples
    --------
    ```
    amorph status
    amorph status study.yaml --json
    amorph status amorphous-v2o5 --launchpad my_launchpad.yaml
    ```
    """
    from amorph_flows.cli.display import status_json, status_lines, summary_line
    from amorph_flows.cli.find import all_submitted, is_here, read_study

    if study is None and (launchpad is not None or not is_here(None)):
        states = list(all_submitted(launchpad))
        lines = [status_json(state) if as_json else summary_line(state) for state in states]
        typer.echo(f"[{', '.join(lines)}]" if as_json else "\n".join(lines))
        return
    state, folder = read_study(study, launchpad)
    typer.echo(status_json(state) if as_json else "\n".join(status_lines(state, folder)))


@app.command()
def report(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="Folder of the study or its file.")
    ],
    figures: Annotated[
        str,
        typer.Option(
            "--figures",
            metavar="FORMAT",
            help="Draw every figure for a paper, too: pdf, svg or png.",
        ),
    ] = "",
    launchpad: LaunchPadFile = None,
) -> None:
    """Write the report of a study again from its store, and print the paths.

    The numbers of each figure are written as CSV into the folder `figures` beside the report. With
    `--figures` each is also drawn for a paper: one column wide (86 mm), without a title, in colours
    that the colour-blind tell apart, with its fonts embedded as TrueType.

    Examples
    --------
    ```
    amorph report amorph-demo
    amorph report amorph-demo --figures pdf
    ```
    """
    from amorph_flows.cli.report_files import write_report_files
    from amorph_flows.store.opening import study_store_to_read

    folder, file_format = study_folder(study), None
    if figures:
        from amorph_flows.report.drawing._paper import check_format

        file_format = check_format(figures)
    with closing(study_store_to_read(folder)) as store:
        for path in write_report_files(store, folder, launchpad, file_format):
            typer.echo(path)


def _run_any(study: StudyFile, command: str, jobs: int | None, retry: bool) -> None:
    """Run a study, of glasses or not, and print how it ended."""
    from amorph_flows.study.study_file import Study

    if isinstance(study, Study):
        _run(study, command, jobs, retry)
    else:
        run_pages(study, command, jobs, retry)


def run_pages(study: StudyFile, command: str, jobs: int | None, retry: bool) -> None:
    """Run a study of glasses or a comparison of potentials, and print the files of its report.

    Parameters
    ----------
    study, command, jobs, retry
        As for `execute_flow`.
    """
    from amorph_flows.cli.report_files import write_report_files
    from amorph_flows.store.opening import study_store_to_read

    failures, any_executed = execute_flow(study, command, jobs, retry)
    if not any_executed:
        typer.echo(f"{study.name} is complete, nothing to do")
    for line in failures:
        typer.echo(f"amorph: set aside: {line}", err=True)
    with closing(study_store_to_read(study.home)) as store:
        for path in write_report_files(store, study.home, renew=any_executed):
            typer.echo(path)


def _run(study: Study, command: str, jobs: int | None, retry: bool) -> None:
    """Run a study and print how it ended."""
    from amorph_flows.cli.report_files import write_report_files
    from amorph_flows.store.opening import study_store_to_read
    from amorph_flows.study.finished import finished_state

    finished = None if retry else finished_state(study)
    if finished is not None:
        failures, any_executed = finished.failures(), False
    else:
        failures, any_executed = _execute(study, command, jobs, retry)
    if not any_executed:
        typer.echo("study is complete, nothing to do")
    for line in failures:
        typer.echo(f"amorph: set aside: {line}", err=True)
    with closing(study_store_to_read(study.home)) as store:
        for path in write_report_files(store, study.home, renew=any_executed):
            typer.echo(f"report: {path}")


def _execute(study: Study, command: str, jobs: int | None, retry: bool) -> tuple[list[str], bool]:
    """Run a study; return the lines of jobs that failed, and whether any job was executed."""
    from amorph_flows.study.finished import inputs_fingerprint, remember_finished

    inputs = inputs_fingerprint(study)
    done = execute_flow(study, command, jobs, retry)
    remember_finished(study, inputs)
    return done


def execute_flow(
    study: StudyFile, command: str, jobs: int | None, retry: bool
) -> tuple[list[str], bool]:
    """Run the flow of a study file in its folder, or go on with it.

    Parameters
    ----------
    study
        What is run.
    command
        What goes on with it after a stop.
    jobs
        Number of jobs at once; None: one for each core.
    retry
        Whether failed jobs of a complete study run again.

    Returns
    -------
    list of str
        A line for each job that failed.
    bool
        Whether any job was executed.
    """
    from amorph_flows.cli.display import Display
    from amorph_flows.executors import run_study
    from amorph_flows.executors.local.termination import exit_code
    from amorph_flows.store import study_store, supersede

    flow = study.flow()
    was_complete = _is_complete(study.home)
    try:
        with closing(study_store(study.home)) as store, Display(study.name) as display:
            outputs = run_study(
                *(flow, store, study.home, jobs, display.show),
                title=study.name,
                retry_failed=retry or not was_complete,
            )
            supersede(store, study.name, str(study.home), list(outputs))
    except KeyboardInterrupt as stop:
        typer.echo(f"amorph: stopped; finished jobs are kept, go on with: {command}", err=True)
        raise typer.Exit(exit_code(stop)) from None
    return display.failures(), display.n_executed > 0


def _is_complete(folder: Path) -> bool:
    """Return whether the last run in a folder reached its end."""
    from amorph_flows.executors.state import StudyState

    try:
        return StudyState.read(folder).state == "complete"
    except InputError:
        return False
