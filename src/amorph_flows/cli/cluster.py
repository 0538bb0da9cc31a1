"""Commands for studies on a cluster: submit, rescue."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from amorph_flows.cli.group import app
from amorph_flows.cli.studies import LaunchPadFile
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from amorph_flows.executors.fireworks.submission import Submission
    from amorph_flows.study.reading import StudyFile

_UNFINISHED = ("READY", "RESERVED", "RUNNING")


@app.command()
def submit(
    study: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.")],
    again: Annotated[
        bool, typer.Option("--again", help="Compute all of it again, even if it was submitted.")
    ] = False,
    manager: Annotated[
        Literal["fireworks", "jobflow-remote"],
        typer.Option(help="Workflow manager whose workers run the study."),
    ] = "fireworks",
    launchpad: LaunchPadFile = None,
) -> None:
    """Give a study, or a comparison of potentials, to the workers of a cluster.

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
    engine: VASP
    workers:
      dft: {category: vasp, queueadapter: {nodes: 4, walltime: "48:00:00"}}
      light: login
    ```
    """
    from amorph_flows.study.comparison_file import load_any_study

    loaded = load_any_study(study)
    if manager == "jobflow-remote":
        if launchpad is not None:
            raise InputError("--launchpad is for FireWorks; jobflow-remote takes its project")
        from amorph_flows.executors.jobflow_remote.submission import submit_to_jobflow_remote

        n_jobs = submit_to_jobflow_remote(loaded.flow(), loaded.workers)
        typer.echo(f"study {loaded.name}: {n_jobs} jobs; how far they are: jf job list")
        return
    submission, others = _submit_fireworks(loaded, launchpad, again=again)
    for line in [*_told(submission, loaded.name, study), *others]:
        typer.echo(line)


def _submit_fireworks(
    study: StudyFile, launchpad: Path | None, *, again: bool
) -> tuple[Submission, list[str]]:
    """Return how a study was submitted, and lines about earlier forms of it."""
    from amorph_flows.executors.fireworks.launchpad import (
        SubmissionRecord,
        find_workflows,
        open_launchpad,
        workers_store,
        workflow_id,
    )
    from amorph_flows.executors.fireworks.submission import submit_to_fireworks
    from amorph_flows.executors.state import locked

    database, store = open_launchpad(launchpad), workers_store()
    flow = study.flow()
    earlier = [w for w in find_workflows(database, study=study.name) if w["state"] in _UNFINISHED]
    study.home.mkdir(parents=True, exist_ok=True)
    with locked(study.home):
        submission = submit_to_fireworks(flow, database, store, study.workers, again=again)
        if submission.workflow is not None:
            SubmissionRecord(
                study_uuid=submission.study_uuid,
                workflow=submission.workflow,
                launchpad=str(launchpad.expanduser().resolve()) if launchpad else "",
            ).write(study.home)
    numbers = [n for w in earlier if (n := workflow_id(w)) != submission.workflow]
    return submission, [
        f"an earlier form of {study.name} is still there: workflow {n}; stop it with: "
        f"lpad defuse_wflows -i {n}"
        for n in numbers
    ]


def _told(submission: Submission, name: str, file: Path) -> list[str]:
    """Return how a study was submitted and what to type next."""
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
        f"after a crash or at the end of the walltime: amorph rescue {name}",
    ]


@app.command()
def rescue(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="Folder, file or name; default: all submitted."),
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Also run failed jobs again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be done.")
    ] = False,
    silence: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="HOURS",
            help="If the process and Slurm job of a job cannot be checked, it counts as dead after "
            "this silence; default: RUN_EXPIRATION_SECS of FireWorks.",
        ),
    ] = None,
    afresh: Annotated[
        bool,
        typer.Option(
            "--afresh", help="Start a job in a new folder if its own does not exist any more."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    launchpad: LaunchPadFile = None,
) -> None:
    """Run jobs again that were killed by the queue or a crash.

    A job that ran when its process or its Slurm job ended is run again in its own folder, where it
    goes on from its last restart file; one that waits for a queue job that is gone is released.
    A job that may still run is never touched. Failed jobs are run again with --failed, unless the
    study has gone on without them.

    Examples
    --------
    ```
    amorph rescue
    amorph rescue study.yaml --dry-run
    amorph rescue amorphous-v2o5 --failed --json
    ```
    """
    from amorph_flows.cli.find import find_submitted, is_here, study_folder, submitted_to
    from amorph_flows.executors.fireworks.launchpad import least_silence_s
    from amorph_flows.executors.fireworks.rescue import Rescuer

    if study is not None and is_here(study) and submitted_to(study_folder(study)) is None:
        typer.echo(f"{study} was not submitted; `amorph run` continues it")
        return
    database, workflows = find_submitted(study, launchpad, everywhere=study is None)
    silence_s = least_silence_s(None if silence is None else silence * 3600)
    rescuer = Rescuer(database, silence_s, failed=failed, afresh=afresh, dry_run=dry_run)
    done = [one for workflow in workflows for one in rescuer.rescue(workflow)]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in done], indent=1))
        return
    for one in done:
        would = "would be " if dry_run and one.what in ("rerun", "released", "refreshed") else ""
        place = f" (files: {one.folder})" if one.folder else ""
        typer.echo(f"{one.name} ({one.firework}): {would}{one.what}: {one.reason}{place}")
    if not done:
        typer.echo(
            "nothing to rescue: no job is running, is reserved" + (" or failed" if failed else "")
        )
