"""The command that writes the files of a workflow manager: init."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import indent
from typing import Annotated, Any, Literal

import typer

from amorph_flows.cli.group import app
from amorph_flows.errors import InputError
from amorph_flows.runtime.queues import Queue

Manager = Literal["fireworks", "jobflow-remote"]


@dataclass(frozen=True)
class _Worker:
    """A worker of one kind of jobs, as it is first suggested."""

    kind: str
    about: str
    cores: int
    threads: int
    hours: int
    reserved: bool = True

    @property
    def walltime(self) -> str:
        return f"{self.hours:02d}:00:00"

    @property
    def seconds(self) -> int:
        return self.hours * 3600


_WORKERS = (
    _Worker("dft", "engine runs: energies, forces, relaxations, MD of an engine", 16, 1, 24),
    _Worker("md", "LAMMPS runs with a fitted potential", 16, 1, 24),
    _Worker("fit", "fits of potentials with their active sets", 4, 4, 12),
    _Worker("light", "short jobs: controllers, analysis, reports", 1, 1, 4, reserved=False),
)


@app.command()
def init(
    manager: Annotated[Manager, typer.Argument(help="Whose files to write.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Where to; default: a folder named as the manager.")
    ] = None,
    queue: Annotated[Queue, typer.Option(help="The batch system of the cluster.")] = "slurm",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
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
    files = dict(_fireworks(home, queue) if manager == "fireworks" else _remote(home, queue))
    there = sorted(name for name in files if (home / name).exists())
    if there and not force:
        raise InputError(f"{home} holds {', '.join(there)} already; --force replaces them")
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _write(home / name, text)
    except OSError as error:
        raise InputError(f"{home} cannot be written: {error.strerror}") from error
    for name in files:
        typer.echo(home / name)
    typer.echo("")
    for line in _next_steps(manager, home):
        typer.echo(line)


def _fireworks(home: Path, queue: Queue) -> Iterator[tuple[str, str]]:
    """Yield the files of FireWorks with their contents."""
    common = {"folder": home, "python_environment": sys.prefix}
    for name in ("FW_config.yaml", "my_launchpad.yaml", "jobflow.yaml"):
        yield name, _rendered(name, **common)
    if queue == "sge":
        yield "sge_template.txt", _rendered("sge_template.txt")
    for worker in _WORKERS:
        values: dict[str, Any] = {
            **common,
            **asdict(worker),
            "walltime": worker.walltime,
            "seconds": worker.seconds,
            "rocket": _rocket(worker, home),
            "launch": "Start them from a folder for the jobs' files:\n#   "
            + _qlaunch(worker.kind, home, reserved=worker.reserved),
        }
        environment = _rendered("environment.sh", **values).rstrip()
        values["environment"] = indent(environment, "  ")
        yield f"my_fworker_{worker.kind}.yaml", _rendered("my_fworker.yaml", **values)
        yield f"my_qadapter_{worker.kind}.yaml", _rendered(f"my_qadapter_{queue}.yaml", **values)


def _rocket(worker: _Worker, home: Path) -> str:
    """Return what a batch job runs: one long job, or short ones until its time is nearly over."""
    rlaunch = f"rlaunch -l {home}/my_launchpad.yaml -w {home}/my_fworker_{worker.kind}.yaml"
    if worker.reserved:
        return f"{rlaunch} singleshot"
    return f"{rlaunch} rapidfire --nlaunches infinite --timeout {worker.seconds - 1800}"


def _qlaunch(kind: str, home: Path, *, reserved: bool) -> str:
    files = (
        f"-l {home}/my_launchpad.yaml -w {home}/my_fworker_{kind}.yaml "
        f"-q {home}/my_qadapter_{kind}.yaml"
    )
    return f"qlaunch {'-r ' if reserved else ''}{files} rapidfire -m {20 if reserved else 1} " + (
        "--nlaunches infinite"
    )


def _remote(home: Path, queue: Queue) -> Iterator[tuple[str, str]]:
    """Yield the project file of jobflow-remote with its contents."""
    workers = [
        {**asdict(worker), "walltime": worker.walltime, "seconds": worker.seconds}
        for worker in _WORKERS
    ]
    yield (
        "amorph.yaml",
        _rendered(
            "jobflow_remote.yaml",
            folder=home,
            project="amorph",
            queue=queue,
            workers=workers,
            python_environment=sys.prefix,
        ),
    )


def _next_steps(manager: Manager, home: Path) -> list[str]:
    if manager == "jobflow-remote":
        return [
            f"edit every CHANGE_ME in {home}/amorph.yaml, then:",
            f"  export JFREMOTE_PROJECTS_FOLDER={home}",
            "  jf project check --errors",
            "  amorph submit study.yaml --manager jobflow-remote",
        ]
    return [
        f"edit every CHANGE_ME (grep -n CHANGE_ME {home}/*), then add to ~/.bashrc:",
        f"  export FW_CONFIG_FILE={home}/FW_config.yaml",
        f"  export JOBFLOW_CONFIG_FILE={home}/jobflow.yaml",
        "and check: amorph doctor",
    ]


def _rendered(template: str, **values: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("amorph_flows.cli", "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 the files are YAML and shell, no HTML
    )
    return environment.get_template(template).render(values)


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")
