"""The command that tells what a study will cost: plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amorph_flows.cli.group import app


@app.command()
def plan(
    study: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.")],
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", "-w", min=1, help="Number of jobs at once; default: one for each core."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Time everything again, whatever is known.")
    ] = False,
    static: Annotated[
        bool,
        typer.Option(
            "--static", help="Run one single point of an engine that is a program, such as VASP."
        ),
    ] = False,
) -> None:
    """Tell what a study will cost, and what of it cannot be converged; nothing of it runs.

    Jobs, core-hours by kind, memory, disk and time from start to end, as expected and at most.
    How long a call of the engine, a step of MD and of a fit take is timed on this machine (a
    minute or two, no more than a few calls of the engine) and kept in the cache folder.

    Examples
    --------
    ```
    amorph plan study.yaml
    amorph plan study.yaml --workers 16 --json
    ```
    """
    from amorph_flows.cli.plan_text import plan_lines
    from amorph_flows.planning import plan_flow
    from amorph_flows.study.comparison_file import load_any_study

    read = load_any_study(study)
    found = plan_flow(read.flow(), workers, anew=anew, static=static, tell=_tell)
    shown = found.model_dump_json(indent=1) if as_json else "\n".join(plan_lines(read.name, found))
    typer.echo(shown)


def _tell(what: str) -> None:
    typer.echo(f"amorph: {what}", err=True)
