"""Commands that give studies to the workers of a cluster: submit, rescue, init."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from amorph_flows.cli.group import app
from amorph_flows.cli.studies import LaunchPadFile
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from amorph_flows.executors.submission import Submission
    from amorph_flows.study import Study


@app.command()
def submit(
    study: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.")],
    again: Annotated[
        bool, typer.Option("--again", help="Compute all of it again, even if it was submitted.")
    ] = False,
    manager: Annotated[
        Literal["fireworks", "jobflow-remote"], typer.Option(help="Whose workers run it.")
    ] = "fireworks",
    launchpad: LaunchPadFile = None,
) -> None:
    """Give a study to the workers of a cluster.

    The study is checked, each job is marked with what the study is and sent to the worker of its
    kind, and the workflow is added to the database. A study that was submitted before is not added
    again; an edited one computes only what the edit reaches.

    The key `workers` of the study file says where each kind of job goes: `dft` (energies and
    forces of an engine), `md` (LAMMPS), `fit` (potentials) and `light` (all else). Each is the
    category of a FireWorks worker, or has these fields: `category`, `fworker`, `queueadapter`;
    for jobflow-remote `worker`, `resources`, `exec_config`. A kind that is not named goes to the
    category of its own name.

    Examples
    --------
    ```
    amorph submit study.yaml
    amorph submit study.yaml --launchpad my_launchpad.yaml
    amorph submit study.yaml --manager jobflow-remote
    ```

    A study file:

    ```
    structure: V2O5.cif
    preset: choyal2025
    workers:
      dft: {category: vasp, queueadapter: {nodes: 4, walltime: "48:00:00"}}
      light: login
    ```
    """
    from amorph_flows.study import load_study

    loaded = load_study(study)
    if manager == "jobflow-remote":
        if launchpad is not None:
            raise InputError("--launchpad is for FireWorks; jobflow-remote takes its project")
        _submit_remote(loaded)
        return
    submission = _submit_fireworks(loaded, launchpad, again=again)
    for line in _told(submission, loaded.name, study):
        typer.echo(line)


def _submit_fireworks(study: Study, launchpad: Path | None, *, again: bool) -> Submission:
    from amorph_flows.executors.fireworks import Ticket, open_launchpad, workers_store
    from amorph_flows.executors.state import locked
    from amorph_flows.executors.submission import submit_to_fireworks

    database, store = open_launchpad(launchpad), workers_store()
    flow = study.flow()
    study.home.mkdir(parents=True, exist_ok=True)
    with locked(study.home):
        submission = submit_to_fireworks(flow, database, store, study.workers, again=again)
        if submission.workflow is not None:
            Ticket(
                study_uuid=submission.study_uuid,
                workflow=submission.workflow,
                launchpad=str(launchpad.expanduser().resolve()) if launchpad else "",
            ).write(study.home)
    return submission


def _told(submission: Submission, name: str, file: Path) -> list[str]:
    """Return what became of a study and what to type next."""
    number = submission.workflow
    if number is None:
        return [
            f"study {name}: all {submission.n_finished} jobs are in the job store already; "
            f"nothing to submit (compute it again with: amorph submit {file} --again)"
        ]
    if not submission.is_new:
        return [
            f"study {name} was submitted before: workflow {number}, {submission.state}",
            f"how far it is: amorph status {name}",
            f"jobs that were killed or failed: amorph rescue {name} --failed",
            f"compute it again: amorph submit {file} --again",
        ]
    left_out = submission.n_finished
    return [
        f"study {name}: workflow {number}, {submission.n_jobs} jobs, more may follow"
        + (f"; {left_out} were finished already" if left_out else ""),
        f"how far it is: amorph status {name}",
        "start workers, one for each queue: "
        "qlaunch -w my_fworker_dft.yaml -q my_qadapter_dft.yaml rapidfire --nlaunches infinite",
        f"after a crash or a walltime kill: amorph rescue {name}",
    ]


def _submit_remote(study: Study) -> None:
    """Give a study to jobflow-remote."""
    try:
        from jobflow_remote import submit_flow
    except ImportError as error:
        raise InputError(
            "jobflow-remote is not installed here; it needs pymongo below 4.11, so give it an "
            "environment of its own: pip install amorph-flows jobflow-remote 'pymongo<4.11'"
        ) from error
    from jobflow.core.flow import get_flow

    from amorph_flows.executors.route import route
    from amorph_flows.executors.submission import mark, planned

    flow = route(get_flow(study.flow()), study.workers)
    jobs = [job for job, _ in flow.iterflow()]
    mark(jobs, planned(flow)[0])
    submit_flow(flow)
    typer.echo(f"study {study.name}: {len(jobs)} jobs; how far they are: jf job list")
