"""The command that writes the files of a workflow manager: init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from amorph_flows.cli.group import app
from amorph_flows.errors import InputError
from amorph_flows.runtime.queues import Queue

_Manager = Literal["fireworks", "jobflow-remote"]


@app.command()
def init(
    manager: Annotated[_Manager, typer.Argument(help="Workflow manager to write files for.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Folder for the files; default: one named as the manager.")
    ] = None,
    queue: Annotated[Queue, typer.Option(help="The batch system of the cluster.")] = "slurm",
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that exist already.")
    ] = False,
) -> None:
    """Write commented configuration files for the workers of a cluster.

    One worker and one batch script for each kind of job: engine runs (dft), LAMMPS (md), fits (fit)
    and all else (light). What only you know is marked CHANGE_ME; `amorph doctor` says what is
    left. The files hold a password and are for you alone to read.

    Examples
    --------
    ```
    amorph init fireworks
    amorph init fireworks ~/fireworks --queue pbs
    amorph init jobflow-remote ~/.jfremote
    ```
    """
    home = (folder or Path(manager)).expanduser().resolve()
    files, steps = _suggested(manager, home, queue)
    there = sorted(name for name in files if (home / name).exists())
    if there and not force:
        raise InputError(f"{home} already holds {', '.join(there)}; --force replaces them")
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _write(home / name, text)
    except OSError as error:
        raise InputError(f"{home} cannot be written: {error.strerror}") from error
    for name in files:
        typer.echo(home / name)
    typer.echo("")
    for line in steps:
        typer.echo(line)


def _suggested(manager: _Manager, home: Path, queue: Queue) -> tuple[dict[str, str], list[str]]:
    """Return files with their contents, and what to do with them."""
    if manager == "fireworks":
        from amorph_flows.executors.fireworks.suggested_files import (
            fireworks_files,
            fireworks_steps,
        )

        return dict(fireworks_files(home, queue)), fireworks_steps(home)
    from amorph_flows.executors.jobflow_remote.suggested_files import (
        jobflow_remote_files,
        jobflow_remote_steps,
    )

    return dict(jobflow_remote_files(home, queue)), jobflow_remote_steps(home)


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")
